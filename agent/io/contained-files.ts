/**
 * Files of another root folder (a container's) as its own processes see them: every link is resolved below that root, never on
 * this node. Each step is taken from an open descriptor (O_PATH, O_NOFOLLOW), so a link put in its place meanwhile leads nowhere else.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readlink, rename, unlink } from 'node:fs/promises';
import type { FileStat } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import { defaultMaxBytes, describeStat, errnoOf, fileError, readText, writeWhole } from './files.ts';

export interface ContainedFiles {
  readText(path: string): Promise<string | undefined>;
  statFile(path: string): Promise<FileStat | undefined>;
  listFolder(path: string): Promise<readonly string[]>;
  resolvePath(path: string): Promise<string | undefined>;
  /** Replaces a file: write beside it, fsync, rename. Keeps mode and owner of what was there unless `mode` is given. */
  writeAtomic(path: string, text: string, mode?: number): Promise<void>;
}

/** open(2)'s O_PATH, the same number on every Linux; node does not name it. */
const openPath = 0o10000000;
const maxLinks = 40;

/** What a path leads to. */
interface Reached {
  readonly handle: FileHandle;
  /** Names from the root, no links among them. */
  readonly names: readonly string[];
}

/** The root folder of a process, which needs no path that leads there. */
export async function openRootOf(pid: number): Promise<FileHandle> {
  try {
    return await open(`/proc/${pid}/root`, openPath | constants.O_DIRECTORY);
  } catch (error) {
    throw fileError('open', `/proc/${pid}/root`, error);
  }
}

/** @param root opens the root folder (O_PATH); throws when it is not the wanted one any more */
export function containedFiles(root: () => Promise<FileHandle>): ContainedFiles {
  const look = async <V>(verb: string, path: string, work: (reached: Reached) => Promise<V>): Promise<V | undefined> => {
    try {
      return await withPath(root, path, work);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT' || errno === 'ENOTDIR') return undefined;
      throw fileError(verb, path, error);
    }
  };
  return {
    readText: (path) => look('read', path, ({ handle }) => readText(placeOf(handle), defaultMaxBytes, path)),
    statFile: (path) => look('stat', path, async ({ handle }) => describeStat(await handle.stat())),
    listFolder: async (path) => (await look('list', path, async ({ handle }) => (await readdir(placeOf(handle))).sort())) ?? [],
    resolvePath: (path) => look('resolve', path, async ({ names }) => `/${names.join('/')}`),
    writeAtomic: async (path, text, mode) => {
      try {
        await replace(root, path, text, mode);
      } catch (error) {
        throw fileError('write', path, error);
      }
    },
  };
}

/** The kernel's own name of an open descriptor: opening it opens that very file. */
function placeOf(handle: FileHandle): string {
  return `/proc/self/fd/${handle.fd}`;
}

async function withPath<V>(root: () => Promise<FileHandle>, path: string, work: (reached: Reached) => Promise<V>): Promise<V> {
  const trail = await walk(await root(), partsOf(path));
  try {
    return await work({ handle: topOf(trail), names: trail.names });
  } finally {
    await closeAll(trail.handles);
  }
}

interface Trail {
  /** The root first. */
  readonly handles: FileHandle[];
  readonly names: string[];
}

/** Takes the parts one by one, as the kernel does below a changed root: `..` stops there, links begin there. */
async function walk(root: FileHandle, parts: readonly string[]): Promise<Trail> {
  const trail: Trail = { handles: [root], names: [] };
  const left = [...parts];
  try {
    for (let links = 0; left.length > 0; ) {
      const part = left.shift() as string;
      if (part === '..') {
        await goUp(trail);
        continue;
      }
      const target = await enter(trail, part);
      if (target === undefined) continue;
      links += 1;
      if (links > maxLinks) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
      if (target.startsWith('/')) while (trail.names.length > 0) await goUp(trail);
      left.unshift(...partsOf(target));
    }
    return trail;
  } catch (error) {
    await closeAll(trail.handles);
    throw error;
  }
}

/** Goes one step down; at a link it stays and returns where the link points. */
async function enter(trail: Trail, part: string): Promise<string | undefined> {
  const place = `${placeOf(topOf(trail))}/${part}`;
  const handle = await open(place, openPath | constants.O_NOFOLLOW);
  const isLink = await handle.stat().then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  if (isLink) {
    await handle.close();
    return readlink(place);
  }
  trail.handles.push(handle);
  trail.names.push(part);
  return undefined;
}

async function goUp(trail: Trail): Promise<void> {
  if (trail.names.length === 0) return;
  trail.names.pop();
  await trail.handles.pop()?.close();
}

function topOf({ handles }: Trail): FileHandle {
  return handles.at(-1) as FileHandle;
}

async function closeAll(handles: readonly FileHandle[]): Promise<void> {
  for (const handle of handles) await handle.close().catch(() => undefined);
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** A file that is there is found through its links; a new one goes into the folder that the path names. */
async function replace(root: () => Promise<FileHandle>, path: string, text: string, mode: number | undefined): Promise<void> {
  const parts = partsOf(path);
  const name = parts.at(-1);
  if (name === undefined || name === '..') throw new SvcError('COMMAND', `cannot write ${path}: it is a folder`);
  const there = await containedFiles(root).resolvePath(path);
  const target = there === undefined ? parts : partsOf(there);
  await withPath(root, target.slice(0, -1).join('/'), async ({ handle: folder }) => {
    const last = `${placeOf(folder)}/${target.at(-1)}`;
    const temporary = `${placeOf(folder)}/.${target.at(-1)?.slice(0, 100)}.${randomBytes(6).toString('hex')}`;
    const former = there === undefined ? undefined : await containedFiles(root).statFile(there);
    try {
      await writeBeside(temporary, text, mode ?? former?.mode ?? 0o644, former);
      await rename(temporary, last);
    } catch (error) {
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await syncFolderOf(folder);
  });
}

async function writeBeside(temporary: string, text: string, mode: number, former: FileStat | undefined): Promise<void> {
  const handle = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
  try {
    await handle.chmod(mode);
    if (former !== undefined) await handle.chown(former.uid, former.gid);
    writeWhole(handle.fd, text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** An O_PATH descriptor cannot be synced: the folder is opened once more. A filesystem that cannot (EINVAL) needs no help. */
async function syncFolderOf(folder: FileHandle): Promise<void> {
  const handle = await open(`${placeOf(folder)}/.`, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
