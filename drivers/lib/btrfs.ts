/** btrfs: subvolumes as mount options, and the faults each device has counted (/sys/fs/btrfs). */
import type { Note, Reader } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { btrfsOf } from './device.ts';
import type { Mount } from './mountinfo.ts';

/** Is this mount of the wanted subvolume? Without `subvol` or `subvolid` any one is (the filesystem has a default one). */
export function isWantedSubvolume(mount: Mount, options: readonly string[]): boolean {
  const name = optionValue(options, 'subvol');
  if (name !== undefined) return mount.root === (name.startsWith('/') ? name : `/${name}`);
  const id = optionValue(options, 'subvolid');
  return id === undefined || optionValue(mount.superOptions, 'subvolid') === id;
}

function optionValue(options: readonly string[], key: string): string | undefined {
  return options.findLast((option) => option.startsWith(`${key}=`))?.slice(key.length + 1);
}

/** Missing devices, a degraded mount and counted errors. */
export async function btrfsHealth(reader: Reader, mount: Mount): Promise<readonly Note[]> {
  const notes: Note[] = [];
  if (mount.superOptions.includes('degraded')) notes.push({ level: 'warn', text: 'it is mounted degraded' });
  const source = (await reader.resolve(mount.source)) ?? mount.source;
  const id = await btrfsOf(reader, source);
  if (id === undefined) return notes;
  for (const device of await reader.list(`/sys/fs/btrfs/${id}/devinfo`)) {
    const folder = `/sys/fs/btrfs/${id}/devinfo/${device}`;
    if (parseMissing(await reader.file(`${folder}/missing`)))
      notes.push({ level: 'warn', text: `device ${device} of the filesystem is missing` });
    const stats = await reader.file(`${folder}/error_stats`);
    const errors = stats === undefined ? [] : parseErrorStats(stats);
    if (errors.length > 0)
      notes.push({
        level: 'warn',
        text: `device ${device} has counted errors: ${errors.join(', ')}`,
        mend: `btrfs device stats ${mount.mountPoint}`,
      });
  }
  return notes;
}

/** `0` or `1` and a newline; the file is absent on kernels before 5.14, which show nothing of the kind. */
export function parseMissing(text: string | undefined): boolean {
  if (text !== undefined && !/^[01]\n$/.test(text))
    throw new SvcError('COMMAND', `btrfs devinfo missing is not understood: ${text}`, { facts: { line: text } });
  return text === '1\n';
}

/** The counters that are not zero: `read_errs 3`. Every line ends with a newline: without one it was cut. */
export function parseErrorStats(text: string): readonly string[] {
  const lines = text.split('\n').slice(0, -1);
  const odd = lines.find((line) => !/^[a-z_]+ \d+$/.test(line));
  if (odd !== undefined || lines.length === 0 || !text.endsWith('\n'))
    throw new SvcError('COMMAND', `btrfs error_stats is not understood: ${odd ?? text}`, { facts: { line: odd ?? text } });
  return lines.filter((line) => !line.endsWith(' 0'));
}
