/** Space and life of a mounted filesystem: `stat -f` (one statfs call in a process that may be left behind when it hangs). */
import type { Argv, Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

export interface Space {
  readonly sizeBytes: number;
  /** Free for ordinary users. */
  readonly freeBytes: number;
}

export const statfsReads = [['stat', '-f', '-c', '%b %a %S']] as const satisfies readonly ReadPrefix[];

export function statfsArgv(path: string): Argv {
  return ['stat', '-f', '-c', '%b %a %S', path];
}

/** TIMEOUT when the filesystem does not answer. */
export async function readSpace(reader: Reader, path: string, timeoutMs: number): Promise<Space> {
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
