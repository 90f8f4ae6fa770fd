/** Rule 8, by a driver that does everything wrong that it can with a secret: the engine around it must not tell. */
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type Act, defineDriver, type Driver, type Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { type Bench, useBench } from '../support/engine.ts';

const secret = "p4ss'word & more";

const keywords = {
  password: { kind: 'secret', required: true, text: 'What nobody may see.', example: 'file:/etc/svc1.password' },
  fault: { kind: 'enum', choices: ['none', 'exit', 'launch', 'hang', 'look'], default: 'none', text: 'How the start fails.' },
} as const satisfies Keywords;

type At = Act<typeof keywords>;

/** Prints its secret on both streams, says it in its arguments, and fails in several ways. */
const blabbing = defineDriver({
  summary: 'A driver that talks.',
  needs: [],
  keywords,
  reads: () => [['printenv', 'PASSWORD']],
  label: () => 'blabbing',
  status: async (at: Observe<typeof keywords>) => {
    const { stdout } = await at.local.read(['printenv', 'PASSWORD'], { env: env(at), okCodes: at.config.fault === 'look' ? [77] : [0] });
    return { state: (await at.recall('up')) === 'yes' ? 'up' : 'down', facts: { said: stdout.trim() } };
  },
  start: async (at: At) => {
    const { reveal } = at.config.password;
    at.log.info(`the password is ${at.config.password}`);
    await at.local.change(['echo', reveal()], { env: env(at) });
    await at.local.change(['printenv', 'PASSWORD'], { env: env(at), okCodes: at.config.fault === 'exit' ? [77] : [0] });
    if (at.config.fault === 'hang') await at.local.change(['tail', '-f', '/dev/null', reveal()], { env: env(at), timeoutMs: 200 });
    if (at.config.fault === 'launch') await at.local.launch(['bash', '-c', 'echo "$PASSWORD"; exit 1', reveal()], { env: env(at) });
    await at.remember('up', 'yes');
  },
  stop: async (at: At) => {
    await at.local.change(['printenv', 'PASSWORD'], { env: env(at) });
    await at.remember('up', 'no');
  },
});

function env(at: Observe<typeof keywords>): Record<string, typeof at.config.password> {
  return { PASSWORD: at.config.password };
}

/** Everything that the agent has written or said, without the service file and the program's own output. */
function everything(bench: Bench, ...results: readonly unknown[]): string {
  const names = readdirSync(bench.home.folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(bench.home.folder, name));
  const files = names.filter((name) => statSync(name).isFile() && !name.endsWith('.conf') && !name.endsWith('.out'));
  expect(files.filter((name) => name.includes('/journal/'))).not.to.have.length(0);
  const inspected = results.map(
    (result) => `${JSON.stringify(result)} ${result instanceof Error ? `${result.stack} ${String(result.cause)}` : ''}`,
  );
  return [...files.map((name) => readFileSync(name, 'utf8')), JSON.stringify(bench.lines), ...inspected].join('\n');
}

describe('contract: secrets', () => {
  const bench = useBench({ drivers: (): Readonly<Record<string, Driver>> => ({ 'app.blabbing': blabbing }) });
  const service = (fault: string) => {
    bench().service(`[DEFAULT]\nnodes = node1\n[app#1]\ntype = blabbing\npassword = ${secret}\nfault = ${fault}\n`);
    chmodSync(bench().home.path('services.d', 'svc1.conf'), 0o600);
  };

  it('are in no log line, journal, error, plan or status of an action that goes well', async () => {
    service('none');
    const planned = await bench().act('start', { dryRun: true });
    const started = await bench().act('start');
    expect(started.ok, started.error?.message).to.equal(true);
    expect(planned.planned.map(({ text }) => text)).to.deep.equal(["echo '****'", 'printenv PASSWORD']);
    const text = everything(bench(), planned, started, await bench().status(), await bench().act('stop'));
    expect(text).to.include('output: ****').and.to.include('the password is xxxx');
    expectHidden(text);
  });

  for (const [fault, code] of Object.entries({ exit: 'COMMAND', launch: 'COMMAND', hang: 'TIMEOUT', look: 'COMMAND' })) {
    it(`are in nothing of an action that fails: ${fault}`, async () => {
      service(fault);
      const failed = await bench().act('start');
      expect(failed.error?.code).to.equal(code);
      expectHidden(everything(bench(), failed, failed.error, failed.error?.message, failed.error?.facts, await bench().status()));
    });
  }
});

/** Nor as a shell or JSON would quote it. */
function expectHidden(text: string): void {
  for (const form of [secret, "p4ss'\\''word", 'p4ss', encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
    expect(text.includes(form), `${form} is in: ${text.slice(Math.max(0, text.indexOf(form) - 200), text.indexOf(form) + 100)}`).to.equal(
      false,
    );
  }
}
