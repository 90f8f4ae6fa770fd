import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { monitorIntervalMs } from '../../agent/state/look-due.ts';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { runCli } from '../support/cli.ts';
import { type DaemonProcess, useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';

/** On a machine that is busy. */
const limitMs = 60_000;

describe('real: the daemon keeps applications up and runs what is scheduled', function () {
  this.timeout(120_000);
  const begin = useDaemons();
  // Before the home is removed.
  afterEach('end what they started', async () => void (await runCli(['-s', '*', 'stop', '--local'], { home: home() })));
  const home = useHome();

  const daemon = async (): Promise<DaemonProcess> => {
    const started = begin(home());
    await started.ready();
    return started;
  };

  const pidOf = async (): Promise<number | undefined> => {
    const { stdout } = await runCli(['-s', 'web', 'print', 'status', '--format', 'json', '--refresh'], { home: home() });
    const pid = (JSON.parse(stdout) as StatusDocument).resources['app#1']?.facts['pid'];
    return typeof pid === 'number' ? pid : undefined;
  };
  const isAlive = (pid: number): boolean => {
    try {
      return !/^\d+ \([^)]*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    } catch {
      return false;
    }
  };

  it('an application that is killed is started again; one that was stopped is not', async () => {
    home().service('web', '[app#1]\ntype = simple\nstart = sleep 10000\nmonitor = true\nrestart = 3\n');
    await daemon();
    expect((await runCli(['-s', 'web', 'start'], { home: home() })).code).to.equal(0);
    const first = (await pidOf()) as number;
    const killedMs = performance.now();
    process.kill(first, 'SIGKILL');
    // The pid of the new one stands in what the driver remembers; nobody is asked, so that nobody helps the daemon to notice.
    const memory = home().path('var', 'services', 'web', 'memory.json');
    const launched = (): number => Number(/"launched": "(\d+) /.exec(readFileSync(memory, 'utf8'))?.[1]);
    await eventually(() => launched() !== first && isAlive(launched()), limitMs);
    const tookMs = performance.now() - killedMs;
    console.log(`      killed -9, running again after ${(tookMs / 1000).toFixed(1)} s; looked at every ${monitorIntervalMs / 1000} s`);
    await eventually(async () => (await pidOf()) === launched(), limitMs);
    const history = await runCli(['-s', 'web', 'history'], { home: home() });
    expect(history.stdout)
      .to.match(/app#1 went down, restart 1 of 3/)
      .and.match(/svcmgrd/);
    expect((await runCli(['-s', 'web', 'stop'], { home: home() })).code).to.equal(0);
    // Each of these is a look that the monitor decides on.
    for (let look = 0; look < 4; look++) expect(await pidOf()).to.equal(undefined);
  });

  it('a task runs on its schedule, and after kill -9 of the daemon at its time, not at once', async () => {
    const file = home().path('runs');
    writeFileSync(file, '');
    home().service('job', `[task#1]\ntype = host\nschedule = @15s\ncommand = /bin/sh -c 'date +%s.%N >>${file}'\n`);
    const runs = (): readonly number[] => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
    const first = await daemon();
    const records = home().path('var', 'services', 'job', 'schedule.json');
    await eventually(() => existsSync(records) && readFileSync(records, 'utf8').includes('"result": "ok"'), limitMs);
    expect(runs(), 'the first one at once').to.have.length(1);
    await first.crash();
    await daemon();
    await eventually(() => runs().length >= 2, limitMs);
    const [before = 0, after = 0] = runs();
    expect(after - before, 'its interval is kept over the crash').to.be.above(10);
    await eventually(() => /"result": "ok"/.test(readFileSync(records, 'utf8')), limitMs);
    const shown = await runCli(['-s', 'job', 'print', 'schedule', '--format', 'json'], { home: home() });
    const { schedules } = JSON.parse(shown.stdout) as { schedules: readonly Record<string, unknown>[] };
    expect(schedules[0]).to.include({ service: 'job', rid: 'task#1', schedule: '@15s', result: 'ok', failures: 0 });
  });
});
