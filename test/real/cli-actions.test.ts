/** Actions as the operator meets them: the closing line, exit status, refusals, questions, interrupted and resumed. */
import { mkdirSync } from 'node:fs';
import { expect } from 'chai';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { type CliResult, runCli, spawnCli } from '../support/cli.ts';
import { useHome } from '../support/home.ts';

const service = `
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

describe('real: actions on the command line', function () {
  this.timeout(60_000);
  const home = useHome();
  const run = (...argv: string[]): Promise<CliResult> => runCli(argv, { home: home() });

  beforeEach(() => {
    home().service('svc1', service);
  });

  it('end with a line that says what came of them', async () => {
    const shapes: readonly (readonly [readonly string[], RegExp])[] = [
      [['start', '--dry-run'], /^svc1: start would make [34] changes; nothing was done\n$/],
      [['start', '--upto', 'fs'], /^svc1: start done in \d+\.\ds, [12] changes?, overall warn\n$/],
      [['start'], /^svc1: start done in \d+\.\ds, \d changes?\n$/],
      [['start'], /^svc1: start: nothing to do, already up\n$/],
      [['start', '--dry-run'], /^svc1: start: nothing to do\n$/],
      [['restart', '--rid', 'app#1'], /^svc1: restart done in \d+\.\ds, 2 changes\n$/],
      [['stop'], /^svc1: stop done in \d+\.\ds, 2 changes\n$/],
      [['stop'], /^svc1: stop: nothing to do, already down\n$/],
      [['resume'], /^svc1: nothing to resume\n$/],
    ];
    for (const [argv, shape] of shapes) {
      const done = await run('-s', 'svc1', ...argv);
      expect(done.code, done.stderr).to.equal(0);
      expect(done.stdout, argv.join(' ')).to.match(shape);
    }
  });

  it('print each command before it runs on stderr, and a dry-run the same with DRYRUN', async () => {
    const planned = await run('-s', 'svc1', 'start', '--dry-run');
    const real = await run('-s', 'svc1', 'start');
    const texts = (done: CliResult) => done.stderr.replace(/^[\d:]{8} (INFO|DRYRUN) /gm, '');
    expect(planned.stderr).to.match(/^[\d:]{8} DRYRUN SVC1\.APP#1 \/bin\/sleep 1000$/m);
    expect(real.stderr).to.match(/^[\d:]{8} INFO SVC1\.APP#1 \/bin\/sleep 1000$/m);
    expect(texts(real)).to.equal(texts(planned));
  });

  it('say which resource failed, how things are, and exit 1', async () => {
    const done = await run('-s', 'svc1', 'run', '--rid', 'task#1');
    expect(done.code).to.equal(1);
    expect(done.stderr).to.match(/^svcmgr: task#1: .*exit 3.*oops\n {2}how things are now: svcmgr -s svc1 print status\n$/m);
    expect(done.stdout).to.match(/^svc1: run failed, after \d+\.\ds and 1 change, overall down\n$/);
  });

  it('refuse with the name that waives it; --force only prints that name', async () => {
    for (const more of [[], ['--force']]) {
      const refused = await run('-s', 'svc1', 'run', '--rid', 'task#2', ...more);
      expect(refused.code).to.equal(5);
      expect(refused.stderr).to.match(/--allow confirmation/);
      expect(refused.stdout).to.match(/^svc1: run refused, nothing was changed/);
    }
    expect((await run('-s', 'svc1', 'run', '--rid', 'task#2', '--allow', 'confirmation')).code).to.equal(0);
    expect((await run('-s', 'svc1', 'start', '--force')).code).to.equal(5);
  });

  it('on several services print a table, and exit 1 when one failed', async () => {
    home().service('svc2', '[fs#1]\ntype = flag\n[app#1]\ntype = simple\nstart = /bin/false\n');
    const done = await run('-s', 'svc*', 'start', '--parallel', '2');
    expect(done.code).to.equal(1);
    expect(done.stdout).to.match(/^service +result +duration +changes +overall\nsvc1 +done +\S+ +\d +up\nsvc2 +COMMAND +\S+ +\d +down\n$/);
    expect(done.stderr).to.match(/^svcmgr: svc2: app#1: /m);
  });

  it('wait for another action, or say who holds the service', async () => {
    home().service('slow', '[app#1]\ntype = simple\nstart = /bin/sleep 1000\nblocking_pre_start = /bin/sleep 3\n');
    const first = spawnCli(['-s', 'slow', 'start'], { home: home() });
    await first.sees(/sleep 3/);
    const busy = await run('-s', 'slow', 'stop', '--no-wait');
    expect(busy.code).to.equal(6);
    expect(busy.stderr).to.match(/start of \S+ \(pid \d+\) holds it since/);
    expect((await run('-s', 'slow', 'history')).stdout).to.match(/ start +running /);
    expect((await first.done).code).to.equal(0);
  });

  it('a killed one is shown, resumed or accepted, and told so by the history', async () => {
    home().service('slow', '[fs#1]\ntype = flag\n[app#1]\ntype = simple\nstart = /bin/sleep 1000\nblocking_pre_start = /bin/sleep 1\n');
    const first = spawnCli(['-s', 'slow', 'start'], { home: home() });
    await first.sees(/sleep 1/);
    await first.crash();
    expect((await run('-s', 'slow', 'print', 'status')).stdout).to.match(/was interrupted[\s\S]*mend: svcmgr -s slow resume/);
    expect((await run('-s', 'slow', 'history')).stdout).to.match(/ start +cut /);
    const resumed = await run('-s', 'slow', 'resume');
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(resumed.stdout).to.match(/^slow: start done in /);
    expect((await run('-s', 'slow', 'history')).stdout).to.match(/ start +cut .*settled by the start of /);
    const again = spawnCli(['-s', 'slow', 'restart'], { home: home() });
    await again.sees(/sleep 1/);
    await again.crash();
    expect((await run('-s', 'slow', 'clear')).stdout).to.match(/^slow: restart of [\d:]+ is accepted as it stands\n$/);
    expect((await run('-s', 'slow', 'clear')).stdout).to.equal('slow: nothing to clear\n');
    expect((await run('-s', 'slow', 'print', 'status')).stdout).not.to.match(/interrupted/);
  });

  it('unprovision and delete want the name typed back; nothing is asked without a terminal', async () => {
    for (const argv of [['unprovision'], ['unprovision', '--confirm', 'svc2'], ['delete'], ['delete', '--confirm', 'svc']]) {
      const done = await run('-s', 'svc1', ...argv);
      expect(done.code, argv.join(' ')).to.equal(5);
      expect(done.stderr).to.match(/not typed back\n {2}--confirm svc1\n$/);
    }
    expect((await run('-s', 'svc1', 'unprovision', '--confirm', 'svc1')).code).to.equal(0);
    await run('-s', 'svc1', 'start');
    expect((await run('-s', 'svc1', 'delete', '--confirm', 'svc1')).stderr).to.match(/not down: fs#1 up/);
    await run('-s', 'svc1', 'stop');
    expect((await run('-s', 'svc1', 'delete', '--confirm', 'svc1')).code).to.equal(0);
    expect((await run('-s', 'svc1', 'print', 'status')).code).to.equal(3);
    expect((await run('-s', 'svc1', 'logs')).stdout).to.match(/deleted .*svc1\.conf by /);
  });

  it('keep their exit status when the log file cannot be written', async () => {
    mkdirSync(home().path('log', 'svcmgr.log', 'x'), { recursive: true });
    expect((await run('-s', 'svc1', 'start')).code).to.equal(0);
    expect((await run('-s', 'svc1', 'run', '--rid', 'task#1')).code).to.equal(1);
    expect((await run('-s', 'svc9', 'start')).code).to.equal(3);
  });

  it('a task that is refused or fails is no success', async () => {
    const done = await run('-s', 'svc1', 'run');
    expect(done.code).to.equal(5);
    const allowed = await run('-s', 'svc1', 'run', '--allow', 'confirmation');
    expect(allowed.code).to.equal(1);
    expect(allowed.stderr, 'the other task had its turn').to.match(/INFO SVC1\.TASK#2 \/bin\/true/);
  });

  it('check says in one line whether things are as they should be', async () => {
    home().service('svc2', '[app#1]\ntype = simple\nstart = /bin/sleep 1000\n');
    const check = async (...argv: string[]) => {
      const { code, stdout, stderr } = await run('check', ...argv);
      expect(stderr).to.equal('');
      return `${code} ${stdout}`;
    };
    expect(await check('-s', 'svc2')).to.equal('0 OK - svc2 is down, as expected | up=0 warn=0 down=1 undef=0\n');
    expect(await check()).to.equal('0 OK - 2 services as expected, 2 of them down | up=0 warn=0 down=2 undef=0\n');
    await run('-s', 'svc2', 'start');
    expect(await check('-s', 'svc2')).to.equal('0 OK - svc2 is up | up=1 warn=0 down=0 undef=0\n');
    const document = JSON.parse((await run('-s', 'svc2', 'print', 'status', '--format', 'json')).stdout) as StatusDocument;
    process.kill(Number(document.resources['app#1']?.facts['pid']), 'SIGKILL');
    expect(await check('-s', 'svc2')).to.match(
      /^2 CRITICAL - svc2 is down \(app#1 down: the program ended by itself\) \| up=0 warn=0 down=1 undef=0\n$/,
    );
    expect(await check('-s', 'svc9')).to.match(/^3 UNKNOWN - no service is named svc9 \| /);
  });

  it('logs -f ends with Ctrl-C', async () => {
    await run('-s', 'svc1', 'start');
    const logs = spawnCli(['-s', 'svc1', 'logs', '-f'], { home: home() });
    await logs.sees(/INFO SVC1 done in/);
    logs.child.kill('SIGINT');
    expect((await logs.done).code).to.equal(0);
  });
});
