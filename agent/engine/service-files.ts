/**
 * Service files and the node file as the daemon follows them: what changed is taken when it has stopped changing, so that a file
 * that is being written is not read half (an editor may write in place). What is not valid is shown as such, and the last good
 * definition serves meanwhile.
 */
import { stat } from 'node:fs/promises';
import { listServices } from '../config/load.ts';
import { asSvcError, type SvcError } from '../errors.ts';
import { loadForStatus, type Shown } from './services.ts';
import type { World } from './world.ts';

export interface FileChanges {
  readonly loaded: ReadonlyMap<string, Shown>;
  /** Services that can be shown by nothing: never valid, or of two files. */
  readonly unreadable: ReadonlyMap<string, SvcError>;
  readonly gone: readonly string[];
  readonly nodeFile: boolean;
  /** Something changed a moment ago: look again soon. */
  readonly unsettled: boolean;
}

export interface ServiceFiles {
  /** @param atOnce take what is there now: whoever asks says that it is complete */
  scan(atOnce?: boolean): Promise<FileChanges>;
}

interface Sight {
  readonly mark: string;
  /** When this mark was first seen, on the clock that does not jump. */
  readonly sinceMs: number;
}

/** The key of the node file among those of services: no service can have it. */
const nodeKey = '/';

export function createServiceFiles(world: () => World, nowMs: () => number, settleMs = 500): ServiceFiles {
  const taken = new Map<string, string>();
  const seen = new Map<string, Sight>();
  return {
    async scan(atOnce = false) {
      const isFirst = taken.size === 0;
      const marks = await marksOf(world());
      const changed = [...marks].filter(([name, mark]) => taken.get(name) !== mark);
      for (const [name, mark] of changed) if (seen.get(name)?.mark !== mark) seen.set(name, { mark, sinceMs: nowMs() });
      const isSettled = ([name]: readonly [string, string]): boolean => nowMs() - (seen.get(name)?.sinceMs ?? 0) >= settleMs;
      const due = atOnce || isFirst ? changed : changed.filter(isSettled);
      for (const [name, mark] of due) taken.set(name, mark);
      const gone = [...taken.keys()].filter((name) => !marks.has(name));
      for (const name of gone) taken.delete(name);
      const names = due.map(([name]) => name).filter((name) => name !== nodeKey);
      return {
        ...(await load(world(), names)),
        gone,
        nodeFile: !isFirst && due.some(([name]) => name === nodeKey),
        unsettled: due.length < changed.length,
      };
    },
  };
}

async function load(world: World, names: readonly string[]): Promise<Pick<FileChanges, 'loaded' | 'unreadable'>> {
  const loaded = new Map<string, Shown>();
  const unreadable = new Map<string, SvcError>();
  // One after the other: a thousand files at once would only fill the memory.
  for (const name of names) {
    try {
      loaded.set(name, await loadForStatus(world, name));
    } catch (thrown) {
      unreadable.set(name, asSvcError(thrown));
    }
  }
  return { loaded, unreadable };
}

/** What tells whether the file, or the files, of a name are others than before. */
async function marksOf({ paths }: World): Promise<ReadonlyMap<string, string>> {
  const files = [...(await listServices(paths.services)), { name: nodeKey, path: paths.nodeFile }];
  const marks = await Promise.all(files.map(async ({ name, path }) => [name, `${path}:${await markOf(path)}`] as const));
  const joined = new Map<string, string>();
  for (const [name, mark] of marks) joined.set(name, [joined.get(name), mark].join(' '));
  return joined;
}

async function markOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, mode } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${mode}`;
  } catch {
    return 'absent';
  }
}
