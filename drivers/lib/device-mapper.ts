/** Device-mapper from /sys: what a device is, what stands on it, and the table of a multipath map (dmsetup(8)). */
import type { Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

/** A mapped device. */
export interface Mapped {
  /** `dm-3` */
  readonly kernel: string;
  /** `vg_svc1-data`: its name in /dev/mapper. */
  readonly name: string;
  /** Begins with the kind of who made it: `LVM-`, `mpath-`, `part1-`, `CRYPT-`; may be empty. */
  readonly uuid: string;
}

export const mapperReads = [['dmsetup', 'table']] as const satisfies readonly ReadPrefix[];

/** Undefined when the kernel name is no mapped device, or is gone. */
export async function findMapped(reader: Reader, kernel: string): Promise<Mapped | undefined> {
  if (!kernel.startsWith('dm-')) return undefined;
  const [name, uuid] = await Promise.all(['name', 'uuid'].map((field) => reader.file(`/sys/block/${kernel}/dm/${field}`)));
  if (name === undefined || uuid === undefined) return undefined;
  const tidy = name.trimEnd();
  if (tidy === '' || !name.endsWith('\n') || !uuid.endsWith('\n'))
    throw new SvcError('COMMAND', `/sys/block/${kernel}/dm tells no name: ${name}`);
  return { kernel, name: tidy, uuid: uuid.trimEnd() };
}

/** Kernel names of the devices that stand right on this one (`253:0`, or a kernel name). */
export function holdersOf(reader: Reader, device: string): Promise<readonly string[]> {
  return reader.list(device.includes(':') ? `/sys/dev/block/${device}/holders` : `/sys/block/${device}/holders`);
}

/** kpartx(8) marks its maps so; `kpartx -d` of the device below removes them. */
export function isPartitionMap({ uuid }: Mapped): boolean {
  return /^part\d+-/.test(uuid);
}

/** Is it a part that LVM itself made inside this group: the leg of a mirror, the origin of a snapshot? */
export function isOfGroup({ uuid }: Mapped, groupUuid: string): boolean {
  return uuid.startsWith(`LVM-${groupUuid.replaceAll('-', '')}`);
}

export function isMultipath({ uuid }: Mapped): boolean {
  return uuid.startsWith('mpath-');
}

/** A name in /dev/mapper doubles each hyphen of group and volume: vg-a and lv-b are `vg--a-lv--b`. COMMAND when it is no such name. */
export function parseVolumeName(name: string): { readonly group: string; readonly volume: string } {
  const [, group, volume] = /^((?:[^-]|--)+)-((?:[^-]|--)+)$/.exec(name) ?? [];
  if (group === undefined || volume === undefined) throw new SvcError('COMMAND', `${name} is no name of a logical volume`);
  return { group: group.replaceAll('--', '-'), volume: volume.replaceAll('--', '-') };
}

/** Device numbers of the paths of a multipath map, in the order of its priority groups. */
export async function pathsOfMap(reader: Reader, name: string): Promise<readonly string[]> {
  return parseMultipathTable((await reader.read(['dmsetup', 'table', name])).stdout);
}

/**
 * `0 2097152 multipath 1 queue_if_no_path 1 alua 2 1 service-time 0 2 2 8:16 1 1 8:32 1 1 service-time 0 1 2 8:48 1 1`:
 * features and hardware handler are counted lists, then the groups: selector, its arguments, number of paths, number of
 * arguments of each path, and the paths (kernel: drivers/md/dm-mpath.c).
 */
export function parseMultipathTable(text: string): readonly string[] {
  const words = text.trim().split(/\s+/);
  const read = wordReader(words, text);
  read.skip(2);
  if (read.word() !== 'multipath') throw read.fault();
  read.skip(read.number());
  read.skip(read.number());
  const groups = read.number();
  read.number();
  const paths: string[] = [];
  for (let group = 0; group < groups; group++) {
    read.word();
    read.skip(read.number());
    const count = read.number();
    const each = read.number();
    for (let path = 0; path < count; path++) {
      paths.push(read.device());
      read.skip(each);
    }
  }
  read.end();
  return paths;
}

interface WordReader {
  word(): string;
  number(): number;
  device(): string;
  skip(count: number): void;
  end(): void;
  fault(): SvcError;
}

function wordReader(words: readonly string[], text: string): WordReader {
  let at = 0;
  const fault = (): SvcError => new SvcError('COMMAND', `this is no multipath table: ${text.slice(0, 200)}`, { facts: { line: text } });
  const next = (form: RegExp): string => {
    const word = words[at++];
    if (word === undefined || !form.test(word)) throw fault();
    return word;
  };
  return {
    word: () => next(/^\S+$/),
    number: () => Number(next(/^\d+$/)),
    device: () => next(/^\d+:\d+$/),
    skip: (count) => {
      for (let left = count; left > 0; left--) next(/^\S+$/);
    },
    end: () => {
      if (at !== words.length) throw fault();
    },
    fault,
  };
}
