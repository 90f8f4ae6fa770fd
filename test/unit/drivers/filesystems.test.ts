import { expect } from 'chai';
import type { Driver, ResourceView } from '../../../agent/driver/contract.ts';
import { SvcError } from '../../../agent/errors.ts';
import bind from '../../../drivers/fs/bind.ts';
import btrfs from '../../../drivers/fs/btrfs.ts';
import ext4 from '../../../drivers/fs/ext4.ts';
import xfs from '../../../drivers/fs/xfs.ts';
import { type Answer, createFake, type Fake, type FakeOptions, type Machine } from './fake.ts';

const root = '1 0 254:0 / / rw - ext4 /dev/vda rw\n';
const ours = '9 1 253:3 / /mnt rw - ext4 /dev/mapper/vg-data rw\n';
const dev = '/dev/mapper/vg-data';

const device = { kind: 'block', rdev: 0xfd03 } as const;

/** A machine with the device; what is mounted is the text of mountinfo. */
function machine(mounts: string, more: Partial<Machine> = {}): Partial<Machine> {
  return {
    stats: { [dev]: device, '/dev/dm-3': device, ...more.stats },
    links: { [dev]: '/dev/dm-3', '/dev/vg/data': '/dev/dm-3', '/proc/self': '/proc/77', ...more.links },
    folders: { '/mnt': [], ...more.folders },
    files: { '/proc/self/mountinfo': root + mounts, ...more.files },
    reads: { 'stat -f': { stdout: '100 50 4096\n' }, 'find /proc': { stdout: '' }, 'wipefs --no-act': { stdout: '' }, ...more.reads },
    changes: more.changes ?? {},
    memory: more.memory ?? new Map<string, string>(),
  };
}

function fake(driver: Driver, mounts: string, more: Partial<Machine> = {}, options: Partial<FakeOptions> = {}): Fake {
  const made = createFake(driver, {
    ...options,
    config: { dev, mnt: '/mnt', ...options.config },
    machine: machine(mounts, more),
  });
  made.machine.changes = { umount: () => setMounts(made, ''), mount: () => setMounts(made, ours), ...made.machine.changes };
  return made;
}

function setMounts(made: Fake, mounts: string): undefined {
  made.machine.files['/proc/self/mountinfo'] = root + mounts;
}

async function errorOf(work: Promise<unknown> | undefined): Promise<SvcError> {
  return Promise.resolve(work).then(
    () => expect.fail('it must fail'),
    (error: SvcError) => error,
  );
}

const texts = (notes: readonly { text: string }[] | undefined) => (notes ?? []).map(({ text }) => text);

describe('filesystem drivers: status', () => {
  it('up, down, and the facts', async () => {
    expect(await fake(ext4, ours).status()).to.deep.equal({
      state: 'up',
      notes: [],
      facts: { source: dev, type: 'ext4', size_bytes: 409600, free_percent: 50 },
    });
    expect(await fake(ext4, '').status()).to.deep.equal({ state: 'down', notes: [] });
  });

  it('knows the mount by its device number, whatever the source is called', async () => {
    for (const source of ['/dev/dm-3', '/dev/vg/data', '/dev/root']) {
      expect((await fake(ext4, `9 1 253:3 / /mnt rw - ext4 ${source} rw\n`).status()).state, source).to.equal('up');
    }
    expect((await fake(ext4, `9 1 253:4 / /mnt rw - ext4 ${dev} rw\n`).status()).state, 'the name was given to another device').to.equal(
      'warn',
    );
  });

  it('knows the mount by its source when the device has gone', async () => {
    const gone = fake(ext4, ours);
    gone.machine.stats = {};
    gone.machine.links = {};
    expect((await gone.status()).state).to.equal('up');
  });

  it('does not take a bind mount of a folder of the same device for the filesystem', async () => {
    const report = await fake(ext4, '9 1 253:3 /sub /mnt rw - ext4 /dev/dm-3 rw\n').status();
    expect(report.state).to.equal('warn');
  });

  it('warns when something is mounted over it', async () => {
    const report = await fake(ext4, `${ours}10 9 0:50 / /mnt rw - tmpfs tmpfs rw\n`).status();
    expect(report.state).to.equal('warn');
    expect(texts(report.notes)).to.deep.equal(['tmpfs (tmpfs) is mounted over it on /mnt']);
  });

  it('warns of read-only, in either direction, and of what the kernel has stopped', async () => {
    const line = (mount: string, filesystem: string) => `9 1 253:3 / /mnt ${mount} - ext4 ${dev} ${filesystem}\n`;
    expect(texts((await fake(ext4, line('ro', 'rw')).status()).notes)[0]).to.contain('read-only and is wanted writable');
    expect(texts((await fake(ext4, line('rw', 'ro')).status()).notes)[0]).to.contain('read-only and is wanted writable');
    expect(texts((await fake(ext4, line('rw', 'rw'), {}, { config: { mnt_opt: 'defaults,ro' } }).status()).notes)[0]).to.contain(
      'wanted read-only',
    );
    const stopped = await fake(ext4, line('rw', 'rw,emergency_ro')).status();
    expect(stopped).to.deep.include({ state: 'warn' });
    expect(stopped.notes?.[0]).to.include({ level: 'error' });
  });

  it('warns when it does not answer in time, or with an error', async () => {
    const hung = await fake(ext4, ours, { reads: { 'stat -f': new SvcError('TIMEOUT', 'no answer') } }).status();
    expect(hung.state).to.equal('warn');
    expect(texts(hung.notes)).to.deep.equal(['/mnt does not answer within 5 s']);
    const broken = await fake(ext4, ours, { reads: { 'stat -f': { exitCode: 1, stderr: 'Input/output error' } } }).status();
    expect(texts(broken.notes)[0]).to.contain('Input/output error');
  });

  it('reads the folder when asked to', async () => {
    const reads = { 'find -H /mnt': { exitCode: 1, stderr: 'Input/output error' } };
    expect((await fake(ext4, ours, { reads }).status()).state).to.equal('up');
    expect((await fake(ext4, ours, { reads }, { config: { check_read: 'true' } }).status()).state).to.equal('warn');
  });

  it('throws when it cannot tell: garbage, no /proc, no tool, cancelled', async () => {
    expect(await errorOf(fake(ext4, 'garbage\n').status())).to.include({ code: 'COMMAND' });
    expect(await errorOf(fake(ext4, ours, { reads: { 'stat -f': { stdout: 'garbage' } } }).status())).to.include({ code: 'COMMAND' });
    expect(
      await errorOf(fake(ext4, ours, { reads: { 'stat -f': new SvcError('UNSUPPORTED', 'stat is not installed') } }).status()),
    ).to.include({ code: 'UNSUPPORTED' });
    expect(await errorOf(fake(ext4, ours, { reads: { 'stat -f': new SvcError('CANCELLED', 'aborted') } }).status())).to.include({
      code: 'CANCELLED',
    });
    const bare = fake(ext4, ours);
    delete bare.machine.files['/proc/self/mountinfo'];
    expect(await errorOf(bare.status())).to.include({ code: 'UNSUPPORTED' });
  });

  it('resolves UUID= by udev, else by blkid; two devices of one label are refused', async () => {
    const byUdev = fake(ext4, ours, { links: { '/dev/disk/by-uuid/ab-12': '/dev/dm-3' } }, { config: { dev: 'UUID=ab-12' } });
    expect((await byUdev.status()).state).to.equal('up');
    const blkid = (answer: Answer) =>
      fake(ext4, ours, { reads: { 'blkid -c /dev/null -o device -t LABEL=data': answer } }, { config: { dev: 'LABEL=data' } });
    expect((await blkid({ stdout: '/dev/dm-3\n' }).status()).state).to.equal('up');
    expect((await blkid({ exitCode: 2 }).status()).state).to.equal('warn');
    expect(await errorOf(blkid({ stdout: '/dev/dm-3\n/dev/dm-4\n' }).status())).to.include({ code: 'REFUSED' });
    expect(await errorOf(fake(ext4, ours, {}, { config: { dev: 'NAME=x' } }).status())).to.include({ code: 'CONFIG' });
  });

  it('btrfs: any device of the filesystem, counted errors, a missing device', async () => {
    const line = '9 1 0:44 /data /mnt rw - btrfs /dev/dm-4 rw,degraded,subvolid=256,subvol=/data\n';
    const more: Partial<Machine> = {
      stats: { '/dev/dm-4': { kind: 'block', rdev: 0xfd04 } },
      folders: {
        '/sys/fs/btrfs': ['features', 'a-b'],
        '/sys/fs/btrfs/a-b/devices': ['dm-3', 'dm-4'],
        '/sys/fs/btrfs/a-b/devinfo': ['1', '2'],
      },
      files: { '/sys/fs/btrfs/a-b/devinfo/1/error_stats': 'write_errs 4\nread_errs 0\n', '/sys/fs/btrfs/a-b/devinfo/2/missing': '1\n' },
    };
    const report = await fake(btrfs, line, more, { config: { mnt_opt: 'subvol=data' } }).status();
    expect(texts(report.notes)).to.deep.equal([
      'it is mounted degraded',
      'device 1 of the filesystem has counted errors: write_errs 4'.replace(' of the filesystem', ''),
      'device 2 of the filesystem is missing',
    ]);
    expect((await fake(btrfs, line, more, { config: { mnt_opt: 'subvolid=5' } }).status()).state).to.equal('warn');
    expect((await fake(btrfs, line, { stats: more.stats ?? {} }, {}).status()).notes?.[0]?.text, 'not of our filesystem').to.contain(
      'not /dev/mapper/vg-data',
    );
  });
});

describe('filesystem drivers: start', () => {
  it('the order: mount point, check, mount, owner', async () => {
    const made = fake(ext4, '', {}, { config: { mnt_opt: 'defaults,discard', user: 'app', group: 'adm', perm: '0750' } });
    delete made.machine.folders['/mnt'];
    await ext4.start?.(made.at as never);
    expect(made.done).to.deep.equal([
      'mkdir -p /mnt',
      `e2fsck -p ${dev}`,
      `mount -t ext4 -o defaults,discard ${dev} /mnt`,
      'chown app:adm /mnt',
      'chmod 00750 /mnt',
    ]);
  });

  it('xfs is not checked; btrfs makes its devices known', async () => {
    const x = fake(xfs, '');
    await xfs.start?.(x.at as never);
    expect(x.done).to.deep.equal([`mount -t xfs ${dev} /mnt`]);
    const b = fake(btrfs, '');
    await btrfs.start?.(b.at as never);
    expect(b.done).to.deep.equal(['btrfs device scan', `mount -t btrfs ${dev} /mnt`]);
  });

  it('on what is up changes nothing, but mends the owner', async () => {
    const up = fake(ext4, ours);
    await ext4.start?.(up.at as never);
    expect(up.done).to.deep.equal([]);
    const drifted = fake(ext4, ours, { reads: { 'stat -c': { stdout: '0 0 755 root:root\n' } } }, { config: { user: 'app' } });
    await ext4.start?.(drifted.at as never);
    expect(drifted.done).to.deep.equal(['chown app /mnt']);
  });

  it('mounts after fsck 0 and 1 only, and shows what fsck said', async () => {
    for (const [exitCode, mounts] of [
      [0, true],
      [1, true],
      [2, false],
      [3, false],
      [4, false],
      [8, false],
      [32, false],
      [33, false],
    ] as const) {
      const made = fake(ext4, '', { changes: { e2fsck: () => ({ exitCode, stdout: 'line one\n\nRUN fsck MANUALLY\n' }) } });
      const work = ext4.start?.(made.at as never);
      if (mounts) await work;
      else expect((await errorOf(work)).message, String(exitCode)).to.contain('line one / RUN fsck MANUALLY');
      expect(
        made.done.some((line) => line.startsWith('mount ')),
        String(exitCode),
      ).to.equal(mounts);
    }
  });

  it('waits for a device that a volume group brings, and says so when it does not come', async () => {
    const made = fake(ext4, '');
    made.machine.stats = {};
    made.machine.links = {};
    const error = await errorOf(ext4.start?.(made.at as never));
    expect(error).to.include({ code: 'REFUSED' });
    expect(error.message).to.contain(`${dev} does not exist`);
    expect(made.done).to.deep.equal([]);
  });

  it('asks the blockers of a missing device only when no volume group may bring it', async () => {
    const vg = (state: 'up' | 'down'): ResourceView => ({ rid: 'vg#1', type: 'vg.lvm', label: '', config: {}, report: { state } });
    const blockersWith = async (resources: readonly ResourceView[]) => {
      const made = fake(ext4, '', {}, { resources });
      made.machine.stats = {};
      made.machine.links = {};
      return ext4.blockers?.(made.at as never, 'start');
    };
    expect(await blockersWith([vg('down')])).to.deep.equal([]);
    expect(await blockersWith([vg('up')])).to.have.length(1);
    expect(await blockersWith([])).to.have.length(1);
  });

  it('refuses a folder, a file as mount point, and a bad mode before anything is changed', async () => {
    const folder = fake(ext4, '', { stats: { '/dev/dm-3': { kind: 'directory' } } });
    delete folder.machine.links[dev];
    folder.machine.stats[dev] = { kind: 'directory' };
    expect(await errorOf(ext4.start?.(folder.at as never))).to.include({ code: 'REFUSED' });
    const file = fake(ext4, '', { folders: {} });
    file.machine.folders = {};
    file.machine.stats['/mnt'] = { kind: 'file' };
    expect(await errorOf(ext4.start?.(file.at as never))).to.include({ code: 'REFUSED' });
    const mode = fake(ext4, '', {}, { config: { perm: '0980' } });
    expect(await errorOf(ext4.blockers?.(mode.at as never, 'start'))).to.include({ code: 'CONFIG' });
    expect(await errorOf(ext4.start?.(mode.at as never))).to.include({ code: 'CONFIG' });
    expect([...folder.done, ...file.done, ...mode.done]).to.deep.equal([]);
  });

  it('in a dry-run assumes the loop devices of the resources before it, in their order', async () => {
    const loops: ResourceView[] = ['vg#10', 'vg#2'].map((rid) => ({
      rid,
      type: 'vg.loop',
      label: '',
      config: { file: `/${rid}.img` },
      report: { state: 'up' },
    }));
    const folders = { '/sys/block': ['loop0', 'loop1', 'loop2', 'vda'] };
    const files = { '/sys/block/loop0/loop/backing_file': '/other.img\n' };
    const made = fake(ext4, '', { folders, files }, { config: { dev: '/vg#10.img' }, resources: loops, dryRun: true });
    await ext4.start?.(made.at as never);
    expect(made.done.at(-1)).to.equal('mount -t ext4 /dev/loop2 /mnt');
  });
});

describe('filesystem drivers: stop', () => {
  it('on what is down changes nothing; a foreign mount is left alone', async () => {
    for (const mounts of ['', '9 1 0:50 / /mnt rw - tmpfs tmpfs rw\n']) {
      const made = fake(ext4, mounts);
      await ext4.stop?.(made.at as never);
      expect(made.done).to.deep.equal([]);
    }
  });

  it('refuses under a foreign mount', async () => {
    const made = fake(ext4, `${ours}10 9 0:50 / /mnt rw - tmpfs tmpfs rw\n`);
    expect(await errorOf(ext4.stop?.(made.at as never))).to.include({ code: 'REFUSED' });
    expect(made.done).to.deep.equal([]);
  });

  it('works when the mount point cannot be resolved and the device has gone', async () => {
    const made = fake(ext4, ours);
    made.machine.stats = {};
    made.machine.links = {};
    made.machine.folders = {};
    await ext4.stop?.(made.at as never);
    expect(made.done).to.deep.equal(['umount /mnt']);
  });

  it('unmounts one mounted twice as often', async () => {
    const made = fake(ext4, `${ours}10 9 253:3 / /mnt rw - ext4 ${dev} rw\n`);
    await ext4.stop?.(made.at as never);
    expect(made.done).to.deep.equal(['umount /mnt', 'umount /mnt']);
  });

  it('takes a failed umount for done when it is unmounted all the same', async () => {
    const made = fake(ext4, ours);
    made.machine.changes['umount'] = () => {
      setMounts(made, '');
      return { exitCode: 32, stderr: 'not mounted' };
    };
    await ext4.stop?.(made.at as never);
  });

  describe('busy', () => {
    const users = '/proc/4711/cwd\t/mnt\0/proc/1/fd/3\t/mnt/x\0/proc/77/cwd\t/mnt\0';
    const busy = (config: Record<string, string> = {}, whoLeavesAt: readonly string[] = []) => {
      const made = fake(ext4, ours, { files: { '/proc/4711/comm': 'postgres\n', '/proc/1/comm': 'init\n' } }, { config });
      let holders = users;
      made.machine.reads['find /proc'] = () => ({ exitCode: 1, stdout: holders });
      made.machine.changes = {
        umount: () => (holders === '' ? setMounts(made, '') : { exitCode: 32, stderr: 'target is busy' }),
        kill: (argv) => {
          if (whoLeavesAt.includes(argv[1] ?? '')) holders = '';
          return undefined;
        },
      };
      return made;
    };

    it('ends nobody: an error with who holds it and the keyword', async () => {
      const made = busy();
      const error = await errorOf(ext4.stop?.(made.at as never));
      expect(error.message).to.equal('cannot unmount /mnt: held by 1 init (fd); 4711 postgres (cwd)');
      expect(error.hint).to.contain('kill_users = true in [it#1]');
      expect(made.done).to.deep.equal(['umount /mnt']);
    });

    it('with kill_users: TERM, then KILL, never process 1, never the agent itself', async () => {
      const polite = busy({ kill_users: 'true' }, ['-TERM']);
      await ext4.stop?.(polite.at as never);
      expect(polite.done).to.deep.equal(['umount /mnt', 'kill -TERM 4711', 'umount /mnt']);
      const deaf = busy({ kill_users: 'true' }, ['-KILL']);
      await ext4.stop?.(deaf.at as never);
      expect(deaf.done).to.deep.equal(['umount /mnt', 'kill -TERM 4711', 'kill -KILL 4711', 'umount /mnt']);
      const immortal = busy({ kill_users: 'true' });
      expect((await errorOf(ext4.stop?.(immortal.at as never))).message).to.contain('4711 postgres');
    });

    it('shows what umount said when nobody is seen to hold it', async () => {
      const made = fake(ext4, ours);
      made.machine.changes = { umount: () => ({ exitCode: 32, stderr: 'umount: /mnt: must be superuser to unmount.\n' }) };
      expect((await errorOf(ext4.stop?.(made.at as never))).message).to.contain('must be superuser');
    });

    it('never touches the root filesystem', async () => {
      const made = createFake(ext4, {
        config: { dev: '/dev/vda', mnt: '/', kill_users: 'true' },
        machine: { stats: { '/dev/vda': { kind: 'block', rdev: 0xfe00 } }, files: { '/proc/self/mountinfo': root } },
      });
      expect(await errorOf(ext4.stop?.(made.at as never))).to.include({ code: 'REFUSED' });
      expect(made.done).to.deep.equal([]);
    });
  });
});

describe('filesystem drivers: provision', () => {
  const signatures = (...types: string[]) => ({
    stdout: JSON.stringify({ signatures: types.map((type) => ({ type, offset: '0x0', uuid: null, label: null })) }),
  });

  it('makes a filesystem on an empty device only, and remembers while it does', async () => {
    const made = fake(ext4, '');
    const during: (string | undefined)[] = [];
    made.machine.changes['mkfs.ext4'] = () => {
      during.push(made.machine.memory.get('mkfs_unfinished'));
      return undefined;
    };
    await ext4.provision?.(made.at as never);
    expect(made.done).to.deep.equal([`mkfs.ext4 -q ${dev}`]);
    expect(during).to.deep.equal([dev]);
    expect(made.machine.memory.size).to.equal(0);
  });

  it('does nothing on one of its type, refuses every other content unless allowed', async () => {
    const same = fake(ext4, '', { reads: { 'wipefs --no-act': signatures('ext4') } });
    await ext4.provision?.(same.at as never);
    expect(same.done).to.deep.equal([]);
    for (const found of [['xfs'], ['LVM2_member'], ['gpt', 'PMBR'], ['ext4', 'gpt']]) {
      const other = fake(ext4, '', { reads: { 'wipefs --no-act': signatures(...found) } });
      expect(await ext4.blockers?.(other.at as never, 'provision')).to.have.deep.nested.property('[0].allow', 'overwrite-data');
      expect(await errorOf(ext4.provision?.(other.at as never))).to.include({ code: 'REFUSED' });
      expect(await ext4.blockers?.(other.at as never, 'unprovision')).to.have.deep.nested.property('[0].allow', 'overwrite-data');
      expect(await errorOf(ext4.unprovision?.(other.at as never))).to.include({ code: 'REFUSED' });
      expect(other.done).to.deep.equal([]);
    }
  });

  it('never on a device in use, whatever is allowed: mounted, held, swap', async () => {
    const uses: readonly Partial<Machine>[] = [
      { files: { '/proc/self/mountinfo': `${root}9 1 253:3 / /other rw - ext4 /dev/dm-3 rw\n` } },
      { folders: { '/sys/dev/block/253:3/holders': ['dm-9'] } },
      { files: { '/proc/swaps': 'Filename\n/dev/dm-3 partition 1 0 -2\n' } },
      { folders: { '/sys/fs/btrfs': ['a-b'], '/sys/fs/btrfs/a-b/devices': ['dm-3'] } },
    ];
    for (const more of uses) {
      for (const verb of ['provision', 'unprovision'] as const) {
        const made = fake(
          ext4,
          '',
          { ...more, reads: { 'wipefs --no-act': signatures('xfs') } },
          { allow: ['overwrite-data', 'mounted-elsewhere'] },
        );
        expect(await errorOf(ext4[verb]?.(made.at as never)), JSON.stringify(more)).to.include({ code: 'REFUSED' });
        expect(made.done).to.deep.equal([]);
      }
    }
  });

  it('cannot tell: an unreadable device or garbage makes nothing', async () => {
    for (const answer of [{ exitCode: 1, stderr: 'Input/output error' }, { stdout: 'garbage' }]) {
      const made = fake(ext4, '', { reads: { 'wipefs --no-act': answer } });
      expect(await errorOf(ext4.provision?.(made.at as never))).to.include({ code: 'COMMAND' });
      expect(made.done).to.deep.equal([]);
    }
  });

  it('a bind mount has the depth of the deeper path, so that it starts after what its source lies on', () => {
    expect(bind.depth?.({ dev: '/a/b/c/d', mnt: '/x' } as never)).to.equal(4);
    expect(bind.depth?.({ dev: '/a', mnt: '/x/y' } as never)).to.equal(2);
  });
});
