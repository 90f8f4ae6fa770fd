import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { svcmgr } from '../support/cli.ts';
import { must, tryTo } from '../support/command.ts';
import { useNetns } from '../support/netns.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { isAttached, isRunning, loopAndExt4, makeExt4, mountsIn, useService } from './fault-service.ts';

const needs = { root: true, tools: ['losetup', 'mkfs.ext4', 'e2fsck', 'debugfs', 'ip'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real faults: storage', function () {
  this.timeout(60_000);
  const netns = useNetns('storage');
  const svc = useService(netns);

  before('an interface for the address', () => netns().device('svc0'));

  const address = `[ip#1]
type = host
ipname = 10.9.8.1
netmask = 24
ipdev = svc0
check_conflict = false
announce = false
`;

  describe('a device that is missing', () => {
    it('an image: refused before the first change, and the start succeeds once it is there', async () => {
      svc.write(address + loopAndExt4);
      const said = await svc.must(5, ['start']);
      expect(said)
        .to.contain('vg#1')
        .and.to.contain(`${svc.file('image')} does not exist`);
      expect(await svc.states()).to.deep.equal({ 'ip#1': 'down', 'vg#1': 'down', 'fs#1': 'down' });
      makeExt4(svc);
      await svc.must(0, ['start']);
      expect(await svc.states()).to.deep.equal({ 'ip#1': 'up', 'vg#1': 'up', 'fs#1': 'up' });
      await svc.must(0, ['stop']);
    });

    it('a block device: refused before the first change; the stop of what is not there succeeds', async () => {
      svc.write(`${address}[fs#1]\ntype = ext4\ndev = /dev/svcmgr-no-such-disk\nmnt = HOME/data\n`);
      expect(await svc.must(5, ['start'])).to.match(/fs#1: \/dev\/svcmgr-no-such-disk does not exist/);
      expect(await svc.states()).to.deep.equal({ 'ip#1': 'down', 'fs#1': 'down' });
      expect((await svc.status()).resources['fs#1']?.notes[0]?.text).to.contain('is not there');
      await svc.must(0, ['stop']);
    });

    it('an image that vanishes while it is attached: status warns, the stop detaches it', async () => {
      svc.write(loopAndExt4);
      const image = makeExt4(svc);
      await svc.must(0, ['start', '--rid', 'vg#1']);
      must('rm', image);
      expect((await svc.status()).resources['vg#1']).to.have.property('status', 'warn');
      await svc.must(0, ['stop']);
      expect(isAttached(svc)).to.equal(false);
    });
  });

  it('a host with so many mounts that their table is megabytes long is looked at like any other', async () => {
    svc.write('[fs#1]\ntype = tmpfs\nmnt = HOME/data\n');
    const crowd = svc.file('crowd');
    mkdirSync(crowd);
    // Each mount of the folder into itself doubles what is there; all of it ends with the namespace.
    const crowded = svc.script(
      'crowded',
      `exec unshare --mount sh -c 'set -e; mount -t tmpfs tmpfs ${crowd}; long=$(printf %0200d 0)
for n in 1 2 3 4 5 6 7 8 9 10 11; do mkdir ${crowd}/$n$long; done
for n in 1 2 3 4 5 6 7 8 9 10 11; do mount --rbind ${crowd} ${crowd}/$n$long; done
test $(wc -c </proc/self/mountinfo) -gt 2000000
exec ${svcmgr} "$@"' sh "$@"`,
    );
    expect(await svc.states({ program: crowded })).to.deep.equal({ 'fs#1': 'down' });
  });

  it('a foreign filesystem on the mount point is never mounted over: refused, it stays, and the start succeeds without it', async () => {
    svc.write(address + loopAndExt4);
    makeExt4(svc);
    must('mkdir', svc.file('data'));
    must('mount', '-t', 'tmpfs', 'somebody', svc.file('data'));
    const said = await svc.must(5, ['start']);
    expect(said).to.match(/fs#1: somebody \(tmpfs\) is mounted on \S+\/data, where \S+\/image belongs: unmount it first/);
    expect(isAttached(svc)).to.equal(false);
    expect(mountsIn(svc)).to.deep.equal(['data']);
    const fs1 = (await svc.status()).resources['fs#1'];
    expect(fs1?.status).to.equal('warn');
    expect(fs1?.notes[0]?.text).to.contain('somebody (tmpfs) is mounted on');
    expect(fs1?.notes[0]?.mend).to.contain(`umount ${svc.file('data')}`);
    must('umount', svc.file('data'));
    await svc.must(0, ['start']);
    expect(await svc.states()).to.deep.equal({ 'ip#1': 'up', 'vg#1': 'up', 'fs#1': 'up' });
    await svc.must(0, ['stop']);
  });

  describe('a busy mount', () => {
    const users: ChildProcess[] = [];

    afterEach('end the users of the mount', () => {
      for (const user of users.splice(0)) user.kill('SIGKILL');
    });

    /** A process whose working folder is in the mounted filesystem; it does not read the signals of the terminal. */
    function workIn(folder: string): number {
      const user = spawn('sleep', ['3600'], { cwd: folder, stdio: 'ignore' });
      users.push(user);
      return user.pid ?? 0;
    }

    it('is not unmounted and nobody is killed: exit 1 with the pid and the command of who holds it; later the stop succeeds', async () => {
      svc.write(loopAndExt4);
      makeExt4(svc);
      await svc.must(0, ['start']);
      const pid = workIn(svc.file('data'));
      const said = await svc.must(1, ['stop']);
      expect(said)
        .to.contain(`cannot unmount ${svc.file('data')}: held by ${pid} sleep (cwd)`)
        .and.to.contain('kill_users');
      expect(isRunning(pid)).to.equal(true);
      expect(await svc.states()).to.deep.equal({ 'vg#1': 'up', 'fs#1': 'up' });
      expect((await svc.status()).monitor.interrupted, 'it ended, nothing is interrupted').to.equal(null);
      const ended = new Promise((resolve) => users[0]?.once('exit', resolve));
      process.kill(pid);
      await ended;
      await svc.must(0, ['stop']);
      expect(mountsIn(svc)).to.deep.equal([]);
      expect(isAttached(svc)).to.equal(false);
    });

    it('with kill_users = true its users are ended, said aloud, and the stop succeeds', async () => {
      svc.write(`${loopAndExt4}kill_users = true\n`);
      makeExt4(svc);
      await svc.must(0, ['start']);
      const pid = workIn(svc.file('data'));
      const bystander = workIn('/');
      const said = await svc.must(0, ['stop']);
      expect(said)
        .to.contain(`kill_users: TERM to ${pid} sleep (cwd)`)
        .and.to.match(new RegExp(`INFO SVC1.FS#1 kill -TERM ${pid}$`, 'm'));
      expect(mountsIn(svc)).to.deep.equal([]);
      expect(isAttached(svc)).to.equal(false);
      expect(isRunning(bystander)).to.equal(true);
    });
  });

  it('an fsck that finds errors: no mount, earlier resources rolled back in reverse, and after the repair the start succeeds', async () => {
    svc.write(address + loopAndExt4);
    const image = makeExt4(svc);
    writeFileSync(svc.file('keep'), 'precious');
    must('debugfs', '-w', '-R', `write ${svc.file('keep')} keep`, image);
    // A block bitmap that lies on the superblock's descriptors: e2fsck -p does not dare to mend that by itself.
    must('debugfs', '-w', '-R', 'set_bg 0 block_bitmap 1', image);
    must('debugfs', '-w', '-R', 'set_super_value state 2', image);
    const said = await svc.must(1, ['start']);
    expect(said)
      .to.match(/e2fsck -p \/dev\/loop\d+: exit 4, errors are left uncorrected/)
      .and.to.match(/repair it by hand: e2fsck \/dev\/loop/);
    expect(said).not.to.match(/INFO SVC1\.FS#1 mount /);
    const undone = [...said.matchAll(/SVC1\.(\S+) rollback: stop/g)].map((match) => match[1]);
    expect(undone).to.deep.equal(['FS#1', 'VG#1', 'IP#1']);
    expect(await svc.states()).to.deep.equal({ 'ip#1': 'down', 'vg#1': 'down', 'fs#1': 'down' });
    expect(isAttached(svc)).to.equal(false);
    tryTo('e2fsck', '-f', '-y', image); // exits 1 when it has repaired something
    await svc.must(0, ['start']);
    expect(existsSync(svc.file('data', 'keep'))).to.equal(true);
    await svc.must(0, ['stop']);
  });

  it('--no-rollback leaves what was started, and the next start goes on from there', async () => {
    svc.write(address + loopAndExt4);
    const image = makeExt4(svc);
    must('debugfs', '-w', '-R', 'set_bg 0 block_bitmap 1', image);
    must('debugfs', '-w', '-R', 'set_super_value state 2', image);
    await svc.must(1, ['start', '--no-rollback']);
    expect(await svc.states()).to.deep.equal({ 'ip#1': 'up', 'vg#1': 'up', 'fs#1': 'down' });
    tryTo('e2fsck', '-f', '-y', image);
    const said = await svc.must(0, ['start']);
    expect(said).not.to.match(/losetup|ip addr/);
    expect(await svc.states()).to.deep.equal({ 'ip#1': 'up', 'vg#1': 'up', 'fs#1': 'up' });
    await svc.must(0, ['stop']);
  });

  it('a start that completes a killed one answers for what that one had started: a failure undoes both', async () => {
    const neverUp = svc.script('never-up', 'exit 1');
    const app = (start: string) => `${address}${loopAndExt4}[app#1]\ntype = forking\nstart = ${start}\ncheck = ${neverUp}\n`;
    makeExt4(svc);
    svc.write(app(svc.script('crash', 'kill -9 $PPID')));
    expect((await svc.cli(['start'])).signal).to.equal('SIGKILL');
    expect(await svc.states()).to.deep.equal({ 'ip#1': 'up', 'vg#1': 'up', 'fs#1': 'up', 'app#1': 'down' });
    svc.write(app(svc.script('works', 'exit 0')));
    const said = await svc.must(1, ['start']);
    expect(said)
      .to.match(/SVC1\.VG#1 rollback: stop/)
      .and.to.match(/SVC1\.IP#1 rollback: stop/);
    expect(mountsIn(svc)).to.deep.equal([]);
    expect(isAttached(svc)).to.equal(false);
  });
});
