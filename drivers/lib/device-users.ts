/** Who holds a block device: mounts, devices stacked on it, swap. All from /proc and /sys. */
import type { Reader } from '../../agent/driver/contract.ts';
import { btrfsOf, type Device, isMountOf } from './device.ts';
import { decodeOctal, readMounts } from './mountinfo.ts';

/** One sentence part per use: `mounted on /srv`, `held by dm-3`, `swap`. */
export async function usesOfDevice(reader: Reader, device: Device): Promise<readonly string[]> {
  const uses: string[] = [];
  for (const mount of await readMounts(reader)) {
    if (await isMountOf(reader, mount, device)) uses.push(`mounted on ${mount.mountPoint}`);
  }
  for (const number of device.numbers) {
    for (const holder of await reader.list(`/sys/dev/block/${number}/holders`)) uses.push(`held by ${holder}`);
  }
  const swaps = parseSwaps((await reader.file('/proc/swaps')) ?? '');
  if (swaps.some((path) => path === device.path || path === device.real || path === device.wanted)) uses.push('swap');
  if (uses.length === 0 && device.real !== undefined && (await btrfsOf(reader, device.real)) !== undefined)
    uses.push('part of a mounted btrfs');
  return uses;
}

/** The paths of /proc/swaps (a heading, then one line each, blanks as \040). */
export function parseSwaps(text: string): readonly string[] {
  const lines = text.split('\n').slice(1);
  return lines.filter((line) => line !== '').map((line) => decodeOctal(line.split(/[ \t]/, 1)[0] ?? ''));
}
