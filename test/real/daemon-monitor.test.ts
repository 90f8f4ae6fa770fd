import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { monitorIntervalMs } from '../../agent/state/look-due.ts';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { type CliProcess, runCli, spawnCli } from '../support/cli.ts';
import { useHome } from '../support/home.ts';
import { projectRoot } from '../support/imports.ts';

const svcmgrd = path.join(projectRoot, 'bin/svcmgrd');

describe('real: the daemon keeps applications up and runs what is scheduled', function () {
  this.timeout(120_000);
  const daemons: CliProcess[] = [];
  // Before the home is removed.
  afterEach('end the daemons and what they started', async () => {
    for (const one of daemons.splice(0)) await one.crash();
    await runCli(['-s', '*', 'stop', '--local'], { home: home() });
  });
  const home = useHome();

  const daemon = async (): Promise<CliProcess> => {
    const started = spawnCli([], { program: svcmgrd, home: home() });
    daemons.push(started);
    await started.sees(/svcmgrd .* runs/);
    return started;
  };

  async function until<V>(what: string, look: () => V | undefined | Promise<V | undefined>): Promise<V> {
    const endsAt = performance.now() + 60_000;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > endsAt) throw new Error(`${what}: it did not come`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
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
    const second = await until('a new process', () => {
      const pid = Number(/"launched": "(\d+) /.exec(readFileSync(memory, 'utf8'))?.[1]);
      return pid !== first && isAlive(pid) ? pid : undefined;
    });
    const tookMs = performance.now() - killedMs;
    console.log(`      killed -9, running again after ${(tookMs / 1000).toFixed(1)} s; looked at every ${monitorIntervalMs / 1000} s`);
    expect(await until('the status', pidOf)).to.equal(second);
    const history = await runCli(['-s', 'web', 'history'], { home: home() });
    expect(history.stdout)
      .to.match(/app#1 went down, restart 1 of 3/)
      .and.match(/svcmgrd/);
    expect((await runCli(['-s', 'web', 'stop'], { home: home() })).code).to.equal(0);
    // Each of these is a look that the monitor decides on.
    for (let look = 0; look < 4; look++) expect(await pidOf()).to.equal(undefined);
  });

  it('a task runs on its schedule, and goes on after kill -9 of the daemon without a second run at once', async () => {
    const file = home().path('runs');
    writeFileSync(file, '');
    home().service('job', `[task#1]\ntype = host\nschedule = @4s\ncommand = /bin/sh -c 'date +%s.%N >>${file}'\n`);
    const runs = (): readonly number[] => readFileSync(file, 'utf8').split('\n').filter(Boolean).map(Number);
    const first = await daemon();
    await until('two runs', () => (runs().length >= 2 ? true : undefined));
    await first.crash();
    await daemon();
    const before = runs().length;
    await until('two more', () => (runs().length >= before + 2 ? true : undefined));
    const gaps = runs()
      .slice(1)
      .map((at, index) => at - (runs()[index] ?? 0));
    for (const gap of gaps) expect(gap, 'intervals are kept, also over the crash').to.be.above(2.9);
    const shown = await runCli(['-s', 'job', 'print', 'schedule', '--format', 'json'], { home: home() });
    const { schedules } = JSON.parse(shown.stdout) as { schedules: readonly Record<string, unknown>[] };
    expect(schedules[0]).to.include({ service: 'job', rid: 'task#1', schedule: '@4s', result: 'ok', failures: 0 });
  });
});
