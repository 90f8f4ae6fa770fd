import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Driver } from '../../agent/driver/contract.ts';
import type { SvcError } from '../../agent/errors.ts';
import bind from '../../drivers/fs/bind.ts';
import btrfs from '../../drivers/fs/btrfs.ts';
import directory from '../../drivers/fs/directory.ts';
import ext4 from '../../drivers/fs/ext4.ts';
import flag from '../../drivers/fs/flag.ts';
import tmpfs from '../../drivers/fs/tmpfs.ts';
import xfs from '../../drivers/fs/xfs.ts';
import loop from '../../drivers/vg/loop.ts';
import { must } from '../support/command.ts';
import { useHome } from '../support/home.ts';
import { attachLoop, makeImage } from '../support/loop.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { type Bench, createBench, noteTexts } from './drivers-bench.ts';

const mega = 1024 * 1024;
const kinds = {
  ext4: { driver: ext4, sizeBytes: 16 * mega },
  xfs: { driver: xfs, sizeBytes: 320 * mega },
  btrfs: { driver: btrfs, sizeBytes: 128 * mega },
} as const;
const needs = { root: true, tools: ['mkfs.ext4', 'mkfs.xfs', 'mkfs.btrfs', 'wipefs'], files: ['/dev/loop-control'] } as const;

async function errorOf(work: Promise<unknown>): Promise<SvcError> {
  return work.then(
    () => expect.fail('it must fail'),
    (error: SvcError) => error,
  );
}

describeUnless(missing(needs), 'drivers fs.* on real filesystems', () => {
  const home = useHome();
  const bench = (
    driver: Driver,
    config: Readonly<Record<string, string>>,
    more: { rid?: string; siblings?: Bench['view'][]; memory?: Map<string, string> } = {},
  ) => createBench(driver, { folder: home().folder, rid: 'fs#1', config, ...more });
  const mountPoint = () => `${home().folder}/mnt`;
  /** An image with a filesystem, attached: [loop device, image]. */
  const made = (type: keyof typeof kinds) => {
    const image = makeImage(home().path(`${type}.img`), kinds[type].sizeBytes);
    must(`mkfs.${type}`, '-q', image);
    return [attachLoop(image), image] as const;
  };

  for (const [type, { driver, sizeBytes }] of Object.entries(kinds)) {
    it(`${type}: provision, start, stop, unprovision on a fresh device; each a second time changes nothing; a dry-run predicts it`, async () => {
      const image = makeImage(home().path('a.img'), sizeBytes);
      const dev = attachLoop(image);
      const fs = bench(driver, { dev, mnt: mountPoint(), perm: '0750', group: 'adm' });
      expect(await fs.provisioned()).to.equal(false);
      expect(await fs.blockers('provision')).to.deep.equal([]);
      expect(await fs.dry('provision')).to.deep.equal(await fs.act('provision'));
      expect(await fs.act('provision')).to.deep.equal([]);
      expect(await fs.provisioned()).to.equal(true);
      expect((await fs.status()).state).to.equal('down');

      const planned = await fs.dry('start');
      expect(existsSync(mountPoint())).to.equal(false);
      expect(await fs.act('start')).to.deep.equal(planned);
      expect(await fs.act('start')).to.deep.equal([]);
      expect(await fs.status()).to.deep.include({ state: 'up', notes: [] });
      expect((await fs.status()).facts)
        .to.include({ source: dev, type })
        .and.to.have.property('free_percent')
        .that.is.a('number');
      expect(statSync(mountPoint()).mode & 0o7777).to.equal(0o750);

      const ending = await fs.dry('stop');
      expect(await fs.act('stop'))
        .to.deep.equal(ending)
        .and.to.deep.equal([`umount ${mountPoint()}`]);
      expect(await fs.act('stop')).to.deep.equal([]);
      expect((await fs.status()).state).to.equal('down');
      expect(await fs.act('unprovision')).to.deep.equal([`wipefs --all ${dev}`]);
      expect(await fs.act('unprovision')).to.deep.equal([]);
    });
  }

  it('is started through the loop device of a vg.loop resource, and not without it', async () => {
    const image = makeImage(home().path('a.img'), 16 * mega);
    must('mkfs.ext4', '-q', image);
    const vg = createBench(loop, { folder: home().folder, rid: 'vg#1', config: { file: image } });
    const fs = bench(ext4, { dev: image, mnt: mountPoint() }, { siblings: [{ ...vg.view, type: 'vg.loop' }] });
    expect(await errorOf(fs.act('start'))).to.include({ code: 'REFUSED' });
    const planned = [...(await vg.dry('start')), ...(await fs.dry('start'))];
    const done = [...(await vg.act('start')), ...(await fs.act('start'))];
    expect(done.filter((line) => !line.startsWith('mkdir'))).to.deep.equal(planned.filter((line) => !line.startsWith('mkdir')));
    expect((await fs.status()).state).to.equal('up');
    expect(done.at(-1)).to.match(/^mount -t ext4 \/dev\/loop\d+ /);
    await fs.act('stop');
    await vg.act('stop');
  });

  it('mounts a plain image by itself, and it is detached with the unmount', async () => {
    const image = makeImage(home().path('a.img'), 16 * mega);
    must('mkfs.ext4', '-q', image);
    const fs = bench(ext4, { dev: image, mnt: mountPoint() });
    await fs.act('start');
    expect((await fs.status()).state).to.equal('up');
    expect(await fs.act('start')).to.deep.equal([]);
    await fs.act('stop');
    expect((await fs.status()).state).to.equal('down');
    expect(must('losetup', '-j', image)).to.equal('');
  });

  it('knows its mount under aliases: UUID, LABEL, a link to the device, a link to the mount point, a mount point with a blank', async () => {
    const image = makeImage(home().path('a.img'), 16 * mega);
    must('mkfs.ext4', '-q', '-L', 'svt label', image);
    const dev = attachLoop(image);
    const uuid = must('blkid', '-s', 'UUID', '-o', 'value', dev).trim();
    const mnt = `${home().folder}/mnt point`;
    await bench(ext4, { dev: `UUID=${uuid}`, mnt }).act('start');
    must('ln', '-s', dev, home().path('link-dev'));
    must('ln', '-s', mnt, home().path('link-mnt'));
    for (const alias of [dev, 'LABEL=svt label', `UUID=${uuid}`, home().path('link-dev'), image]) {
      expect((await bench(ext4, { dev: alias, mnt }).status()).state, alias).to.equal('up');
    }
    const linked = bench(ext4, { dev, mnt: home().path('link-mnt') });
    expect((await linked.status()).state).to.equal('up');
    expect(await linked.act('start')).to.deep.equal([]);
    expect(await linked.act('stop')).to.deep.equal([`umount '${mnt}'`]);
  });

  it('warns of a foreign mount, refuses to mount over it and leaves it alone at stop', async () => {
    const [dev] = made('ext4');
    mkdirSync(mountPoint());
    must('mount', '-t', 'tmpfs', 'tmpfs', mountPoint());
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    expect(await fs.status()).to.deep.include({ state: 'warn' });
    expect(noteTexts(await fs.status())[0]).to.contain('tmpfs (tmpfs) is mounted on');
    const [blocker] = await fs.blockers('start');
    expect(blocker).to.have.property('text').that.contains('unmount it first');
    expect(blocker).not.to.have.property('allow');
    expect(await errorOf(fs.act('start', 'overwrite-data'))).to.include({ code: 'REFUSED' });
    expect(await fs.act('stop')).to.deep.equal([]);
  });

  it('refuses a device that is mounted elsewhere, unless allowed, and then does not check it', async () => {
    const [dev] = made('ext4');
    mkdirSync(home().path('other'));
    must('mount', dev, home().path('other'));
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    expect(await fs.blockers('start')).to.have.deep.nested.property('[0].allow', 'mounted-elsewhere');
    expect(noteTexts(await fs.status()).join()).to.contain('instead');
    expect(await errorOf(fs.act('start'))).to.include({ code: 'REFUSED' });
    expect((await fs.act('start', 'mounted-elsewhere')).join()).not.to.contain('e2fsck');
    await fs.act('stop');
  });

  it('mounts two subvolumes of one btrfs, and tells one from the other', async () => {
    const [dev] = made('btrfs');
    const top = home().path('top');
    mkdirSync(top);
    must('mount', dev, top);
    must('btrfs', 'subvolume', 'create', `${top}/a`);
    must('btrfs', 'subvolume', 'create', `${top}/b`);
    must('umount', top);
    const a = bench(btrfs, { dev, mnt: home().path('a'), mnt_opt: 'subvol=a' });
    const b = bench(btrfs, { dev, mnt: home().path('b'), mnt_opt: 'subvol=/b' });
    await a.act('start');
    expect(await b.blockers('start')).to.deep.equal([]);
    await b.act('start');
    expect([(await a.status()).state, (await b.status()).state]).to.deep.equal(['up', 'up']);
    const wrong = bench(btrfs, { dev, mnt: home().path('a'), mnt_opt: 'subvol=b' });
    expect((await wrong.status()).state).to.equal('warn');
    await a.act('stop');
    await b.act('stop');
  });

  it('repairs what is safe and refuses to mount what fsck leaves broken', async () => {
    const [dev, image] = made('ext4');
    must('debugfs', '-w', '-R', 'set_super_value free_blocks_count 5', image);
    must('debugfs', '-w', '-R', 'set_super_value state 2', image);
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    await fs.act('start');
    expect((await fs.status()).state).to.equal('up');
    mkdirSync(`${mountPoint()}/d`);
    mkdirSync(`${mountPoint()}/d/e`);
    await fs.act('stop');
    must('debugfs', '-w', '-R', 'clri d', dev);
    must('debugfs', '-w', '-R', 'set_super_value state 2', dev);
    const error = await errorOf(fs.act('start'));
    expect(error).to.include({ code: 'COMMAND' });
    expect(error.message).to.contain('UNEXPECTED INCONSISTENCY').and.to.contain('errors are left uncorrected');
    expect(error.hint).to.contain(`e2fsck ${dev}`);
    expect((await fs.status()).state).to.equal('down');
  });

  it('warns when the filesystem has become read-only', async () => {
    const [dev] = made('ext4');
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    await fs.act('start');
    must('mount', '-o', 'remount,ro', mountPoint());
    expect(noteTexts(await fs.status()).join()).to.contain('read-only');
    await fs.act('stop');
    const readOnly = bench(ext4, { dev, mnt: mountPoint(), mnt_opt: 'ro' });
    expect((await readOnly.act('start')).join()).not.to.contain('e2fsck');
    expect((await readOnly.status()).state).to.equal('up');
    await readOnly.act('stop');
  });

  it('shows the errors that the kernel has counted, and reads the folder when asked to', async () => {
    const [dev] = made('ext4');
    const fs = bench(ext4, { dev, mnt: mountPoint(), check_read: 'true' });
    await fs.act('start');
    expect((await fs.status()).state).to.equal('up');
    writeFileSync(`/sys/fs/ext4/${dev.slice('/dev/'.length)}/trigger_fs_error`, 'svcmgr test');
    const report = await fs.status();
    expect(report.state).to.equal('warn');
    expect(noteTexts(report).join()).to.contain('1 errors');
    await fs.act('stop');
  });

  describe('with a user below the mount point', () => {
    let child: ChildProcess | undefined;
    const holdBusy = async (folder: string, script = 'echo ready; exec sleep 100') => {
      const started = spawn('sh', ['-c', script], { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
      child = started;
      await once(started.stdout, 'data');
      return started;
    };
    afterEach(() => child?.kill('SIGKILL'));

    it('never ends it, names it and the keyword, and stops once it has gone', async () => {
      const [dev] = made('ext4');
      const fs = bench(ext4, { dev, mnt: mountPoint() });
      await fs.act('start');
      const user = await holdBusy(mountPoint());
      const error = await errorOf(fs.act('stop'));
      expect(error).to.include({ code: 'COMMAND' });
      expect(error.message).to.contain(`${user.pid} sleep (cwd)`);
      expect(error.hint).to.contain('kill_users = true');
      expect(user.exitCode).to.equal(null);
      expect((await fs.status()).state).to.equal('up');
      user.kill('SIGKILL');
      await once(user, 'exit');
      await fs.act('stop');
    });

    it('ends it with TERM when kill_users says so', async () => {
      const [dev] = made('ext4');
      const fs = bench(ext4, { dev, mnt: mountPoint(), kill_users: 'true' });
      await fs.act('start');
      const user = await holdBusy(mountPoint());
      const ended = once(user, 'exit');
      expect(await fs.act('stop')).to.deep.equal([`umount ${mountPoint()}`, `kill -TERM ${user.pid}`, `umount ${mountPoint()}`]);
      expect((await ended)[1]).to.equal('SIGTERM');
    });

    it('below a bind mount ends only those that came through it, not the users of the filesystem behind', async () => {
      const source = home().path('source', 'data');
      mkdirSync(source);
      const behind = spawn('sleep', ['100'], { cwd: source });
      const fs = bench(bind, { dev: source, mnt: mountPoint(), kill_users: 'true' });
      await fs.act('start');
      await holdBusy(mountPoint());
      await fs.act('stop');
      expect(behind.exitCode).to.equal(null);
      expect(behind.signalCode).to.equal(null);
      behind.kill('SIGKILL');
      await once(behind, 'exit');
    });

    it('finds an open file that was removed', async () => {
      const [dev] = made('ext4');
      const fs = bench(ext4, { dev, mnt: mountPoint() });
      await fs.act('start');
      const user = await holdBusy('/', `exec 9>${mountPoint()}/f; rm ${mountPoint()}/f; echo ready; exec sleep 100`);
      expect((await errorOf(fs.act('stop'))).message).to.contain(`${user.pid} sleep (fd)`);
      user.kill('SIGKILL');
      await once(user, 'exit');
      await fs.act('stop');
    });
  });

  it('unmounts what lies below first, deepest first, and says so', async () => {
    const [dev] = made('ext4');
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    await fs.act('start');
    for (const name of ['a', 'a/b']) {
      mkdirSync(`${mountPoint()}/${name}`);
      must('mount', '-t', 'tmpfs', 'tmpfs', `${mountPoint()}/${name}`);
    }
    const planned = await fs.dry('stop');
    expect(planned).to.deep.equal([`umount ${mountPoint()}/a/b`, `umount ${mountPoint()}/a`, `umount ${mountPoint()}`]);
    expect(await fs.act('stop')).to.deep.equal(planned);
    expect(fs.log.filter((line) => line.includes('lies below') && line.includes('a/b'))).to.have.length(2);
  });

  it('unmounts first the snapshot of it that a cut sync left, and no other', async () => {
    const [dev] = made('ext4');
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    await fs.act('start');
    const left = (name: string) => `${home().folder}/run/flags/${name}.snap${mountPoint()}`;
    const [ours, other] = [left('svc1.sync#1'), left('svc2.sync#1')];
    for (const point of [ours, other]) {
      mkdirSync(point, { recursive: true });
      must('mount', '-t', 'tmpfs', 'tmpfs', point);
    }
    const planned = await fs.dry('stop');
    expect(planned).to.deep.equal([`umount ${ours}`, `umount ${mountPoint()}`]);
    expect(await fs.act('stop')).to.deep.equal(planned);
    must('umount', other);
  });

  it('names a loop device over a file below as what holds it', async () => {
    const [dev] = made('ext4');
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    await fs.act('start');
    const inner = attachLoop(makeImage(`${mountPoint()}/inner.img`, mega));
    expect((await errorOf(fs.act('stop'))).message).to.contain(`${inner} over ${mountPoint()}/inner.img`);
    must('losetup', '--detach', inner);
    await fs.act('stop');
  });

  it('says that the folder was not empty, and mounts all the same', async () => {
    const [dev] = made('ext4');
    mkdirSync(mountPoint());
    writeFileSync(`${mountPoint()}/old`, '');
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    await fs.act('start');
    expect(fs.log.join('\n')).to.contain('is not empty').and.to.contain('old');
    await fs.act('stop');
  });

  it('never makes a filesystem over data, unless told to', async () => {
    const [dev] = made('xfs');
    const fs = bench(ext4, { dev, mnt: mountPoint() });
    expect(await fs.blockers('provision')).to.deep.equal([{ text: `${dev} holds xfs, not ext4`, allow: 'overwrite-data' }]);
    expect(await errorOf(fs.act('provision'))).to.include({ code: 'REFUSED' });
    expect(must('blkid', '-s', 'TYPE', '-o', 'value', '-p', dev)).to.equal('xfs\n');
    expect(await fs.act('provision', 'overwrite-data')).to.deep.equal([`wipefs --all ${dev}`, `mkfs.ext4 -q ${dev}`]);
    expect(must('blkid', '-s', 'TYPE', '-o', 'value', '-p', dev)).to.equal('ext4\n');
  });

  it('does not take the rest of an interrupted mkfs for a filesystem, until a start has mounted it', async () => {
    const [dev] = made('ext4');
    const memory = new Map([['fs#1 mkfs_unfinished', dev]]);
    const fs = bench(ext4, { dev, mnt: mountPoint() }, { memory });
    expect(await fs.provisioned()).to.equal(false);
    expect(await fs.blockers('provision')).to.have.deep.nested.property('[0].allow', 'overwrite-data');
    await fs.act('start');
    await fs.act('stop');
    expect(await fs.provisioned()).to.equal(true);
  });

  it('makes a filesystem of the wanted size with the wanted arguments', async () => {
    for (const [type, { driver, sizeBytes }] of Object.entries(kinds)) {
      const dev = attachLoop(makeImage(home().path(`${type}.img`), sizeBytes + 16 * mega));
      const fs = bench(driver, { dev, mnt: home().path(`mnt-${type}`), size: String(sizeBytes), mkfs_opt: '-L wanted' });
      await fs.act('provision');
      await fs.act('start');
      const facts = (await fs.status()).facts;
      expect(Number(facts?.['size_bytes']), type)
        .to.be.at.most(sizeBytes)
        .and.above(sizeBytes / 2);
      expect(must('blkid', '-s', 'LABEL', '-o', 'value', '-p', dev)).to.equal('wanted\n');
      await fs.act('stop');
    }
  });

  it('makes a read-only device writable when promote_rw says so', async () => {
    const [dev] = made('ext4');
    must('blockdev', '--setro', dev);
    const fs = bench(ext4, { dev, mnt: mountPoint(), promote_rw: 'true' });
    expect(await fs.act('start')).to.include(`blockdev --setrw ${dev}`);
    expect((await fs.status()).state).to.equal('up');
    await fs.act('stop');
  });

  it('refuses at once when the device is not there and nothing will bring it', async () => {
    const fs = bench(ext4, { dev: '/dev/svt-none', mnt: mountPoint() });
    expect((await fs.blockers('start')).map(({ text }) => text)).to.deep.equal(['/dev/svt-none does not exist']);
    expect(await fs.status()).to.deep.include({ state: 'down', notes: [{ level: 'info', text: '/dev/svt-none is not there' }] });
    expect(await fs.act('stop')).to.deep.equal([]);
  });

  it('tmpfs: start, stop, size', async () => {
    const fs = bench(tmpfs, { mnt: mountPoint(), size: '2m', mnt_opt: 'mode=0700' });
    const planned = await fs.dry('start');
    expect(await fs.act('start')).to.deep.equal(planned);
    expect(await fs.act('start')).to.deep.equal([]);
    expect((await fs.status()).facts).to.include({ size_bytes: 2 * mega });
    expect(await fs.act('stop')).to.have.length(1);
    expect(await fs.act('stop')).to.deep.equal([]);
  });

  it('bind: start, stop, read-only, a foreign folder', async () => {
    const source = home().path('source', 'data');
    mkdirSync(source);
    const fs = bench(bind, { dev: source, mnt: mountPoint(), mnt_opt: 'ro' });
    await fs.act('start');
    expect(await fs.status()).to.deep.include({ state: 'up', notes: [] });
    expect(await fs.act('start')).to.deep.equal([]);
    expect(() => writeFileSync(`${mountPoint()}/f`, '')).to.throw('EROFS');
    mkdirSync(home().path('source', 'other'));
    expect((await bench(bind, { dev: home().path('source', 'other'), mnt: mountPoint() }).status()).state).to.equal('warn');
    must('rmdir', source);
    expect((await fs.status()).state, 'the source was removed').to.equal('up');
    await fs.act('stop');
    expect((await fs.status()).state).to.equal('down');
    expect(await errorOf(fs.act('start'))).to.include({ code: 'REFUSED' });
  });

  it('directory: makes it, mends owner and mode, never removes it', async () => {
    const path = `${home().folder}/spool/in`;
    const fs = bench(directory, { path, perm: '2750', group: 'adm' });
    expect((await fs.status()).state).to.equal('down');
    const planned = await fs.dry('start');
    expect(await fs.act('start')).to.deep.equal(planned);
    expect(await fs.status()).to.deep.equal({ state: 'n/a', notes: [] });
    expect(await fs.act('start')).to.deep.equal([]);
    must('chmod', '00755', path);
    expect(noteTexts(await fs.status())).to.deep.equal(['mode 755, wanted 2750']);
    await fs.act('start');
    const plain = bench(directory, { path, perm: '0750' });
    expect(noteTexts(await plain.status())).to.deep.equal(['mode 2750, wanted 750']);
    await plain.act('start');
    expect((await plain.status()).state).to.equal('n/a');
    await fs.act('start');
    expect((await fs.status()).state).to.equal('n/a');
    expect(await fs.act('stop')).to.deep.equal([]);
    must('rmdir', path);
    writeFileSync(path, '');
    expect(await fs.blockers('start')).to.have.length(1);
  });

  it('flag: a file in the run folder', async () => {
    const fs = bench(flag, {});
    expect((await fs.status()).state).to.equal('down');
    expect(await fs.act('start')).to.deep.equal(
      await bench(flag, {})
        .dry('start')
        .then(() => [`mkdir -p ${home().folder}/run/flags`, `write ${home().folder}/run/flags/svc1.fs#1 (0 bytes)`]),
    );
    expect((await fs.status()).state).to.equal('up');
    expect(await fs.act('start')).to.deep.equal([]);
    expect(readFileSync(`${home().folder}/run/flags/svc1.fs#1`, 'utf8')).to.equal('');
    await fs.act('stop');
    expect(await fs.act('stop')).to.deep.equal([]);
    expect((await fs.status()).state).to.equal('down');
  });
});
