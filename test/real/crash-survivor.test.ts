import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { isAlive } from '../support/leftovers.ts';
import { describeUnless, findTool, missing } from '../support/skip.ts';
import { down, type Lab, labNeeds, until, up, useLab } from './crash-lab.ts';

/** A mount that takes its time for ext4, ignores TERM and notes when two of it work at once. */
function slowMount(lab: Lab, work: (real: string) => string) {
  const box = lab.shims.folder;
  const file = path.join(box, 'slow', 'mount');
  mkdirSync(path.dirname(file));
  const real = findTool('mount') ?? 'mount';
  const text = `#!/bin/sh
trap '' TERM
PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd ${box} || exit 1
case "$*" in *ext4*) ;; *) exec ${real} "$@" ;; esac
mkdir one 2>/dev/null || echo "$*" >> together
echo "$$ $*" >> entered
${work(real)}
code=$?
rmdir one
exit $code
`;
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  const lines = (name: string) =>
    existsSync(path.join(box, name)) ? readFileSync(path.join(box, name), 'utf8').trimEnd().split('\n') : [];
  return {
    options: { env: { PATH: `${path.dirname(file)}:${lab.shims.path}:${process.env['PATH']}` } },
    /** The command lines of all its runs so far. */
    runs: () => lines('entered').map((line) => line.replace(/^\d+ /, '')),
    pid: () => Number(lines('entered')[0]?.split(' ')[0]),
    together: () => lines('together'),
    isAtWork: () => existsSync(path.join(box, 'one')),
  };
}

/** The start is killed in the middle of the slow mount, which goes on. */
async function crashInMount(lab: Lab, mount: ReturnType<typeof slowMount>): Promise<void> {
  const cli = lab.spawn(['start'], mount.options);
  await until(() => mount.runs().length === 1, 'the slow mount to begin');
  expect((await cli.crash()).signal).to.equal('SIGKILL');
  expect(mount.isAtWork()).to.equal(true);
}

describeUnless(missing(labNeeds), 'real: a slow command that survives its killed command line', function () {
  this.timeout(60_000);
  const lab = useLab('survivor');
  const threeSeconds = (real: string) => `sleep 3; ${real} "$@"`;
  const aMoment = (real: string) => `sleep 1; ${real} "$@"`;
  const ext4 = () => `-t ext4 LOOP ${lab().home.folder}/data`;
  const ext4Runs = (runs: readonly string[]) =>
    runs.map((line) => line.replace(/\/dev\/loop\d+/, 'LOOP')).filter((line) => line.includes('ext4'));

  it('is waited for by the next start, which says so and never runs a second one beside it', async () => {
    const mount = slowMount(lab(), threeSeconds);
    await crashInMount(lab(), mount);
    const again = lab().spawn(['start'], mount.options);
    await again.sees(/SIX\.FS#1 .*still runs \(pid \d+[ \d]*\): mount -t ext4 .*waiting for it/);
    const waiting = await lab().status();
    expect(waiting.monitor.interrupted).to.include({ verb: 'start', rid: 'fs#1' });
    const { code, stderr } = await again.done;
    expect(code, stderr).to.equal(0);
    expect(ext4Runs(mount.runs())).to.deep.equal([ext4()]);
    expect(mount.together()).to.deep.equal([]);
    expect(lab().truth()).to.deep.equal(up);
  });

  it('is BUSY with --no-wait, naming its pid and its command; nothing is changed beside it', async () => {
    const mount = slowMount(lab(), aMoment);
    await crashInMount(lab(), mount);
    lab().shims.plan();
    const { code, stderr } = await lab().run(['start', '--no-wait'], mount.options);
    expect(code, stderr).to.equal(6);
    expect(stderr).to.match(
      new RegExp(`^svcmgr: .*\\(pid ${mount.pid()}\\b.*\\): mount -t ext4 /dev/loop\\d+ ${lab().home.folder}/data$`, 'm'),
    );
    expect(isAlive(mount.pid())).to.equal(true);
    expect(lab().shims.commands()).to.deep.equal([]);
    await until(() => !mount.isAtWork(), 'the slow mount to end');
    expect((await lab().run(['start', '--no-wait'], mount.options)).code).to.equal(0);
    expect(ext4Runs(mount.runs())).to.deep.equal([ext4()]);
    expect(lab().truth()).to.deep.equal(up);
  });

  it('is waited for by a stop, which then undoes its work', async () => {
    const mount = slowMount(lab(), aMoment);
    await crashInMount(lab(), mount);
    const stop = lab().spawn(['stop'], mount.options);
    await stop.sees(/still runs .*waiting for it/);
    const { code, stderr } = await stop.done;
    expect(code, stderr).to.equal(0);
    expect(ext4Runs(mount.runs())).to.deep.equal([ext4()]);
    expect(lab().truth()).to.deep.equal(down);
  });

  it('is found also when only a child of it is left', async () => {
    const mount = slowMount(lab(), (real) => `(sleep 2; ${real} "$@"; rmdir one) & wait`);
    await crashInMount(lab(), mount);
    process.kill(mount.pid(), 'SIGKILL');
    await until(() => !isAlive(mount.pid()), 'the parent of the slow mount to end');
    const again = lab().spawn(['start'], mount.options);
    await again.sees(/still runs .*: mount -t ext4 .*waiting for it/);
    const { code, stderr } = await again.done;
    expect(code, stderr).to.equal(0);
    expect(ext4Runs(mount.runs())).to.deep.equal([ext4()]);
    expect(mount.together()).to.deep.equal([]);
    expect(lab().truth()).to.deep.equal(up);
  });

  it('ends a wait at Ctrl-C: exit 130, the survivor left alone', async () => {
    const mount = slowMount(lab(), aMoment);
    await crashInMount(lab(), mount);
    const again = lab().spawn(['start'], mount.options);
    await again.sees(/waiting for it/);
    again.child.kill('SIGINT');
    expect((await again.done).code).to.equal(130);
    expect(isAlive(mount.pid())).to.equal(true);
    expect((await lab().status()).monitor.interrupted).to.include({ verb: 'start', rid: 'fs#1' });
    expect((await lab().run(['start'], mount.options)).code).to.equal(0);
    expect(ext4Runs(mount.runs())).to.deep.equal([ext4()]);
  });
});

describeUnless(missing(labNeeds), 'real: a killed start, told to people', function () {
  this.timeout(60_000);
  const lab = useLab('told');

  it('by a title line of the tree, the history, the logs and node doctor; until clear', async () => {
    lab().shims.plan(6, 'after');
    expect((await lab().spawn(['start', '--reason', 'new release']).done).signal).to.equal('SIGKILL');
    const said = async (...argv: readonly string[]) => (await lab().run(argv)).stdout;
    const title = (await said('print', 'status')).split('\noverall')[0]?.replaceAll('\n', ' ') ?? '';
    expect(title)
      .to.match(/^six # .*start/)
      .and.to.contain('fs#1')
      .and.to.contain('svcmgr -s six resume');
    expect(await said('history')).to.match(/six +start +cut .*ip#1 vg#1 fs#1 +new release/);
    expect(await said('logs'))
      .to.match(/SIX start by .*: new release\n/)
      .and.to.match(/SIX\.FS#1 mount -t ext4 \/dev\/loop\d+ \S+\n/);
    expect(await said('node', 'doctor')).to.match(/warn .*six.*start/);
    expect((await lab().run(['clear'])).code).to.equal(0);
    expect(await said('print', 'status')).to.match(/^six\noverall/);
    expect((await lab().run(['resume'])).code, 'there is nothing to resume').to.equal(0);
    expect(lab().truth().serve).to.equal(0);
  });
});
