/** The built daemon: its life under a supervisor, its verbs, its death at any moment; what it started lives on. */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { once } from 'node:events';
import { expect } from 'chai';
import { version } from '../../agent/cli/version.ts';
import { listPids, readMarker } from '../../agent/io/process.ts';
import { openScopes, scopeMarker } from '../../agent/io/scope.ts';
import { runCli } from '../support/cli.ts';
import { useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';
import { program } from '../support/programs.ts';

const service = '[DEFAULT]\nnodes = {nodename}\n\n[fs#1]\ntype = flag\n\n[app#1]\ntype = simple\nstart = /bin/sleep 1000\n';

/** Pids of the application, found by the mark of its scope: the kernel's word, not the daemon's. */
function sleepers(folder: string): readonly number[] {
  const { home } = openScopes(`${folder}/var`);
  return listPids().filter((pid) => readMarker(pid, scopeMarker)?.startsWith(`${home}/`));
}

describe('real: life of the daemon', function () {
  this.timeout(90_000);
  const start = useDaemons();
  const home = useHome();
  const run = (...argv: string[]) => runCli(argv, { home: home(), timeoutMs: 60_000 });
  beforeEach(() => {
    home().service('svc1', service);
  });

  it('sockets are there when it is ready, for root and for the group; TERM ends it with 0 and takes them away', async () => {
    const daemon = start(home());
    await daemon.ready();
    expect((statSync(daemon.socket).mode & 0o777).toString(8)).to.equal('600');
    expect((statSync(daemon.readSocket).mode & 0o777).toString(8)).to.equal('660');
    expect(await daemon.stop(), daemon.said()).to.equal(0);
    expect([existsSync(daemon.socket), existsSync(daemon.readSocket)]).to.deep.equal([false, false]);
  });

  it('is one per home: a second one says who is there and ends; after kill -9 the next one takes over', async () => {
    const first = start(home());
    await first.ready();
    const second = start(home());
    expect(await second.ended).to.equal(6);
    expect(second.said()).to.include(`runs already (pid ${first.pid})`);
    expect((await first.state())?.pid, 'the first one is not disturbed').to.equal(first.pid);
    await first.crash();
    expect(existsSync(first.socket), 'a dead socket is left').to.equal(true);
    const third = start(home());
    await third.ready();
    expect((await third.state())?.pid).to.equal(third.pid);
  });

  it('tells its supervisor that it is ready, alive and stopping, and a restart leaves the applications alone', async () => {
    const socket = home().path('run/notify');
    const supervisor = spawn(program('notify-socket'), [socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const heard: string[] = [];
      supervisor.stdout.setEncoding('utf8').on('data', (text: string) => void heard.push(...text.trim().split('\n')));
      await eventually(() => heard.includes('listening'));
      const env = { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' };
      const first = start(home(), env);
      await eventually(() => heard.includes('READY=1'), 30_000);
      expect(await first.state(), 'ready means that it answers').to.have.property('pid', first.pid);
      await eventually(() => heard.filter((line) => line === 'WATCHDOG=1').length >= 2);
      expect((await run('-s', 'svc1', 'start')).code).to.equal(0);
      const before = sleepers(home().folder);
      expect(before).to.have.lengthOf(1);
      expect(await first.stop()).to.equal(0);
      expect(heard).to.include('STOPPING=1');
      const second = start(home(), env);
      await second.ready();
      expect(sleepers(home().folder)).to.deep.equal(before);
      expect((await second.get('/v1/status?selector=svc1&fresh=true')).body).to.match(/^overall +up$/m);
    } finally {
      supervisor.kill();
      await once(supervisor, 'exit');
    }
    expect((await run('-s', 'svc1', 'stop', '--local')).code).to.equal(0);
  });

  it('daemon start, status, reload, stop', async () => {
    expect((await run('daemon', 'status')).code).to.equal(3);
    try {
      const started = await run('daemon', 'start');
      expect(started.code, started.stderr).to.equal(0);
      expect(started.stdout).to.match(/^the daemon runs \(pid \d+\)\n$/);
      expect((await run('daemon', 'start')).stdout).to.match(/runs already/);
      const status = await run('daemon', 'status', '--format', 'json');
      expect(JSON.parse(status.stdout)).to.include({ running: true, version, services: 1 });
      home().service('svc2', '[DEFAULT]\nnodes = {nodename}\n\n[fs#1]\ntype = nonsense\n');
      home().service('svc3', service);
      const reloaded = await run('daemon', 'reload');
      expect(reloaded.stdout).to.equal('files read again: 2 services\n');
      expect(reloaded.stderr).to.match(/svc2: .*nonsense/s);
    } finally {
      const stopped = await run('daemon', 'stop');
      expect(stopped.code, stopped.stderr).to.equal(0);
    }
    expect((await run('daemon', 'stop')).stdout).to.equal('no daemon runs\n');
  });

  it('one that cannot begin says why', async () => {
    home().path('run/svcmgrd.sock/file');
    const failed = await run('daemon', 'start');
    expect(failed.code).to.equal(7);
    expect(failed.stderr).to.match(/svcmgrd\.sock is there and no socket/);
  });

  it('boot starts standby resources and what says orchestrate = start, shutdown stops all', async () => {
    home().service('auto', service.replace('[DEFAULT]', '[DEFAULT]\norchestrate = start\npriority = 10'));
    home().service('frozen', service.replace('[DEFAULT]', '[DEFAULT]\norchestrate = start'));
    home().service('half', `${service}\n[fs#2]\ntype = flag\nstandby = true\n`);
    expect((await run('-s', 'frozen', 'freeze')).code).to.equal(0);
    const booted = await run('boot');
    expect(booted.code, booted.stderr).to.equal(0);
    const states = async () =>
      Object.fromEntries(
        await Promise.all(
          ['auto', 'frozen', 'half', 'svc1'].map(async (name) => {
            const { stdout } = await run('-s', name, 'print', 'status', '--format', 'json');
            const { resources } = JSON.parse(stdout) as { resources: Record<string, { status: string }> };
            return [name, Object.values(resources).map(({ status }) => status)] as const;
          }),
        ),
      );
    expect(await states()).to.deep.equal({
      auto: ['up', 'up'],
      frozen: ['down', 'down'],
      half: ['down', 'down', 'stdby up'],
      svc1: ['down', 'down'],
    });
    const down = await run('shutdown');
    expect(down.code, down.stderr).to.equal(0);
    expect((await states())['auto']).to.deep.equal(['down', 'down']);
    expect((await states())['half']).to.deep.equal(['down', 'down', 'stdby down']);
  });
});
