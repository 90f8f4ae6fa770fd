/** The daemon restarted, killed and stopped under what it has started itself: a container, and applications inside and outside of it. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { runCli } from '../support/cli.ts';
import { eventually } from '../support/eventually.ts';
import { lxcNeeds } from '../support/lxc.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { killModeOfUnit, type Unit, useUnits } from '../support/unit.ts';
import { isRunning } from './fault-service.ts';
import { useContainerService } from './lxc-service.ts';

/** Nobody else's sleep takes that long. */
const sleep = (number: number): string => `/bin/sleep ${process.pid}0${number}`;

const applications = `
[app#1]
type = simple
encap = true
start = ${sleep(1)}
monitor = true
restart = 3

[app#2]
type = simple
start = ${sleep(2)}
monitor = true
restart = 3

[app#3]
type = forking
start = /bin/sh -c 'setsid sh -c "echo \\$$ >HOME/app3.pid; exec ${sleep(3)}" </dev/null >/dev/null 2>&1 &'
stop = /bin/sh -c 'kill \\$(cat HOME/app3.pid)'
`;

describeUnless(missing(lxcNeeds), 'real: systemctl restart under a running service', function () {
  this.timeout(180_000);
  const begin = useUnits();
  // Before the container and the home are removed.
  afterEach('end what was started', async () => void (await svc.stop('--local')));
  const svc = useContainerService();

  /** Whatever of the service runs, by what it is. */
  const running = (): Readonly<Record<string, readonly number[]>> => {
    const found: Record<string, number[]> = { 'container#0': [svc.container().pid() ?? 0], monitor: [svc.container().monitor() ?? 0] };
    for (const entry of readdirSync('/proc')) {
      const number = new RegExp(`^/bin/sleep\\x00${process.pid}0(\\d)\\x00$`).exec(commandOf(entry))?.[1];
      if (number === undefined || !isRunning(Number(entry))) continue;
      found[`app#${number}`] = [...(found[`app#${number}`] ?? []), Number(entry)];
    }
    return found;
  };

  /** The service, started by the daemon; what runs then. */
  async function startThrough(unit: Unit): Promise<ReturnType<typeof running>> {
    const started = await svc.start();
    expect(started.code, started.stderr).to.equal(0);
    const { actions } = JSON.parse((await unit.daemon.get('/v1/actions')).body) as { actions: readonly { verb: string; exit: number }[] };
    expect(
      actions.map(({ verb, exit }) => [verb, exit]),
      'it ran in the daemon',
    ).to.deep.equal([['start', 0]]);
    const before = running();
    expect(Object.entries(before).map(([name, pids]) => [name, pids.length])).to.have.deep.members(
      ['container#0', 'monitor', 'app#1', 'app#2', 'app#3'].map((name) => [name, 1]),
    );
    return before;
  }

  async function expectUp(unit: Unit): Promise<void> {
    const { status, body } = await unit.daemon.get('/v1/status?selector=svc1&fresh=true');
    expect(status, 'the new daemon says it, from what it saw itself').to.equal(200);
    expect(body).to.match(/^overall +up$/m);
    expect(await svc.states()).to.deep.equal({ 'container#0': 'up', 'app#1': 'up', 'app#2': 'up', 'app#3': 'up' });
  }

  async function expectMonitored(before: ReturnType<typeof running>): Promise<void> {
    for (const app of ['app#1', 'app#2']) process.kill(before[app]?.[0] ?? 0, 'SIGKILL');
    await eventually(() => ['app#1', 'app#2'].every((app) => running()[app]?.length === 1), 60_000);
    const after = running();
    expect(after['app#1']).not.to.deep.equal(before['app#1']);
    expect({ ...after, 'app#1': 0, 'app#2': 0 }).to.deep.equal({ ...before, 'app#1': 0, 'app#2': 0 });
  }

  it('restart, and again: everything goes on, is told as up, and is monitored', async () => {
    svc.file0(applications.replaceAll('HOME', svc.home().folder));
    const unit = await begin(svc.home());
    const before = await startThrough(unit);
    for (let time = 0; time < 2; time += 1) {
      await unit.restart();
      expect(running()).to.deep.equal(before);
    }
    await expectUp(unit);
    await expectMonitored(before);
  });

  it('kill -9 of the daemon likewise', async () => {
    svc.file0(applications.replaceAll('HOME', svc.home().folder));
    const unit = await begin(svc.home());
    const before = await startThrough(unit);
    await unit.crash();
    expect(running()).to.deep.equal(before);
    await expectUp(unit);
    await expectMonitored(before);
  });

  it('svcmgr daemon stop, and start from a command line', async () => {
    svc.file0(applications.replaceAll('HOME', svc.home().folder));
    const unit = await begin(svc.home());
    const before = await startThrough(unit);
    const run = (...argv: string[]) => runCli(argv, { home: svc.home(), timeoutMs: 60_000 });
    const stopped = await run('daemon', 'stop');
    expect([stopped.code, stopped.stdout]).to.deep.equal([0, 'the daemon has ended; services and applications go on\n']);
    expect(running()).to.deep.equal(before);
    expect(await svc.states(), 'without a daemon').to.deep.equal({ 'container#0': 'up', 'app#1': 'up', 'app#2': 'up', 'app#3': 'up' });
    try {
      expect((await run('daemon', 'start')).code).to.equal(0);
      expect(running()).to.deep.equal(before);
      expect((await svc.cli(['print', 'status'])).stdout).to.match(/^overall +up$/m);
    } finally {
      expect((await run('daemon', 'stop')).code).to.equal(0);
    }
  });

  it('a unit that ended all that is in it would be noticed here', async () => {
    expect(killModeOfUnit()).to.equal('process');
    svc.file0(applications.replaceAll('HOME', svc.home().folder));
    const unit = await begin(svc.home(), 'control-group');
    const before = await startThrough(unit);
    expect(unit.members(), 'the daemon is not alone in its unit').to.have.lengthOf.above(1);
    await unit.restart();
    expect(running()).not.to.deep.equal(before);
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}
