/** Every service of services.d/ is valid as it stands, starts, is up, stops and is gone; and a checkout is a home that stays clean. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type CliResult, runCli } from '../support/cli.ts';
import { type Home, useHome } from '../support/home.ts';
import { projectRoot } from '../support/imports.ts';
import { loopsOver } from '../support/loop.ts';
import { describeUnless, missing } from '../support/skip.ts';
import type { StatusDocument } from '../../agent/state/status-document.ts';

const folder = path.join(projectRoot, 'services.d');
const names = readdirSync(folder).map((file) => path.basename(file, '.conf'));

/** Copies an example into a home, its files below that home and its port one of its own, as a reader would with `set`. */
async function install(home: Home, name: string): Promise<string> {
  home.service(name, readFileSync(path.join(folder, `${name}.conf`), 'utf8'));
  const base = path.join(home.folder, 'data');
  mkdirSync(base);
  const done = await runCli(['-s', name, 'set', '--kw', `env.base=${base}`], { home });
  expect(done, done.stderr).to.include({ code: 0, stdout: `${name}: changed\n` });
  return base;
}

async function must(home: Home, ...argv: readonly string[]): Promise<CliResult> {
  const done = await runCli(argv, { home });
  expect(done.code, `svcmgr ${argv.join(' ')}\n${done.stdout}${done.stderr}`).to.equal(0);
  return done;
}

async function statusOf(home: Home, name: string): Promise<StatusDocument> {
  return JSON.parse((await must(home, '-s', name, 'print', 'status', '--format', 'json')).stdout) as StatusDocument;
}

function statesOf(document: StatusDocument): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(document.resources).map(([rid, one]) => [rid, one.status]));
}

describe('real: examples', () => {
  it('are the ones tested here', () => {
    // The one on arrays has a test of its own: demo-hp3par.test.ts.
    expect(names.sort()).to.deep.equal(['batch', 'svc1.opensvc.com', 'web']);
  });

  it('stand in the README as they are, without their comments', () => {
    const shown = /^\$ cat services\.d\/web\.conf\n([\s\S]*?)\n\$ /m.exec(readFileSync(path.join(projectRoot, 'README.md'), 'utf8'))?.[1];
    const plain = readFileSync(path.join(folder, 'web.conf'), 'utf8')
      .replace(/^#.*\n/gm, '')
      .replace(/^\n+/, '')
      .replace(/\n{3,}/g, '\n\n');
    expect(shown).to.equal(plain);
  });

  for (const name of names) {
    it(`${name} is valid as it stands, without a warning`, async () => {
      const file = path.join('services.d', `${name}.conf`);
      const done = await runCli(['validate', '--strict', file], { cwd: projectRoot });
      expect(done).to.include({ code: 0, stdout: `${file}: valid\n`, stderr: '' });
    });
  }
});

describe('real: examples: batch', function () {
  this.timeout(30_000);
  const home = useHome();

  it('starts, runs its task, is up, stops, and leaves no process', async () => {
    const base = await install(home(), 'batch');
    const early = await runCli(['-s', 'batch', 'run', '--rid', 'task#1'], { home: home() });
    expect(early.code, 'the task needs the service up').to.equal(1);
    await must(home(), '-s', 'batch', 'start');
    await must(home(), '-s', 'batch', 'run', '--rid', 'task#1');
    const up = await statusOf(home(), 'batch');
    expect(up.overall).to.equal('up');
    expect(statesOf(up)).to.deep.equal({ 'fs#0': 'up', 'fs#1': 'n/a', 'app#1': 'up', 'task#1': 'up' });
    expect(readFileSync(path.join(base, 'inventory'), 'utf8')).to.include('alive');
    const schedule = await must(home(), '-s', 'batch', 'print', 'schedule');
    expect(schedule.stdout).to.match(/^batch +task#1 +\d{4}-\S+ \S+ \S+ +ok +\d{4}-.* 02:00-04:00@60 mon-fri( +\S.*)?$/m);
    const stop = await must(home(), '-s', 'batch', 'stop');
    expect(stop.stdout).to.match(/^batch: stop done in /);
    expect((await statusOf(home(), 'batch')).avail).to.equal('down');
    expect(processesIn(base)).to.deep.equal([]);
  });
});

describeUnless(
  missing({ root: true, tools: ['losetup', 'mkfs.ext4', 'ip'], files: ['/dev/loop-control'] }),
  'real: examples: web',
  function () {
    this.timeout(30_000);
    const home = useHome();

    it('is provisioned, answers, stops, starts again with its data, and is destroyed', async () => {
      const base = await install(home(), 'web');
      await must(home(), '-s', 'web', 'set', '--kw', 'env.port=18080', '--kw', 'ip#1.ipname=192.0.2.81');
      await must(home(), '-s', 'web', 'provision');
      await isUp();
      writeMark(base);
      await must(home(), '-s', 'web', 'stop');
      expect(statesOf(await statusOf(home(), 'web'))).to.deep.equal({ 'ip#1': 'down', 'vg#1': 'down', 'fs#1': 'down', 'app#1': 'down' });
      expect(existsSync(path.join(base, 'www/mark'))).to.equal(false);
      await must(home(), '-s', 'web', 'start');
      await isUp();
      expect(existsSync(path.join(base, 'www/mark'))).to.equal(true);
      await must(home(), '-s', 'web', 'unprovision', '--confirm', 'web');
      expectGone(base);
    });

    async function isUp(): Promise<void> {
      const document = await statusOf(home(), 'web');
      expect(document.overall).to.equal('up');
      const answer = await fetch('http://192.0.2.81:18080/', { signal: AbortSignal.timeout(5000) });
      expect(await answer.text()).to.match(/^hello from web on /);
    }

    function writeMark(base: string): void {
      mkdirSync(path.join(base, 'www/mark'));
    }

    function expectGone(base: string): void {
      expect(existsSync(path.join(base, 'disk.img'))).to.equal(false);
      expect(loopsOver(path.join(base, 'disk.img'))).to.deep.equal([]);
      expect(readFileSync('/proc/self/mounts', 'utf8')).not.to.include(base);
      expect(execFileSync('ip', ['-o', 'address', 'show', 'to', '192.0.2.81/32'], { encoding: 'utf8' })).to.equal('');
      expect(processesIn(base)).to.deep.equal([]);
    }
  },
);

/** Pids whose command line or working folder is below a folder. */
function processesIn(base: string): readonly string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => {
    try {
      return (
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(base) ||
        execFileSync('readlink', [`/proc/${pid}/cwd`], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).startsWith(base)
      );
    } catch {
      return false;
    }
  });
}

describe('real: examples: a checkout as home', () => {
  const git = (...argv: string[]) => execFileSync('git', ['-c', 'safe.directory=*', ...argv], { cwd: projectRoot, encoding: 'utf8' });
  const places = ['--', 'var', 'run', 'log', 'etc', 'services.d', 'bin'];

  it('shows the examples without SVCMGR_HOME, and git sees nothing of it', async () => {
    const before = git('status', '--porcelain', '--untracked-files=all', ...places);
    const list = await runCli(['ls']);
    expect(list).to.deep.include({ code: 0, stdout: 'batch\nsvc1.opensvc.com\nweb\n' });
    const status = await runCli(['-s', 'batch', 'print', 'status']);
    expect(status.code, status.stderr).to.equal(0);
    expect(status.stdout).to.match(/^overall +down$/m);
    expect(git('status', '--porcelain', '--untracked-files=all', ...places)).to.equal(before);
  });

  it('has state, logs, locks and links that git ignores', () => {
    expect(git('check-ignore', 'var/journal/web', 'run/locks/web.lock', 'log/svcmgr.log', 'bin/web').split('\n')).to.have.length(5);
    expect(() => git('check-ignore', 'bin/svcmgr')).to.throw();
  });
});
