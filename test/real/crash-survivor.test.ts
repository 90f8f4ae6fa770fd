import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { isAlive } from '../support/leftovers.ts';
import { describeUnless, findTool, missing } from '../support/skip.ts';
import { down, type Lab, labNeeds, until, up, useLab } from './crash-lab.ts';

/** A mount that takes its time, ignores TERM and notes when two of it work at once. */
function slowMount(lab: Lab, work: (real: string) => string) {
  const box = lab.shims.folder;
  const file = path.join(box, 'slow', 'mount');
  mkdirSync(path.dirname(file));
  const text = `#!/bin/sh
trap '' TERM
PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd ${box} || exit 1
mkdir one 2>/dev/null || echo "$*" >> together
echo "$$ $*" >> entered
${work(findTool('mount') ?? 'mount')}
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
    const mount = slowMount(lab(), threeSeconds);
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
    const mount = slowMount(lab(), threeSeconds);
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
    const mount = slowMount(lab(), threeSeconds);
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
