/** From the devices of a resource down to its disks: volumes and partitions to what is below them, a disk to all its paths. */
import type { Reader } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { deviceNumber } from './device.ts';
import { findMapped, isMultipath, type Mapped, pathsOfMap } from './device-mapper.ts';

/** One way to a disk: an I_T nexus. */
export interface DiskPath {
  /** `sda` */
  readonly kernel: string;
  /** `/dev/sda` */
  readonly device: string;
}

/** A disk, and every path of this node to it. */
export interface Lun {
  /** What people call it: the map, or the only path. */
  readonly name: string;
  /** The multipath map over the paths, if there is one. */
  readonly map: Mapped | undefined;
  readonly paths: readonly DiskPath[];
  readonly vendor: string;
  readonly model: string;
}

/** The disks below these devices, each once, in the order of the devices. */
export async function findLuns(reader: Reader, devices: readonly string[]): Promise<readonly Lun[]> {
  const leaves = new Map<string, Mapped | undefined>();
  for (const device of devices) {
    for (const leaf of await leavesOf(reader, await kernelName(reader, device))) leaves.set(leaf.kernel, leaf.map);
  }
  const luns: Lun[] = [];
  const known = new Set<string>();
  for (const [kernel, map] of leaves) {
    if (known.has(kernel)) continue;
    const lun = map === undefined ? await diskOf(reader, kernel) : await mapOf(reader, map);
    for (const path of lun.paths) known.add(path.kernel);
    luns.push(lun);
  }
  return luns;
}

/** `/dev/mapper/x`, `/dev/sda1` -> `dm-0`, `sda1`; undefined when it is not there. */
async function kernelName(reader: Reader, device: string): Promise<string | undefined> {
  const stat = await reader.stat(device);
  if (stat === undefined) return undefined;
  if (stat.kind !== 'block') throw new SvcError('REFUSED', `${device} is a ${stat.kind}, not a block device`);
  return nameOfNumber(reader, deviceNumber(stat.rdev));
}

async function nameOfNumber(reader: Reader, number: string): Promise<string> {
  const folder = await reader.resolve(`/sys/dev/block/${number}`);
  if (folder === undefined) throw new SvcError('COMMAND', `/sys/dev/block/${number} leads nowhere`);
  return folder.slice(folder.lastIndexOf('/') + 1);
}

interface Leaf {
  readonly kernel: string;
  readonly map: Mapped | undefined;
}

async function leavesOf(reader: Reader, kernel: string | undefined): Promise<readonly Leaf[]> {
  if (kernel === undefined) return [];
  const mapped = await findMapped(reader, kernel);
  if (mapped !== undefined && isMultipath(mapped)) return [{ kernel, map: mapped }];
  const below = await belowOf(reader, kernel);
  if (below.length === 0) return [{ kernel, map: undefined }];
  return (await Promise.all(below.map((one) => leavesOf(reader, one)))).flat();
}

/** What a mapped or RAID device stands on; the disk of a partition (which has no folder of its own in /sys/block). */
async function belowOf(reader: Reader, kernel: string): Promise<readonly string[]> {
  if ((await reader.file(`/sys/class/block/${kernel}/partition`)) === undefined) return reader.list(`/sys/block/${kernel}/slaves`);
  const folder = await reader.resolve(`/sys/class/block/${kernel}`);
  const disk = folder?.split('/').at(-2);
  if (disk === undefined) throw new SvcError('COMMAND', `/sys/class/block/${kernel} leads nowhere`);
  return [disk];
}

async function mapOf(reader: Reader, map: Mapped): Promise<Lun> {
  const numbers = await pathsOfMap(reader, map.name);
  const paths = await Promise.all(numbers.map(async (number) => pathNamed(await nameOfNumber(reader, number))));
  return { name: `/dev/mapper/${map.name}`, map, paths, ...(await makerOf(reader, paths[0]?.kernel)) };
}

/** Without a map over them, the paths of a disk are those that tell the same wwid. */
async function diskOf(reader: Reader, kernel: string): Promise<Lun> {
  const wwid = await wwidOf(reader, kernel);
  const others = wwid === undefined ? [] : await sameDisk(reader, wwid);
  const kernels = others.includes(kernel) ? [kernel, ...others.filter((other) => other !== kernel)] : [kernel];
  return { name: `/dev/${kernel}`, map: undefined, paths: kernels.map(pathNamed), ...(await makerOf(reader, kernel)) };
}

async function sameDisk(reader: Reader, wwid: string): Promise<readonly string[]> {
  const names = (await reader.list('/sys/block')).filter((name) => /^sd[a-z]+$/.test(name));
  const wwids = await Promise.all(names.map((name) => wwidOf(reader, name)));
  return names.filter((_, at) => wwids[at] === wwid);
}

async function wwidOf(reader: Reader, kernel: string): Promise<string | undefined> {
  const text = (await reader.file(`/sys/block/${kernel}/device/wwid`))?.trim();
  return text === undefined || text === '' ? undefined : text;
}

function pathNamed(kernel: string): DiskPath {
  return { kernel, device: `/dev/${kernel}` };
}

async function makerOf(reader: Reader, kernel: string | undefined): Promise<Pick<Lun, 'vendor' | 'model'>> {
  const field = async (name: string): Promise<string> => ((await reader.file(`/sys/block/${kernel}/device/${name}`)) ?? '').trim();
  return { vendor: await field('vendor'), model: await field('model') };
}

/** `3` of `3:0:0:1`: the adapter that a path goes through. */
export async function hostOf(reader: Reader, kernel: string): Promise<string> {
  const folder = await reader.resolve(`/sys/block/${kernel}/device`);
  const [, host] = /\/(\d+):\d+:\d+:\d+$/.exec(folder ?? '') ?? [];
  if (host === undefined) throw new SvcError('COMMAND', `/sys/block/${kernel}/device leads to no SCSI address: ${folder}`);
  return host;
}

/**
 * How many registrations the disk keeps of a node that registered on every path: one for each path, but a 3PAR array keeps one
 * for each adapter (storage-drivers.md §2.3).
 */
export async function expectedRegistrations(reader: Reader, lun: Lun): Promise<number> {
  if (lun.vendor !== '3PARdata' || lun.model !== 'VV') return lun.paths.length;
  return new Set(await Promise.all(lun.paths.map((path) => hostOf(reader, path.kernel)))).size;
}
