/** `npm run demo` for real: what it shows, that nothing is left, and that Ctrl-C in the middle leaves nothing either. */
import { existsSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect } from 'chai';
import { type CliOptions, type CliProcess, type CliResult, runCli, spawnCli } from '../support/cli.ts';
import { demoFolder } from '../support/demo-folder.ts';
import { projectRoot } from '../support/imports.ts';
import { findLeftovers } from '../support/leftovers.ts';
import { namePrefix } from '../support/names.ts';
import { describeUnless, missing } from '../support/skip.ts';

const script = path.join(projectRoot, 'test/support/demo.ts');
const options: CliOptions = { program: process.execPath, cwd: projectRoot, timeoutMs: 60_000 };

function argvOf(name: string): string[] {
  return ['--import', 'tsx', script, '--local', '--name', name];
}

/** What each `svcmgr …` of the demo printed on stdout, in order. */
function shownBy(stdout: string): readonly { readonly argv: string; readonly text: string }[] {
  return stdout
    .split(/^\$ svcmgr /m)
    .slice(1)
    .map((part) => ({ argv: part.slice(0, part.indexOf('\n')), text: part.slice(part.indexOf('\n') + 1) }));
}

/** `{overall: 'up', 'fs#1': 'up', …}` of a tree. */
function statesIn(tree: string): Readonly<Record<string, string>> {
  const rows = [
    ...tree.matchAll(/^(?:\| {2}|[|'] {2})?(?:[|'] ?- ?)?(overall|avail|[a-z]+#\d+) +(?:[.MDOE]{4} )?(up|down|warn|n\/a|undef)\b/gm),
  ];
  return Object.fromEntries(rows.map(([, name = '', state = '']) => [name, state]));
}

function expectNothingLeft(name: string): void {
  const { folder, address } = demoFolder(name);
  expect(existsSync(folder), folder).to.equal(false);
  // The folder of this run has its pid in its name: whatever hung on it would be found by it.
  expect(findLeftovers((pid) => pid === process.pid).filter((one) => one.name.includes(name))).to.deep.equal([]);
  expect(spawnSync('ip', ['-o', 'address', 'show', 'to', `${address}/32`], { encoding: 'utf8' }).stdout ?? '').to.equal('');
}

function expectPlain({ stdout, stderr }: CliResult): void {
  expect(stdout + stderr).not.to.include('\x1b');
  const ragged = `${stdout}${stderr}`.split('\n').filter((line) => /[ \t]$/.test(line));
  expect(ragged).to.deep.equal([]);
}

const needs = missing({ root: true, tools: ['losetup', 'mkfs.ext4', 'ip', 'setpriv'], files: ['/dev/loop-control'] });

describeUnless(needs, 'real: demo', function () {
  this.timeout(90_000);

  it('shows the tree before, during and after start and stop, survives a kill -9, and leaves nothing', async () => {
    const name = `${namePrefix()}demo`;
    const done = await runCli(argvOf(name), options);
    expect(done.code, done.stdout + done.stderr).to.equal(0);
    const trees = shownBy(done.stdout)
      .filter(({ argv }) => argv === '-s demo print status')
      .map(({ text }) => text);
    const all = (state: string) => ({ 'ip#1': state, 'vg#1': state, 'fs#1': state, 'app#1': state });
    expect(trees.map(statesIn)).to.deep.equal([
      { overall: 'down', avail: 'down', ...all('down') },
      { overall: 'warn', avail: 'warn', ...all('up'), 'app#1': 'down' },
      { overall: 'up', avail: 'up', ...all('up') },
      { overall: 'warn', avail: 'warn', ...all('up'), 'app#1': 'down' },
      { overall: 'down', avail: 'down', ...all('down') },
    ]);
    expect(trees[3]).to.match(/# restart of [\d:]+ was interrupted at app#1/);
    expect(done.stdout).to.match(/provision would make \d+ changes; nothing was done/);
    expect(done.stdout.match(/The application answers at http:\/\/192\.0\.2\.\d+:\d+\/: hello from demo/g)).to.have.length(2);
    expect(done.stderr).to.match(/DRYRUN DEMO\.FS#1 mkfs\.ext4/);
    expect(done.stderr).to.match(/INFO DEMO\.IP#1 ip addr add/);
    expect(shownBy(done.stdout).find(({ argv }) => argv === '-s demo history')?.text).to.match(/the demo goes on/);
    expect(done.stdout).to.match(/nothing is left\.\n$/);
    expectPlain(done);
    expectNothingLeft(name);
  });

  it('cleans up after Ctrl-C in the middle', async () => {
    const name = `${namePrefix()}demo-cut`;
    const demo: CliProcess = spawnCli(argvOf(name), options);
    await demo.sees(/start --upto fs[^$]*start done/);
    expect(existsSync(demoFolder(name).folder)).to.equal(true);
    demo.child.kill('SIGINT');
    const done = await demo.done;
    expect(done.code, done.stdout + done.stderr).to.equal(130);
    expect(done.stdout).to.match(/SIGINT: the demo ends here\./);
    expect(done.stdout).to.match(/nothing is left\.\n$/);
    expectNothingLeft(name);
  });

  it('removes what a demo left that was killed, and refuses to run beside a living one', async () => {
    const name = `${namePrefix()}demo-killed`;
    const demo = spawnCli(argvOf(name), options);
    await demo.sees(/start --upto fs[^$]*start done/);
    const beside = await runCli(argvOf(name), options);
    expect(beside.stdout).to.match(/A demo is running already: pid \d+/);
    expect(beside.code).to.equal(1);
    await demo.crash();
    expect(existsSync(demoFolder(name).folder)).to.equal(true);
    const next = spawnCli(argvOf(name), options);
    await next.sees(/A former demo was cut; removing what it left\.[^$]*Everything of this part/);
    next.child.kill('SIGTERM');
    expect((await next.done).code).to.equal(130);
    expectNothingLeft(name);
  });

  it('without the rights says what it leaves out and shows the rest', async () => {
    const name = `${namePrefix()}demo-plain`;
    const [program, ...argv] = withoutRights();
    const done = await runCli([...argv, process.execPath, ...argvOf(name)], { ...options, program: program ?? '' });
    expect(done.code, done.stdout + done.stderr).to.equal(0);
    expect(done.stdout).to.match(/^Left out: the image file, loop device and ext4 \(needs /m);
    expect(done.stdout).to.match(/^Left out: the address \(needs /m);
    expect(done.stdout).to.match(/The application answers at http:\/\/127\.0\.0\.1:\d+\/: hello from demo/);
    expectPlain(done);
    expectNothingLeft(name);
  });
});

/** Another user where one may read this checkout; root without its capabilities where it lies in a closed folder. */
function withoutRights(): readonly string[] {
  const isOpen = spawnSync('setpriv', ['--reuid', '65534', '--regid', '65534', '--clear-groups', 'test', '-r', script]).status === 0;
  return isOpen
    ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups']
    : ['setpriv', '--bounding-set', '-sys_admin,-net_admin', '--inh-caps', '-sys_admin,-net_admin'];
}
