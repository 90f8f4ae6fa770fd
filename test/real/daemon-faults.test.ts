/** What happens around the daemon: killed at any moment, full disks, programs that hang or print without end; nothing is lost, others unaffected. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { readRecords } from '../../agent/journal/read.ts';
import { runCli, spawnCli } from '../support/cli.ts';
import { type DaemonProcess, useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';
import { program } from '../support/programs.ts';
import { describeUnless, missing } from '../support/skip.ts';

const plain = '[DEFAULT]\nnodes = {nodename}\n\n[fs#1]\ntype = flag\n\n[app#1]\ntype = simple\nstart = /bin/sleep 1000\n';

describe('real: faults around the daemon', function () {
  this.timeout(120_000);
  const start = useDaemons();
  const home = useHome();
  const run = (...argv: string[]) => runCli(argv, { home: home(), timeoutMs: 60_000 });
  const overall = async (service = 'svc1') => /^overall +(\S+)/m.exec((await run('-s', service, 'print', 'status')).stdout)?.[1];
  const badLines = async () => {
    let count = 0;
    const journal = readRecords({
      folder: home().path('var/journal'),
      onDamage: ({ badLines: bad }) => {
        count += bad;
      },
    });
    for await (const _record of journal);
    return count;
  };

  beforeEach(() => {
    home().service('svc1', plain);
  });

  it('kill -9 at any moment of an action: the next daemon says so, the same verb completes it, the application is there once', async () => {
    for (const [at, afterMs] of [0, 60, 150, 300].entries()) {
      const daemon = start(home());
      await daemon.ready();
      const verb = at % 2 === 0 ? 'start' : 'restart';
      const cli = spawnCli(['-s', 'svc1', verb], { home: home() });
      await eventually(async () => cli.child.exitCode !== null || (await actions(daemon)) > 0);
      await delay(afterMs);
      await daemon.crash();
      await cli.done;
      const next = start(home());
      await next.ready();
      const done = await run('-s', 'svc1', verb);
      expect(done.code, `killed ${afterMs} ms into the ${verb}: ${done.stderr}`).to.equal(0);
      expect(await overall()).to.equal('up');
      expect((await next.get('/v1/status?selector=svc1')).body).not.to.match(/interrupted/);
      await next.crash();
    }
    expect(await badLines()).to.equal(0);
    expect((await run('-s', 'svc1', 'stop')).code).to.equal(0);
  });

  it('kill -9 while it looks, reads files, or writes what it saw: nothing is damaged, and the application goes on', async () => {
    expect((await run('-s', 'svc1', 'start')).code).to.equal(0);
    for (let at = 0; at < 40; at += 1) home().service(`more${at}`, plain);
    for (const afterMs of [0, 150, 300, 450, 600, 900]) {
      const daemon = start(home());
      await delay(afterMs);
      await daemon.crash();
    }
    const daemon = start(home());
    await daemon.ready();
    const sent = daemon.send('POST', '/v1/reload').catch(() => undefined);
    await daemon.crash();
    await sent;
    const last = start(home());
    await last.ready();
    expect((await last.state())?.services).to.equal(41);
    expect(await overall()).to.equal('up');
    expect(await badLines()).to.equal(0);
    expect((await run('-s', 'svc1', 'stop')).code).to.equal(0);
  });

  it('a check that hangs and one that prints without end cost the other services nothing', async () => {
    const check = (argv: string) =>
      `[DEFAULT]\nnodes = {nodename}\n\n[app#1]\ntype = forking\nstart = /bin/true\ncheck = ${argv}\nstatus_timeout = 2s\n`;
    home().service('hangs', check(program('hang')));
    home().service('floods', check('/usr/bin/yes'));
    const daemon = start(home());
    await eventually(async () => (await daemon.state().catch(() => undefined)) !== undefined, 30_000);
    await eventually(async () => (await daemon.get('/v1/status?selector=svc1&fresh=true')).status === 200);
    await daemon.ready();
    expect((await daemon.get('/v1/status?selector=hangs')).body).to.match(/app#1 .* undef/);
    expect((await daemon.get('/v1/status?selector=floods')).body).to.match(/app#1 .* undef/);
    expect((await daemon.state())?.rssBytes).to.be.below(400 * 1024 * 1024);
    expect((await run('-s', 'svc1', 'start')).code).to.equal(0);
    expect((await run('-s', 'svc1', 'stop')).code).to.equal(0);
  });

  it('a file that is replaced again and again while it is followed ends as the last one, and is never half', async () => {
    const daemon = start(home());
    await daemon.ready();
    const rids = async () => [...(await daemon.get('/v1/status?selector=svc1')).body.matchAll(/(fs#\d+)/g)].map(([, rid]) => rid);
    const text = (count: number) => `${plain}${Array.from({ length: count }, (_, at) => `\n[fs#${at + 2}]\ntype = flag\n`).join('')}`;
    const seen = new Set<number>();
    for (let at = 0; at < 30; at += 1) {
      // In place, in two writes: what an editor does.
      const whole = text(at % 2 === 0 ? 20 : 5);
      writeFileSync(home().path('services.d/svc1.conf'), whole.slice(0, 200));
      writeFileSync(home().path('services.d/svc1.conf'), whole);
      await delay(40);
      seen.add((await rids()).length);
    }
    await eventually(async () => (await rids()).length === 6);
    expect([...seen].filter((count) => ![1, 6, 21].includes(count))).to.deep.equal([]);
  });
});

describeUnless(missing({ root: true }), 'real: daemon on a full disk', function () {
  this.timeout(120_000);
  const start = useDaemons();
  let place = '';
  afterEach('unmount', () => {
    if (place !== '') execFileSync('umount', ['--lazy', place]);
    place = '';
  });
  const home = useHome();
  const run = (...argv: string[]) => runCli(argv, { home: home(), timeoutMs: 60_000 });

  it('goes on looking and answering; a start is refused, a stop works; with room again all is well', async () => {
    place = home().path('var');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'svt-full', place]);
    home().service('svc1', plain);
    mkdirSync(home().path('var/journal'), { recursive: true });
    const daemon: DaemonProcess = start(home());
    await daemon.ready();
    expect((await run('-s', 'svc1', 'start')).code).to.equal(0);
    const ballast = home().path('var/ballast');
    try {
      writeFileSync(ballast, Buffer.alloc(2 * 1024 * 1024));
    } catch {
      // Full, as it should be.
    }
    home().service('svc2', plain);
    await daemon.send('POST', '/v1/reload');
    const refused = await run('-s', 'svc2', 'start');
    expect(refused.code, refused.stderr).to.equal(5);
    const stopped = await run('-s', 'svc1', 'stop');
    expect(stopped.code, stopped.stderr).to.equal(0);
    const down = await daemon.get('/v1/status?selector=svc1&fresh=true');
    expect(down.body).to.match(/^overall +down$/m);
    expect(daemon.child.exitCode, daemon.said()).to.equal(null);
    execFileSync('rm', [ballast]);
    expect((await run('-s', 'svc2', 'start')).code).to.equal(0);
    expect((await run('-s', 'svc2', 'stop')).code).to.equal(0);
    expect((await run('-s', 'svc1', 'history')).stdout).to.match(/stop/);
    expect(await daemon.stop()).to.equal(0);
  });
});

async function actions(daemon: DaemonProcess): Promise<number> {
  return (JSON.parse((await daemon.get('/v1/actions')).body) as { actions: unknown[] }).actions.length;
}
