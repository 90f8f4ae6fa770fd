/** Space and life of a mounted filesystem: one statfs call, in a process that may be left behind where it can hang (`stat -f`). */
import type { Argv, Reader, ReadPrefix, Space } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

export const statfsReads = [['stat', '-f', '-c', '%b %a %S']] as const satisfies readonly ReadPrefix[];

export function statfsArgv(path: string): Argv {
  return ['stat', '-f', '-c', '%b %a %S', path];
}

/** The kernel answers from memory: it waits for no disk, no server and no program. */
const neverWaiting: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'ext2', 'ext3', 'ext4', 'xfs', 'squashfs']);

/** TIMEOUT when the filesystem does not answer. @param type as the kernel names it */
export async function readSpace(reader: Reader, path: string, type: string, timeoutMs: number): Promise<Space> {
  // Thousands of them are looked at every minute, and each process costs more than everything else of such a look.
  if (reader.space !== undefined && neverWaiting.has(type)) return reader.space(path);
  return parseSpace((await reader.read(statfsArgv(path), { timeoutMs })).stdout);
}

export function parseSpace(text: string): Space {
  const [, blocks, free, blockSize] = /^(\d+) (\d+) (\d+)\n?$/.exec(text) ?? [];
  if (!blocks || !free || !blockSize) throw new SvcError('COMMAND', `stat -f output is not understood: ${text}`, { facts: { line: text } });
  return { sizeBytes: Number(blocks) * Number(blockSize), freeBytes: Number(free) * Number(blockSize) };
}

/** Whole percent that is free, rounded down; undefined where a filesystem has no size. */
export function freePercent(space: Space): number | undefined {
  return space.sizeBytes === 0 ? undefined : Math.floor((space.freeBytes * 100) / space.sizeBytes);
}
