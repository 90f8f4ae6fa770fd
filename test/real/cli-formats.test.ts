/** What every verb prints: one valid document for machines, plain aligned text for people, nothing of either on the wrong stream. */
import { spawnSync } from 'node:child_process';
import { expect } from 'chai';
import { type VerbSpec, verbs } from '../../agent/cli/verbs.ts';
import { type CliResult, runCli, svcmgr } from '../support/cli.ts';
import { type Home, useHome } from '../support/home.ts';

const all: readonly VerbSpec[] = verbs;

const one = '[fs#1]\ntype = flag\n[task#1]\ntype = host\ncommand = /bin/true\nschedule = 02:00-04:00\n';

/** A call of each verb that prints something, for one service and, where it can, for several. */
const calls: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'print status': [['-s', 'svc1'], ['-s', 'svc*'], []],
  check: [['-s', 'svc1'], []],
  mon: [['-s', 'svc1'], []],
  metrics: [['-s', 'svc1'], []],
  ls: [[], ['svc1'], ['nothing*']],
  start: [
    ['-s', 'svc1'],
    ['-s', 'svc*'],
    ['-s', 'svc1', '--dry-run'],
  ],
  stop: [
    ['-s', 'svc1'],
    ['-s', 'svc*'],
  ],
  restart: [['-s', 'svc1']],
  provision: [['-s', 'svc1']],
  unprovision: [
    ['-s', 'svc1', '--confirm', 'svc1'],
    ['-s', 'svc1', '--confirm', 'wrong'],
  ],
  run: [
    ['-s', 'svc1'],
    ['-s', 'svc1', '--rid', 'task#9'],
  ],
  freeze: [
    ['-s', 'svc1'],
    ['-s', 'svc*'],
  ],
  thaw: [['-s', 'svc1']],
  enable: [['-s', 'svc1', '--rid', 'fs#1']],
  disable: [
    ['-s', 'svc1', '--rid', 'fs#1'],
    ['-s', 'svc1'],
  ],
  resume: [
    ['-s', 'svc1'],
    ['-s', 'svc*'],
  ],
  clear: [['-s', 'svc1']],
  'print config': [
    ['-s', 'svc1'],
    ['-s', 'svc*'],
    ['-s', 'svc1', '--eval'],
    ['-s', 'none'],
  ],
  get: [
    ['-s', 'svc1', '--kw', 'fs#1.type'],
    ['-s', 'svc*', '--kw', 'fs#1.type', '--kw', 'nodes', '--eval'],
    ['-s', 'svc1', '--kw', 'fs#1.nonsense'],
  ],
  set: [
    ['-s', 'svc1', '--kw', 'comment=x'],
    ['-s', 'svc*', '--kw', 'comment=x'],
  ],
  unset: [['-s', 'svc1', '--kw', 'comment']],
  edit: [['-s', 'svc1']],
  validate: [[], ['-s', 'svc1'], ['/nonexistent.conf']],
  create: [
    ['-s', 'svc9', '--kw', 'fs#1.type=flag'],
    ['-s', 'svc1'],
  ],
  delete: [['-s', 'svc1', '--confirm', 'svc1', '--dry-run']],
  'print schedule': [
    ['-s', 'svc1'],
    ['-s', 'svc*'],
  ],
  'print plan': [
    ['-s', 'svc1', 'start'],
    ['-s', 'svc*', 'stop'],
    ['-s', 'svc1'],
  ],
  link: [['-s', 'svc1', '--dry-run']],
  'schedule explain': [['02:00-04:00'], ['nonsense']],
  history: [['-s', 'svc1'], []],
  logs: [['-s', 'svc1'], []],
  events: [['-s', 'svc1'], []],
  'node doctor': [[]],
  'node ping': [[]],
  readiness: [
    ['-s', 'svc1'],
    ['-s', 'svc1', '--node', 'elsewhere'],
    ['-s', 'none'],
  ],
  switch: [
    ['-s', 'svc1'],
    ['-s', 'svc1', '--to', 'elsewhere'],
  ],
  giveback: [['-s', 'svc1', '--dry-run']],
  takeover: [
    ['-s', 'svc1'],
    ['-s', 'svc1', '--yes', '--dry-run'],
  ],
  sync: [
    ['-s', 'svc1', 'update'],
    ['-s', 'svc1'],
  ],
  boot: [[], ['-s', 'svc1', '--dry-run']],
  shutdown: [[], ['-s', 'svc1', '--dry-run']],
  'daemon start': [[]],
  'daemon status': [[]],
  'daemon reload': [[]],
  'daemon stop': [[]],
  'array show': [[], ['nowhere']],
  'node print config': [[]],
  doc: [[], ['fs.ext4'], ['mnt'], ['errors'], ['allow'], ['verbs'], ['service'], ['nonsense']],
};

function argvOf(verb: string, rest: readonly string[]): string[] {
  const [flag, selector] = rest;
  const words = verb.split(' ');
  return flag === '-s' && selector !== undefined ? ['-s', selector, ...words, ...rest.slice(2)] : [...words, ...rest];
}

function prepare(home: Home): void {
  home.service('svc1', one);
  home.service('svc2', one);
}

/** No colour, no trailing blanks, a newline at the end. */
function expectPlain({ stdout, stderr }: CliResult): void {
  for (const text of [stdout, stderr]) {
    expect(text).not.to.include('\x1b');
    expect(text).to.match(/^$|\n$/);
    expect(text.split('\n').filter((line) => /[ \t]$/.test(line))).to.deep.equal([]);
  }
}

describe('real: output of every verb', function () {
  this.timeout(60_000);
  // Before its home goes.
  afterEach('end the daemon that one of them starts', () => runCli(['daemon', 'stop'], { home: home() }));
  const home = useHome();
  beforeEach(() => prepare(home()));

  it('is tested for every verb', () => {
    expect([...Object.keys(calls), 'completion'].sort()).to.deep.equal(all.map((verb) => verb.name).sort());
  });

  for (const [verb, forms] of Object.entries(calls)) {
    it(`${verb}: json, jsonl and flat are valid or empty, text is plain, errors say so on stderr`, async () => {
      for (const rest of forms) {
        const argv = argvOf(verb, rest);
        const run = (format: string) => runCli([...argv, '--format', format], { home: home(), env: { EDITOR: 'true' } });
        const [text, json, lines, flat] = await Promise.all([run('tree'), run('json'), run('jsonl'), run('flat')]);
        for (const done of [text, json, lines, flat]) {
          // An empty value is the empty rest of its line.
          expectPlain(done === flat ? { ...flat, stdout: flat.stdout.replaceAll(/ = $/gm, '') } : done);
          expect(done.code, `${argv.join(' ')}: ${done.stderr}`).not.to.equal(70);
          // The check says what is wrong on its line, explain in its text, everything else on stderr.
          if (done.code !== 0 && verb !== 'check') expect(done.stderr + done.stdout, argv.join(' ')).to.match(/\S/);
        }
        if (json.code === 0) expect(json.stdout).not.to.equal('');
        if (json.stdout !== '') expect((JSON.parse(json.stdout) as { schema?: unknown }).schema, argv.join(' ')).to.equal(1);
        for (const line of lines.stdout.split('\n').slice(0, -1)) JSON.parse(line);
        for (const line of flat.stdout.split('\n').slice(0, -1)) expect(line).to.match(/^\.[\w'[].* = /);
      }
    });
  }

  it('gives one service its own document, and a pattern a list, also when it matches one', async () => {
    const parse = async (...argv: string[]) =>
      JSON.parse((await runCli([...argv, '--format', 'json'], { home: home() })).stdout) as Record<string, unknown>;
    for (const verb of [
      ['print', 'status'],
      ['print', 'config'],
      ['print', 'plan', 'start'],
      ['get', '--kw', 'nodes'],
      ['start'],
      ['thaw'],
    ]) {
      expect(await parse('-s', 'svc1', ...verb), verb.join(' ')).to.include({ schema: 1, service: 'svc1' });
      expect(await parse('-s', 'svc1*', ...verb), verb.join(' '))
        .to.have.property('services')
        .with.length(1);
    }
  });

  it('colours only when told to in a pipe', async () => {
    const shown = async (...argv: string[]) =>
      (await runCli(['svc1', 'print', 'status', ...argv], { home: home(), env: { NO_COLOR: '1' } })).stdout;
    expect(await shown()).not.to.include('\x1b');
    expect(await shown('--color', 'never')).not.to.include('\x1b');
    expect(await shown('--color', 'always')).to.include('\x1b[');
  });

  it('--quiet leaves warnings and errors, --debug adds looks, and stacks only there', async () => {
    const start = await runCli(['svc1', 'start', '--quiet'], { home: home() });
    expect(start).to.include({ code: 0, stderr: '' });
    expect(start.stdout).to.match(/^svc1: start done/);
    const loud = await runCli(['svc1', 'stop', '--debug'], { home: home() });
    expect(loud.stderr).to.match(/DEBUG SVC1/);
    const wrong = await runCli(['svc9', 'stop'], { home: home() });
    expect(wrong.stderr).not.to.match(/^\s+at /m);
    const traced = await runCli(['svc9', 'stop', '--debug'], { home: home() });
    expect(traced.stderr).to.match(/^\s+at /m);
    expect(traced.stderr.startsWith(wrong.stderr)).to.equal(true);
  });

  it('does not mind a reader that goes away, and an action goes on to its end', () => {
    const shell = (line: string) =>
      spawnSync('bash', ['-o', 'pipefail', '-c', line], { encoding: 'utf8', env: { ...process.env, ...home().env, svcmgr } });
    expect(shell('"$svcmgr" doc service | head -1')).to.include({ status: 0, stderr: '' });
    expect(shell('"$svcmgr" svc1 start 2>&1 | true')).to.include({ status: 0 });
    expect(shell('"$svcmgr" svc1 print status').stdout).to.match(/^overall +up$/m);
    expect(shell('"$svcmgr" print status >/dev/full').status).to.equal(1);
  });
});
