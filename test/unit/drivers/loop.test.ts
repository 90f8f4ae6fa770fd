import { expect } from 'chai';
import type { SvcError } from '../../../agent/errors.ts';
import loop from '../../../drivers/vg/loop.ts';
import { createFake, type Fake, type FakeOptions, type Machine, missingTool } from './fake.ts';

const image = '/srv/a.img';

function fake(attached: Readonly<Record<string, string>>, more: Partial<Machine> = {}, options: Partial<FakeOptions> = {}): Fake {
  const names = ['loop0', 'loop1', 'loop2'];
  const made = createFake(loop, {
    ...options,
    config: { file: image, ...options.config },
    machine: {
      folders: { '/sys/block': [...names, 'vda'], ...more.folders },
      stats: {
        [image]: { sizeBytes: 8 },
        '/srv': { kind: 'directory' },
        ...Object.fromEntries(names.map((name, minor) => [`/dev/${name}`, { kind: 'block' as const, rdev: 0x700 + minor }])),
        ...more.stats,
      },
      files: { '/proc/self/mountinfo': '1 0 254:0 / / rw - ext4 /dev/vda rw\n', '/proc/swaps': 'Filename\n', ...more.files },
      ...(more.changes === undefined ? {} : { changes: more.changes }),
    },
  });
  for (const [name, file] of Object.entries(attached)) made.machine.files[backing(name)] = `${file}\n`;
  return made;
}

const backing = (name: string) => `/sys/block/${name}/loop/backing_file`;

async function errorOf(work: Promise<unknown> | undefined): Promise<SvcError> {
  return Promise.resolve(work).then(
    () => expect.fail('it must fail'),
    (error: SvcError) => error,
  );
}

describe('driver vg.loop', () => {
  it('status: down, up with its device, down with a note when there is no image', async () => {
    expect(await fake({ loop0: '/other.img' }).status()).to.deep.equal({ state: 'down', notes: [] });
    expect(await fake({ loop1: image }).status()).to.deep.equal({ state: 'up', notes: [], facts: { device: '/dev/loop1' } });
    const none = fake({});
    delete none.machine.stats[image];
    expect(await none.status()).to.deep.equal({ state: 'down', notes: [{ level: 'info', text: `${image} does not exist` }] });
  });

  it('status: the image under another name is the same when it is the same file', async () => {
    const same = { stats: { [image]: { dev: 5, ino: 9 }, '/mnt/hard-link.img': { dev: 5, ino: 9 } } };
    expect((await fake({ loop0: '/mnt/hard-link.img' }, same).status()).state).to.equal('up');
    const other = { stats: { [image]: { dev: 5, ino: 9 }, '/mnt/hard-link.img': { dev: 6, ino: 9 } } };
    expect((await fake({ loop0: '/mnt/hard-link.img' }, other).status()).state).to.equal('down');
  });

  it('status: warns of a removed image, of two devices, of another sector size', async () => {
    expect((await fake({ loop0: `${image} (deleted)` }).status()).state).to.equal('warn');
    const twice = await fake({ loop0: image, loop2: image }).status();
    expect(twice.notes?.[0]).to.deep.include({ level: 'error' });
    expect(twice.notes?.[0]?.text).to.contain('/dev/loop0, /dev/loop2');
    const sector = { files: { '/sys/block/loop0/queue/logical_block_size': '512\n' } };
    expect((await fake({ loop0: image }, sector, { config: { sector: '4096' } }).status()).state).to.equal('warn');
  });

  it('status throws on garbage', async () => {
    expect(await errorOf(fake({ loop0: 'no path' }).status())).to.include({ code: 'COMMAND' });
  });

  it('start: attaches once, and refuses what losetup prints when it is no device', async () => {
    const made = fake({}, { changes: { losetup: () => ({ stdout: '/dev/loop1\n' }) } });
    await loop.start?.(made.at as never);
    expect(made.done).to.deep.equal([`losetup --find --nooverlap --show ${image}`]);
    const attached = fake({ loop0: image });
    await loop.start?.(attached.at as never);
    expect(attached.done).to.deep.equal([]);
    const garbage = fake({}, { changes: { losetup: () => ({ stdout: 'warning\n' }) } });
    expect(await errorOf(loop.start?.(garbage.at as never))).to.include({ code: 'COMMAND' });
    const missing = fake({}, { changes: { losetup: () => missingTool('losetup') } });
    expect(await errorOf(loop.start?.(missing.at as never))).to.include({ code: 'UNSUPPORTED' });
  });

  it('stop: detaches every device over the image, after it was seen that nobody uses it', async () => {
    const made = fake({ loop0: image, loop2: image });
    made.machine.changes = {
      'losetup --detach': (argv) => {
        delete made.machine.files[backing(String(argv[2]).slice('/dev/'.length))];
        return undefined;
      },
    };
    await loop.stop?.(made.at as never);
    expect(made.done).to.deep.equal(['losetup --detach /dev/loop0', 'losetup --detach /dev/loop2']);
  });

  it('stop: refuses while it is mounted, held or swap; nothing was detached', async () => {
    const uses: readonly Partial<Machine>[] = [
      { files: { '/proc/self/mountinfo': '9 1 7:0 / /mnt rw - ext4 /dev/loop0 rw\n' } },
      { files: { '/proc/self/mountinfo': '9 1 0:44 / /mnt rw - btrfs /dev/loop0 rw\n' } },
      { folders: { '/sys/block': ['loop0'], '/sys/dev/block/7:0/holders': ['dm-1'] } },
      { files: { '/proc/swaps': 'Filename\n/dev/loop0 partition 8 0 -2\n' } },
    ];
    for (const more of uses) {
      const made = fake({ loop0: image }, more);
      expect(await errorOf(loop.stop?.(made.at as never)), JSON.stringify(more)).to.include({ code: 'REFUSED' });
      expect(made.done).to.deep.equal([]);
    }
  });

  it('stop: says so when the device does not go', async () => {
    expect(await errorOf(loop.stop?.(fake({ loop0: image }).at as never))).to.include({ code: 'TIMEOUT' });
  });

  it('provision: makes a private image in a new folder; unprovision refuses while it is attached', async () => {
    const made = fake({}, {}, { config: { size: '8m' } });
    made.machine.stats = {};
    await loop.provision?.(made.at as never);
    expect(made.done).to.deep.equal(['mkdir -p /srv', `install -m 0600 /dev/null ${image}`, `truncate -s 8388608 ${image}`]);
    const half = fake({}, { stats: { [image]: { sizeBytes: 0 } } }, { config: { size: '8m' } });
    await loop.provision?.(half.at as never);
    expect(half.done).to.deep.equal([`truncate -s 8388608 ${image}`]);
    const attached = fake({ loop0: image });
    expect(await errorOf(loop.unprovision?.(attached.at as never))).to.include({ code: 'REFUSED' });
    expect(attached.done).to.deep.equal([]);
  });

  it('provision: says that size is missing; keeps an image of the right size; never resizes', async () => {
    const none = fake({});
    none.machine.stats = {};
    expect(await errorOf(loop.provision?.(none.at as never))).to.include({ code: 'REFUSED' });
    const right = fake({}, { stats: { [image]: { sizeBytes: 8 } } }, { config: { size: '8' } });
    await loop.provision?.(right.at as never);
    const other = fake({}, { stats: { [image]: { sizeBytes: 9 } } }, { config: { size: '8' } });
    expect(await errorOf(loop.provision?.(other.at as never))).to.include({ code: 'REFUSED' });
    expect([...none.done, ...right.done, ...other.done]).to.deep.equal([]);
  });
});
