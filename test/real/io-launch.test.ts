import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Argv } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { type LaunchOptions, launch } from '../../agent/io/launch.ts';
import { findOrphans } from '../../agent/io/orphan.ts';
import { bootId, readStat } from '../../agent/io/process.ts';
import { cgroupMounts, openScopes, removeScope, type Scopes, scopeProcesses, signalScope } from '../../agent/io/scope.ts';
import { run } from '../../agent/io/exec.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { eventually, isRunning, startAgent } from './io-agent.ts';

const name = 'svc1.app#1';

/** The kinds of scopes of this machine: what it really offers, and none at all. */
const kinds = [
  ['cgroups as this machine has them', (home: string): Scopes => openScopes(home)],
  ['cgroup v1', (home: string): Scopes => openScopes(home, ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup/pids'])],
  ['markers only', (home: string): Scopes => openScopes(home, [])],
] as const;

for (const [kind, open] of kinds) {
  describe(`scopes: ${kind}`, () => {
    const home = useHome();
    let scopes: Scopes;
    beforeEach(() => {
      scopes = open(home().folder);
    });
    // Inside the suite's own hooks the home is gone already.
    afterEach(() => removeAll(scopes));

    const start = (argv: Argv, options: Partial<LaunchOptions> = {}) =>
      launch(argv, { scope: name, scopes, cwd: home().folder, ...options });

    it('holds a launched process and what it starts, whatever session that is in', async () => {
      const file = home().path('pids');
      const launched = await start(['sh', '-c', 'setsid sleep 600 & echo $! >$1; exec sleep 600', 'sh', file]);
      await eventually(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
      await eventually(() => scopeProcesses(scopes, name).length === 2);
      expect(scopeProcesses(scopes, name).map(({ pid }) => pid)).to.include(launched.pid);
    });

    it('is empty for another name and another home', async () => {
      await start(['sleep', '600']);
      expect(scopeProcesses(scopes, 'svc1.app#2')).to.deep.equal([]);
      expect(scopeProcesses(open('/another/home'), name)).to.deep.equal([]);
    });

    it('passes signals on and counts them', async () => {
      const { pid } = await start(['sleep', '600']);
      expect(signalScope(scopes, name, 'TERM')).to.equal(1);
      await eventually(() => !isRunning(pid));
      expect(signalScope(scopes, name, 'TERM')).to.equal(0);
    });

    it('kills what keeps forking', async () => {
      await start(['sh', '-c', 'trap "" TERM; while :; do sleep 0.01 & done'], { limits: { nproc: '4000' } });
      await delay(100);
      await eventually(() => {
        signalScope(scopes, name, 'KILL');
        return scopeProcesses(scopes, name).length === 0;
      });
    });

    it('holds what a command leaves behind', async () => {
      await run(['sh', '-c', 'sleep 600 & exit 0'], { scope: name, scopes, leaves: true });
      expect(scopeProcesses(scopes, name)).to.have.lengthOf(1);
      await eventually(() => scopeProcesses(scopes, name)[0]?.command === 'sleep 600');
    });

    it('survives the death of the agent and of its whole process group', async () => {
      const agent = startAgent('launch', JSON.stringify(['sleep', '600']), name, home().folder);
      const { pid } = JSON.parse(await agent.next()) as { pid: number };
      await agent.killGroup();
      expect(isRunning(pid)).to.equal(true);
      expect(readStat(pid)).to.include({ session: pid, group: pid });
      process.kill(pid, 'SIGKILL');
      await eventually(() => !isRunning(pid));
    });
  });
}

/** Ends and removes the scope in every hierarchy the test may have used. */
async function removeAll(scopes: Scopes): Promise<void> {
  const folders = cgroupMounts.map((mount) => `${mount}/svcmgr/${scopes.home}`).filter((folder) => existsSync(folder));
  for (const folder of [undefined, ...folders]) {
    const place = { folder, home: scopes.home };
    signalScope(place, name, 'KILL');
    await eventually(() => scopeProcesses(place, name).length === 0);
    await eventually(() => removeScope(place, name));
  }
  expect(folders.filter((folder) => existsSync(folder))).to.deep.equal([]);
}

describe('launch', () => {
  const home = useHome();
  const started: number[] = [];
  afterEach(async () => {
    for (const pid of started.splice(0)) {
      if (isRunning(pid)) process.kill(pid, 'SIGKILL');
      await eventually(() => !isRunning(pid));
    }
  });

  async function start(argv: Argv, options: Partial<LaunchOptions> = {}): Promise<number> {
    const { pid } = await launch(argv, { scope: 'x', scopes: openScopes(home().folder, []), ...options });
    started.push(pid);
    return pid;
  }

  async function failure(argv: Argv, options: Partial<LaunchOptions> = {}): Promise<SvcError> {
    return start(argv, options).then(
      () => {
        throw new Error('it started');
      },
      (error: SvcError) => error,
    );
  }

  it('appends output to the file, and begins a new one above 1 MiB', async () => {
    const outputFile = home().path('log', 'x.out');
    writeFileSync(outputFile, 'x'.repeat(1_048_577));
    await start(['sh', '-c', 'echo one; echo two >&2; exec sleep 600'], { outputFile });
    await eventually(() => readFileSync(outputFile, 'utf8') === 'one\ntwo\n');
    expect(statSync(`${outputFile}.1`).size).to.equal(1_048_577);
    await start(['sh', '-c', 'echo three; exec sleep 600'], { outputFile });
    await eventually(() => readFileSync(outputFile, 'utf8') === 'one\ntwo\nthree\n');
  });

  it('returns the program, not the gate', async () => {
    const pid = await start(['sleep', '600']);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).to.equal(['sleep', '600', ''].join('\0'));
  });

  it('applies limits', async () => {
    const pid = await start(['sleep', '600'], { limits: { nofile: '123' } });
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).to.match(/Max open files +123 +123/);
  });

  it('says that a program is not installed, or fails at once and why', async () => {
    expect((await failure(['no-such-daemon'])).code).to.equal('UNSUPPORTED');
    const error = await failure(['sh', '-c', 'echo "bad option" >&2; exit 4'], { outputFile: home().path('x.out') });
    expect([error.code, error.facts['exitCode']]).to.deep.equal(['COMMAND', 4]);
    expect(error.message).to.include('bad option');
    expect((await failure(['sh', '-c', 'kill -SEGV $$'])).message).to.include('SIGSEGV');
  });

  it('never runs the program when the record could not be written or the action is cancelled', async () => {
    const file = home().path('ran');
    const full = new SvcError('COMMAND', 'full');
    expect(await failure(['touch', file], { beforeExec: () => Promise.reject(full) })).to.equal(full);
    const stop = new AbortController();
    expect((await failure(['touch', file], { signal: stop.signal, beforeExec: () => stop.abort() })).code).to.equal('CANCELLED');
    expect(existsSync(file)).to.equal(false);
  });

  it('is no survivor of a crashed action, unlike a command', async () => {
    let marker = '';
    const pid = await start(['sleep', '600'], {
      beforeExec: (held) => {
        marker = held.marker;
      },
    });
    const key = { pid, startTicks: readStat(pid)?.startTicks ?? 0, boot: bootId(), marker };
    expect(findOrphans({ ...key, launch: true })).to.deep.equal([]);
    expect(findOrphans(key).map((found) => found.pid)).to.deep.equal([pid]);
  });
});

describeUnless(missing({ root: true, tools: ['setpriv'] }), 'launch: as another account', () => {
  const home = useHome();

  it('writes to a file the account could not open, with limits above its own', async () => {
    const outputFile = home().path('log', 'x.out');
    const scopes = openScopes(home().folder, []);
    const { pid } = await launch(['sh', '-c', 'id -un; exec sleep 600'], {
      scope: 'x',
      scopes,
      user: 'nobody',
      outputFile,
      limits: { nofile: '5000' },
    });
    await eventually(() => readFileSync(outputFile, 'utf8') === 'nobody\n');
    expect(readFileSync(`/proc/${pid}/limits`, 'utf8')).to.match(/Max open files +5000/);
    process.kill(pid, 'SIGKILL');
    await eventually(() => !isRunning(pid));
  });
});
