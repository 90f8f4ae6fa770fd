/** What a `dev` keyword means now: a block device by path, `UUID=` or `LABEL=`, or an image file and the loop device over it. */
import type { Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { type Loop, loopsOver } from './loop.ts';
import type { Mount } from './mountinfo.ts';

export interface Device {
  /** As the service file says it. */
  readonly wanted: string;
  /** What commands are given; undefined while the device is not there. */
  readonly path: string | undefined;
  /** `path` with every link resolved: `/dev/dm-3`. */
  readonly real: string | undefined;
  /** Device numbers a mount of it may carry: `7:0`. Several when a file is (wrongly) attached twice. */
  readonly numbers: readonly string[];
  /** An image file that no loop device is over. */
  readonly bareImage: boolean;
}

export const deviceReads = [['blkid', '-c', '/dev/null', '-o', 'device', '-t']] as const satisfies readonly ReadPrefix[];

/** Looks the device up; REFUSED when it is neither a block device nor a file. */
export async function findDevice(reader: Reader, wanted: string): Promise<Device> {
  const path = /^[A-Z]+=/.test(wanted) ? await deviceOfTag(reader, wanted) : wanted;
  const absent = { wanted, path: undefined, real: undefined, numbers: [], bareImage: false };
  if (path === undefined) return absent;
  const stat = await reader.stat(path);
  if (stat?.kind === 'block') {
    return { wanted, path, real: await reader.resolve(path), numbers: [deviceNumber(stat.rdev)], bareImage: false };
  }
  if (stat === undefined && path.startsWith('/dev/')) return absent;
  if (stat !== undefined && stat.kind !== 'file')
    throw new SvcError('REFUSED', `${wanted} is a ${stat.kind}, not a block device or an image file`);
  return findImage(reader, path, await loopsOver(reader, path), stat !== undefined);
}

async function findImage(reader: Reader, file: string, loops: readonly Loop[], exists: boolean): Promise<Device> {
  const live = loops.find((loop) => !loop.deleted);
  const stats = await Promise.all(loops.map((loop) => reader.stat(loop.device)));
  return {
    wanted: file,
    path: live?.device ?? (exists ? file : undefined),
    real: live?.device ?? (exists ? await reader.resolve(file) : undefined),
    numbers: stats.filter((stat) => stat !== undefined).map((stat) => deviceNumber(stat.rdev)),
    bareImage: exists && live === undefined,
  };
}

const tagFolders: Readonly<Record<string, string>> = {
  UUID: 'by-uuid',
  LABEL: 'by-label',
  PARTUUID: 'by-partuuid',
  PARTLABEL: 'by-partlabel',
};

/** udev's links first (no spawn); blkid where there is no udev. */
async function deviceOfTag(reader: Reader, tag: string): Promise<string | undefined> {
  const cut = tag.indexOf('=');
  const folder = tagFolders[tag.slice(0, cut)];
  const value = tag.slice(cut + 1);
  if (folder === undefined || value === '')
    throw new SvcError('CONFIG', `dev = ${tag}: allowed are a path, UUID=, LABEL=, PARTUUID= and PARTLABEL=`);
  const linked = value.includes('/') ? undefined : await reader.resolve(`/dev/disk/${folder}/${udevName(value)}`);
  if (linked !== undefined) return linked;
  const result = await reader.read(['blkid', '-c', '/dev/null', '-o', 'device', '-t', tag], { okCodes: [0, 2] });
  const found = parseDevices(result.stdout);
  if (found.length > 1)
    throw new SvcError('REFUSED', `${tag} names several devices: ${found.join(', ')}`, { hint: 'write the path of the one that is meant' });
  return found[0];
}

/** udev writes every other character of a link name as `\x20`. */
export function udevName(value: string): string {
  return value.replace(
    /[^A-Za-z0-9#+\-.:=@_\u0080-\u{10ffff}]/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** `blkid -o device`: one path a line. */
export function parseDevices(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  for (const line of lines) {
    if (!line.startsWith('/dev/')) throw new SvcError('COMMAND', `blkid printed no device: ${line}`, { facts: { line } });
  }
  return lines;
}

/** Linux's coding of st_rdev (makedev(3)) as mountinfo prints it: `major:minor`. */
export function deviceNumber(rdev: number): string {
  const number = BigInt(rdev);
  const major = ((number >> 8n) & 0xfffn) | ((number >> 32n) & 0xfffff000n);
  const minor = (number & 0xffn) | ((number >> 12n) & 0xffffff00n);
  return `${major}:${minor}`;
}

/** Is this mount one of that device? The number decides where the filesystem has one; else the source, under any alias. */
export async function isMountOf(reader: Reader, mount: Mount, device: Device): Promise<boolean> {
  const anonymous = mount.device.startsWith('0:');
  if (!anonymous && device.numbers.length > 0) return device.numbers.includes(mount.device);
  if (mount.source === device.wanted || mount.source === device.path || mount.source === device.real) return true;
  if (!mount.source.startsWith('/') || device.real === undefined) return false;
  const source = await reader.resolve(mount.source);
  if (source === device.real) return true;
  return mount.type === 'btrfs' && source !== undefined && (await shareBtrfs(reader, source, device.real));
}

/** A btrfs of several devices is mounted by any one of them; the kernel lists them all. */
async function shareBtrfs(reader: Reader, one: string, other: string): Promise<boolean> {
  const id = await btrfsOf(reader, one);
  return id !== undefined && id === (await btrfsOf(reader, other));
}

/** The id of the mounted btrfs that has this device, from /sys/fs/btrfs. */
export async function btrfsOf(reader: Reader, device: string): Promise<string | undefined> {
  const name = device.slice(device.lastIndexOf('/') + 1);
  for (const id of await reader.list('/sys/fs/btrfs')) {
    if (id.includes('-') && (await reader.list(`/sys/fs/btrfs/${id}/devices`)).includes(name)) return id;
  }
  return undefined;
}
