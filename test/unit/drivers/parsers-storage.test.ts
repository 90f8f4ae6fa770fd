import { expect } from 'chai';
import fc from 'fast-check';
import type { Reader } from '../../../agent/driver/contract.ts';
import { parseErrorStats } from '../../../drivers/lib/btrfs.ts';
import { deviceNumber, parseDevices, udevName } from '../../../drivers/lib/device.ts';
import { parseSwaps } from '../../../drivers/lib/device-users.ts';
import { e2fsckRefusal, mkfsExtArgv, parseErrorsCount } from '../../../drivers/lib/e2fs.ts';
import { lastLines } from '../../../drivers/lib/last-lines.ts';
import { attachArgv, parseAttached, parseBackingFile } from '../../../drivers/lib/loop.ts';
import {
  decodeOctal,
  depthOf,
  mountOf,
  mountsBelow,
  mountsOn,
  parentOf,
  parseMountinfo,
  tidyPath,
} from '../../../drivers/lib/mountinfo.ts';
import { compareOwner, ownerArgvs, parseOwner, tidyPerm } from '../../../drivers/lib/ownership.ts';
import { parsePathUsers, pathUsersArgv } from '../../../drivers/lib/path-users.ts';
import { parseSignatures } from '../../../drivers/lib/signatures.ts';
import { freePercent, parseSpace, readSpace } from '../../../drivers/lib/statfs.ts';
import { fixture } from './fixture.ts';

/** Each text must be refused with an error that quotes the offending part. */
function refuses(parse: (text: string) => unknown, ...texts: readonly string[]): void {
  for (const text of texts)
    expect(() => parse(text), text)
      .to.throw()
      .with.property('code', 'COMMAND');
}

describe('parser of /proc/self/mountinfo', () => {
  const mounts = parseMountinfo(fixture('mountinfo.txt'));

  it('reads every field, with blanks decoded', () => {
    expect(mounts.find((mount) => mount.id === 43)).to.deep.equal({
      id: 43,
      parentId: 27,
      device: '7:0',
      root: '/',
      mountPoint: '/srv/cap/mnt a',
      options: ['rw', 'relatime'],
      type: 'ext4',
      source: '/dev/loop0',
      superOptions: ['rw'],
    });
    expect(mounts.find((mount) => mount.id === 44)).to.include({ root: '/sub', mountPoint: '/srv/cap/bind' });
  });

  it('reads optional fields and an empty source', () => {
    const [mount] = parseMountinfo('98 97 0:45 / /mnt rw,nosuid shared:12 master:3 - tmpfs  rw,size=4k\n');
    expect(mount).to.include({ source: '', type: 'tmpfs', mountPoint: '/mnt' });
  });

  it('orders what is mounted over each other, the one that is seen last', () => {
    expect(mountsOn(mounts, '/srv/cap/mnt a/sub').map(({ id }) => id)).to.deep.equal([45, 46]);
    expect(mountsOn([...mounts].reverse(), '/srv/cap/mnt a/sub').map(({ id }) => id)).to.deep.equal([45, 46]);
    expect(mountsOn(mounts, '/nowhere')).to.deep.equal([]);
  });

  it('finds what lies below, deepest first, and not what only begins alike', () => {
    const text = [
      '1 0 1:0 / / rw - ext4 /dev/a rw',
      '2 1 1:1 / /m rw - ext4 /dev/b rw',
      '3 2 1:2 / /m/x rw - ext4 /dev/c rw',
      '4 3 1:3 / /m/x/y rw - ext4 /dev/d rw',
      '5 1 1:4 / /mm rw - ext4 /dev/e rw',
      '',
    ];
    const some = parseMountinfo(text.join('\n'));
    expect(mountsBelow(some, '/m').map(({ mountPoint }) => mountPoint)).to.deep.equal(['/m/x/y', '/m/x']);
    expect(mountOf(some, '/m/x/file')?.id).to.equal(3);
    expect(mountOf(some, '/mmm')?.id).to.equal(1);
  });

  it('refuses a line of another shape and a cut text', () => {
    refuses(
      parseMountinfo,
      'garbage\n',
      '1 2 3 / / rw - ext4 a rw\n',
      '1 0 1:0 / / rw ext4 /dev/a rw\n',
      '1 0 1:0 / / rw - ext4 /dev/a rw',
    );
    expect(() => parseMountinfo('1 0 1:0 / /x rw\n')).to.throw('1 0 1:0 / /x rw');
    expect(parseMountinfo('')).to.deep.equal([]);
  });

  it('gives back any name that the kernel can write', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !/[\0/]/.test(text));
    const encode = (text: string) => text.replace(/[ \t\n\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
    fc.assert(
      fc.property(name, (text) => {
        const [mount] = parseMountinfo(`1 0 1:0 / /${encode(text)} rw - ext4 /dev/${encode(text)} rw\n`);
        return mount?.mountPoint === `/${text}` && mount.source === `/dev/${text}`;
      }),
    );
    expect(decodeOctal('a\\040b\\134040')).to.equal('a b\\040');
    expect(parseMountinfo('1 0 1:0 / /a\u00a0b\u2028c rw - ext4 /dev/a rw\n')[0]?.mountPoint).to.equal('/a\u00a0b\u2028c');
  });

  it('paths', () => {
    expect([depthOf('/'), depthOf('/a/b'), depthOf('/a/')]).to.deep.equal([0, 2, 1]);
    expect([parentOf('/a/b'), parentOf('/a'), parentOf('/')]).to.deep.equal(['/a', '/', '/']);
    expect([tidyPath('/a//b/'), tidyPath('/')]).to.deep.equal(['/a/b', '/']);
  });
});

describe('parsers of storage tools', () => {
  it('backing file of a loop device', () => {
    expect(parseBackingFile('loop0', fixture('backing-file.txt'))).to.deep.equal({
      device: '/dev/loop0',
      file: '/srv/cap/a.img',
      deleted: false,
    });
    expect(parseBackingFile('loop0', fixture('backing-file-deleted.txt'))).to.deep.equal({
      device: '/dev/loop0',
      file: '/srv/cap/a.img',
      deleted: true,
    });
    expect(parseBackingFile('loop0', '\n')).to.equal(undefined);
    refuses((text) => parseBackingFile('loop0', text), 'a.img\n');
  });

  it('losetup --show', () => {
    expect(parseAttached(fixture('losetup-show.txt'))).to.equal('/dev/loop0');
    refuses(parseAttached, '', 'loop0', '/dev/loop0\n/dev/loop1\n', 'losetup: warning\n/dev/loop0\n');
    expect(attachArgv('/a.img', 4096)).to.deep.equal(['losetup', '--find', '--nooverlap', '--sector-size', '4096', '--show', '/a.img']);
  });

  it('wipefs --json', () => {
    expect(parseSignatures(fixture('wipefs-none.json'))).to.deep.equal([]);
    expect(parseSignatures('')).to.deep.equal([]);
    expect(parseSignatures(fixture('wipefs-ext4.json'))).to.deep.equal([
      { type: 'ext4', offset: '0x438', uuid: 'baab7e87-3f1f-4ec4-a56d-8f7362b60498', label: 'data' },
    ]);
    refuses(
      parseSignatures,
      'DEVICE OFFSET',
      '{}',
      '[]',
      'null',
      '{"signatures":[{"type":1}]}',
      '{"signatures":[null]}',
      fixture('wipefs-ext4.json').slice(0, 60),
    );
  });

  it('stat -f and stat -c', () => {
    const space = parseSpace(fixture('stat-f.txt'));
    expect(space).to.deep.equal({ sizeBytes: 14073 * 1024, freeBytes: 12912 * 1024 });
    expect(freePercent(space)).to.equal(91);
    expect(freePercent({ sizeBytes: 0, freeBytes: 0 })).to.equal(undefined);
    refuses(parseSpace, '', '1 2', '1 2 x', '1 2 3 4');
    expect(parseOwner(fixture('stat-owner.txt'))).to.deep.equal({ user: ['root', '0'], group: ['root', '0'], perm: '755' });
    expect(parseOwner('1000 513 2770 svc:domain users\n').group).to.deep.equal(['domain users', '513']);
    refuses(parseOwner, '', '0 0 755 root', '0 0 999 root:root');
  });

  it('a process for each look only where the filesystem may hang', async () => {
    const asked: string[] = [];
    const reader = {
      read: async (argv: readonly string[]) => {
        asked.push(argv.join(' '));
        return { stdout: '2 1 4096\n' };
      },
      space: async () => ({ sizeBytes: 100, freeBytes: 50 }),
    } as unknown as Reader;
    for (const type of ['tmpfs', 'ext4', 'xfs']) expect((await readSpace(reader, '/mnt', type, 1000)).sizeBytes, type).to.equal(100);
    for (const type of ['nfs4', 'fuse.sshfs', 'btrfs', 'zfs'])
      expect((await readSpace(reader, '/mnt', type, 1000)).sizeBytes, type).to.equal(8192);
    const { space: _inside, ...contained } = reader;
    expect((await readSpace(contained, '/mnt', 'ext4', 1000)).sizeBytes).to.equal(8192);
    expect(new Set(asked)).to.deep.equal(new Set(['stat -f -c %b %a %S /mnt']));
    expect(asked.length).to.equal(5);
  });

  it('owner and mode: names and numbers, what differs, how it is set', () => {
    const owner = parseOwner('26 26 700 postgres:postgres\n');
    expect(compareOwner(owner, { user: '26', group: 'postgres', perm: 700 })).to.deep.equal([]);
    expect(compareOwner(owner, { user: 'root', group: 'adm', perm: 750 })).to.deep.equal([
      'owner postgres, wanted root',
      'group postgres, wanted adm',
      'mode 700, wanted 750',
    ]);
    expect(compareOwner(owner, { user: undefined, group: undefined, perm: undefined })).to.deep.equal([]);
    expect(ownerArgvs('/a', { user: undefined, group: 'adm', perm: 750 })).to.deep.equal([
      ['chown', ':adm', '/a'],
      ['chmod', '00750', '/a'],
    ]);
    expect(ownerArgvs('/a', { user: 'u', group: undefined, perm: undefined })).to.deep.equal([['chown', 'u', '/a']]);
    expect([tidyPerm(0), tidyPerm(55), tidyPerm(1777)]).to.deep.equal(['000', '055', '1777']);
    expect(() => tidyPerm(980)).to.throw('not an octal mode');
  });

  it('find in /proc', () => {
    expect([...parsePathUsers(fixture('find-users.txt').trimEnd())]).to.deep.equal([[5431, ['fd']]]);
    const text = '/proc/20/fd/3\t/m/a\tb\nc\0/proc/7/cwd\t/m\0/proc/20/fd/4\t/m/x\0/proc/20/map_files/1-2\t/m/lib\0';
    expect([...parsePathUsers(text)]).to.deep.equal([
      [7, ['cwd']],
      [20, ['fd', 'map_files']],
    ]);
    expect(parsePathUsers('').size).to.equal(0);
    refuses(parsePathUsers, 'find: error\0', '/proc/x/cwd\t/m\0');
    expect(pathUsersArgv('/m[1]*')).to.include.members(['/m\\[1\\]\\*', '/m\\[1\\]\\*/*']);
  });

  it('blkid, udev names, device numbers, swaps', () => {
    expect(parseDevices(fixture('blkid-device.txt'))).to.deep.equal(['/dev/loop0']);
    refuses(parseDevices, 'blkid: error\n');
    expect(udevName('my data/1')).to.equal('my\\x20data\\x2f1');
    expect([deviceNumber(0x700), deviceNumber(0xfe01), deviceNumber(0x100012)]).to.deep.equal(['7:0', '254:1', '0:274']);
    expect(parseSwaps(fixture('swaps.txt'))).to.deep.equal([]);
    expect(parseSwaps('Filename\tType\n/dev/dm-1    partition\t8\n/my\\040swap\tfile\t8\n')).to.deep.equal(['/dev/dm-1', '/my swap']);
  });

  it('e2fsck exit codes: only clean and corrected may be mounted', () => {
    expect([0, 1].map(e2fsckRefusal)).to.deep.equal([undefined, undefined]);
    for (const code of [2, 3, 4, 5, 8, 12, 16, 32, 33, 128, 64]) expect(e2fsckRefusal(code), String(code)).to.be.a('string');
    expect(e2fsckRefusal(3)).to.contain('rebooted');
    expect(e2fsckRefusal(12)).to.contain('uncorrected').and.to.contain('could not work');
    expect(lastLines(fixture('e2fsck-broken.txt'))).to.contain('Unconnected directory inode 13');
    expect(lastLines(fixture('e2fsck-clean.txt'))).to.equal('data: clean, 12/4096 files, 2326/16384 blocks');
  });

  it('counters of ext4 and btrfs, sizes of mkfs', () => {
    expect(parseErrorsCount('12\n')).to.equal(12);
    refuses(parseErrorsCount, '', 'x\n', '-1\n');
    expect(parseErrorStats('write_errs 0\nread_errs 3\n')).to.deep.equal(['read_errs 3']);
    refuses(parseErrorStats, 'write_errs\n');
    expect(mkfsExtArgv('ext4', '/dev/x', ['-m', '0'], 10 * 1024 * 1024)).to.deep.equal(['mkfs.ext4', '-q', '-m', '0', '/dev/x', '10240k']);
  });
});
