/** Actions of the command line that run in the daemon: as without it, and they go on when either side dies. */
import { writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type CliResult, runCli, spawnCli } from '../support/cli.ts';
import { type DaemonProcess, useDaemons } from '../support/daemon.ts';
import { eventually } from '../support/eventually.ts';
import { useHome } from '../support/home.ts';

const service = `[DEFAULT]
nodes = {nodename}

[fs#1]
type = flag

[app#1]
type = simple
start = /bin/sleep 1000

[task#1]
type = host
command = /bin/sh -c 'echo oops >&2; exit 3'

[task#2]
type = host
command = /bin/true
confirmation = true
`;

/** A start that takes as long as a file is missing. */
const waiting = (gate: string) => `[DEFAULT]
nodes = {nodename}

[fs#1]
type = flag

[app#1]
type = forking
start = /bin/sh -c 'until [ -e ${gate} ]; do sleep 0.05; done'
check = /usr/bin/test -e ${gate}
`;

describe('real: actions through the daemon', function () {
  this.timeout(120_000);
  const start = useDaemons();
  afterEach('nothing stays up', async () => {
    await run('-s', 'svc1', 'stop', '--local');
  });
  const home = useHome();
  let daemon: DaemonProcess;
  const run = (...argv: string[]): Promise<CliResult> => runCli(argv, { home: home(), timeoutMs: 60_000 });
  const actions = async () =>
    (JSON.parse((await daemon.get('/v1/actions')).body) as { actions: { verb: string; exit: number | null }[] }).actions;

  beforeEach(async () => {
    home().service('svc1', service);
    // The folder of flags is a change of the first start only.
    for (const verb of ['start', 'stop']) await run('-s', 'svc1', verb, '--local');
    daemon = start(home());
    await daemon.ready();
  });

  it('print the same, exit with the same, and really run there', async () => {
    const calls = [
      ['start', '--dry-run'],
      ['start'],
      ['start'],
      ['run', '--rid', 'task#1'],
      ['run', '--rid', 'task#2'],
      ['run', '--rid', 'task#2', '--allow', 'confirmation', '--quiet'],
      ['stop', '--rid', 'nonsense'],
      ['start', '--timeout', 'soon'],
      ['stop', '--format', 'json'],
      ['stop'],
    ];
    // Times, pids, ids and durations differ.
    const plain = ({ code, stdout, stderr }: CliResult) => ({
      code,
      text: `${stdout}\n${stderr}`
        .replace(/\d\d:\d\d:\d\d/g, 'TIME')
        .replace(/\d+\.\ds/g, 'Ns')
        .replace(/-TERM \d+/g, '-TERM PID')
        .replace(/"(sid|durationMs|updated|since)": [^,\n]+/g, '"$1": X')
        .replace(/\d\d\d\d-\d\d-\d\dT[\d:.]+Z/g, 'WHEN')
        .replace(/\(?pids? [\d ]+\)?/g, 'PID')
        .replace(/.*mkdir -p .*\n/g, ''),
    });
    for (const argv of calls) {
      const before = (await actions()).length;
      const through = await run('-s', 'svc1', ...argv);
      expect((await actions()).length - before, `${argv.join(' ')} ran in the daemon`).to.equal(1);
      // The other way begins from the same state.
      if (argv[0] === 'start' && argv.length === 1 && !through.stdout.includes('nothing to do')) await run('-s', 'svc1', 'stop', '--local');
      if (argv[0] === 'stop' && through.stdout.includes('"changes": 2')) await run('-s', 'svc1', 'start', '--local');
      const local = await run('-s', 'svc1', ...argv, '--local');
      expect(plain(through), argv.join(' ')).to.deep.equal(plain(local));
    }
  });

  it('of a service whose file was never valid, or came a moment ago, say what they say without the daemon', async () => {
    home().service('broken', '[DEFAULT]\nnodes = {nodename}\n\n[fs#1]\ntype = nonsense\n');
    await daemon.send('POST', '/v1/reload');
    home().service('new', service);
    expect((await run('-s', 'new', 'start')).code).to.equal(0);
    expect((await actions()).at(-1)).to.include({ verb: 'start', exit: 0 });
    expect((await run('-s', 'new', 'print', 'status')).stdout).to.match(/^overall +up$/m);
    expect((await run('-s', 'new', 'stop')).code).to.equal(0);
    const all = async () => Promise.all([['start'], ['print', 'status'], ['check'], ['ls']].map((argv) => run('-s', 'broken', ...argv)));
    const through = await all();
    expect((await actions()).at(-1)).to.include({ verb: 'start', exit: 2 });
    expect((await run('check')).stdout).to.match(/^UNKNOWN - broken is undef \(.*nonsense/);
    expect((await run('metrics')).stdout).to.match(/^svcmgr_service_status\{service="broken",node="[^"]*",state="undef"\} 1$/m);
    await daemon.crash();
    expect(through).to.deep.equal(await all());
  });

  it('name the person who asked in the history', async () => {
    await runCli(['-s', 'svc1', 'start', '--reason', 'a test'], { home: home(), env: { SUDO_USER: 'alice' } });
    const { stdout } = await run('-s', 'svc1', 'history', '--format', 'json');
    expect(stdout)
      .to.match(/"sudoUser": "alice"/)
      .and.match(/"reason": "a test"/);
  });

  it('status is answered from memory at once, also right after an action, with or without the daemon', async () => {
    await run('-s', 'svc1', 'start');
    const up = await run('-s', 'svc1', 'print', 'status');
    expect(up.stdout).to.match(/^\|- avail +up$/m);
    await run('-s', 'svc1', 'stop', '--local');
    expect((await run('-s', 'svc1', 'print', 'status')).stdout).to.match(/^\|- avail +down$/m);
    expect((await run('-s', 'nobody', 'print', 'status')).code).to.equal(3);
    await daemon.crash();
    expect((await run('-s', 'svc1', 'print', 'status')).stdout).to.match(/^\|- avail +down$/m);
  });

  it('freeze, disable and clear are seen at once', async () => {
    await run('-s', 'svc1', 'freeze');
    expect((await run('-s', 'svc1', 'print', 'status')).stdout).to.match(/^# frozen$/m);
    await run('-s', 'svc1', 'thaw');
    await run('-s', 'svc1', 'disable', '--rid', 'app#1');
    const { stdout } = await run('-s', 'svc1', 'print', 'status');
    expect(stdout)
      .to.match(/app#1 +\.D\.\. n\/a/)
      .and.not.match(/frozen/);
  });

  it('Ctrl-C without a terminal aborts: it is rolled back, and exits 130', async () => {
    const gate = home().path('gate');
    home().service('slow', waiting(gate));
    await daemon.send('POST', '/v1/reload');
    const cli = spawnCli(['-s', 'slow', 'start'], { home: home() });
    await cli.sees(/until \[ -e/);
    cli.child.kill('SIGINT');
    const done = await cli.done;
    expect(done.code, done.stderr).to.equal(130);
    expect(done.stderr).to.match(/ending the start/);
    expect((await run('-s', 'slow', 'print', 'status')).stdout).to.match(/fs#1 +\.\.\.\. down/);
  });

  it('go on when the command line dies', async () => {
    const gate = home().path('gate');
    home().service('slow', waiting(gate));
    await daemon.send('POST', '/v1/reload');
    const cli = spawnCli(['-s', 'slow', 'start'], { home: home() });
    await cli.sees(/until \[ -e/);
    await cli.crash();
    expect((await run('-s', 'slow', 'print', 'status')).stdout).to.match(/start is running/);
    writeFileSync(gate, '');
    await eventually(async () => (await actions()).at(-1)?.exit === 0);
    expect((await run('-s', 'slow', 'print', 'status')).stdout).to.match(/^overall +up$/m);
    await run('-s', 'slow', 'stop', '--local');
  });

  it('of a daemon that is killed are interrupted: the command line says so, status too, and resume completes them', async () => {
    const gate = home().path('gate');
    home().service('slow', waiting(gate));
    await daemon.send('POST', '/v1/reload');
    const cli = spawnCli(['-s', 'slow', 'start'], { home: home() });
    await cli.sees(/until \[ -e/);
    await daemon.crash();
    const done = await cli.done;
    expect(done.code, done.stderr).to.equal(9);
    expect(done.stderr)
      .to.match(/result is not known/)
      .and.match(/resume/);
    writeFileSync(gate, '');
    daemon = start(home());
    await daemon.ready();
    expect(daemon.said()).to.match(/SLOW start of .* was interrupted: svcmgr -s slow resume/);
    expect((await run('-s', 'slow', 'print', 'status')).stdout).to.match(/start .*interrupted|interrupted.*start/);
    const resumed = await run('-s', 'slow', 'resume');
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect((await run('-s', 'slow', 'print', 'status')).stdout)
      .to.match(/^overall +up$/m)
      .and.not.match(/interrupted/);
    await run('-s', 'slow', 'stop', '--local');
  });

  it('TERM lets an action end by itself, and takes no new one', async () => {
    const gate = home().path('gate');
    home().service('slow', waiting(gate));
    await daemon.send('POST', '/v1/reload');
    const cli = spawnCli(['-s', 'slow', 'start'], { home: home() });
    await cli.sees(/until \[ -e/);
    const ended = daemon.stop();
    await eventually(() => daemon.said().includes('stopping'));
    writeFileSync(gate, '');
    expect((await cli.done).code).to.equal(0);
    expect(await ended).to.equal(0);
    expect((await run('-s', 'slow', 'print', 'status')).stdout).to.match(/^overall +up$/m);
    await run('-s', 'slow', 'stop', '--local');
  });
});
