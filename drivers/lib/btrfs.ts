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
    if ((await reader.file(`${folder}/missing`))?.trim() === '1')
      notes.push({ level: 'warn', text: `device ${device} of the filesystem is missing` });
    const errors = parseErrorStats((await reader.file(`${folder}/error_stats`)) ?? '');
    if (errors.length > 0)
      notes.push({
        level: 'warn',
        text: `device ${device} has counted errors: ${errors.join(', ')}`,
        mend: `btrfs device stats ${mount.mountPoint}`,
      });
  }
  return notes;
}

/** The counters that are not zero: `read_errs 3`. */
export function parseErrorStats(text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  for (const line of lines) {
    if (!/^[a-z_]+ \d+$/.test(line))
      throw new SvcError('COMMAND', `btrfs error_stats has a line that is not understood: ${line}`, { facts: { line } });
  }
  return lines.filter((line) => !line.endsWith(' 0'));
}
