/** Small files: bounded reading, atomic replacing, durable appending. The only importer of write-file-atomic. */
import { constants, openSync, closeSync, fdatasyncSync, fsyncSync, writeSync, type Stats } from 'node:fs';
import { mkdir, open, readdir, realpath, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileStat, Space } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';

export type { FileStat } from '../driver/contract.ts';

export const defaultMaxBytes = 1_048_576;

/** What the kernel tells grows with the machine: the mounts of a host full of containers are some MiB. */
const kernelMaxBytes = 64 * defaultMaxBytes;

/** How large a file may be to be read as a whole. */
export function mostBytesOf(path: string): number {
  return path.startsWith('/proc/') ? kernelMaxBytes : defaultMaxBytes;
}

/** The text of a file of at most `maxBytes`; undefined when it does not exist; COMMAND when larger or not readable. `shown`: its name in errors. */
export async function readText(path: string, maxBytes = mostBytesOf(path), shown = path): Promise<string | undefined> {
  return absentIsUndefined('read', shown, async () => {
    // Without O_NONBLOCK the open of a named pipe would wait for a writer, for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const buffer = Buffer.alloc(Math.min(maxBytes + 1, 65_536));
      const parts: Buffer[] = [];
      let kept = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
        if (bytesRead === 0) return Buffer.concat(parts).toString('utf8');
        kept += bytesRead;
        if (kept > maxBytes)
          throw new SvcError('COMMAND', `cannot read ${shown}: larger than ${maxBytes} bytes`, { facts: { path: shown } });
        parts.push(Buffer.from(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await handle.close();
    }
  });
}

/** Follows links; undefined when nothing is there. */
export async function statFile(path: string): Promise<FileStat | undefined> {
  return absentIsUndefined('stat', path, async () => describeStat(await stat(path)));
}

export function describeStat(found: Stats): FileStat {
  return {
    kind: kindOf(found),
    sizeBytes: found.size,
    mode: found.mode & 0o7777,
    uid: found.uid,
    gid: found.gid,
    dev: found.dev,
    ino: found.ino,
    rdev: found.rdev,
    modifiedMs: found.mtimeMs,
  };
}

function kindOf(found: Stats): FileStat['kind'] {
  if (found.isFile()) return 'file';
  if (found.isDirectory()) return 'directory';
  if (found.isBlockDevice()) return 'block';
  if (found.isCharacterDevice()) return 'character';
  return found.isSymbolicLink() ? 'link' : 'other';
}

/** Of the filesystem at a path. Keeps a thread for as long as the filesystem does not answer. */
export async function spaceAt(path: string): Promise<Space> {
  try {
    const { blocks, bavail, bsize } = await statfs(path);
    return { sizeBytes: blocks * bsize, freeBytes: bavail * bsize };
  } catch (error) {
    throw fileError('look at', path, error);
  }
}

/** Names in a folder, sorted; empty when it does not exist. */
export async function listFolder(path: string): Promise<readonly string[]> {
  return (await absentIsUndefined('list', path, async () => (await readdir(path)).sort())) ?? [];
}

/** The path with every link resolved; undefined when it does not exist. */
export async function resolvePath(path: string): Promise<string | undefined> {
  return absentIsUndefined('resolve', path, () => realpath(path));
}

/** Makes a folder and its parents; `mode` is for the folders that are new. */
export async function makeFolder(path: string, mode = 0o755): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode });
  } catch (error) {
    throw fileError('make folder', path, error);
  }
}

/** Replaces a file: write beside it, fsync, rename, fsync the folder. Keeps mode and owner of what was there unless `mode` is given. */
export async function writeAtomic(path: string, text: string, mode?: number): Promise<void> {
  const { default: writeFileAtomic } = await import('write-file-atomic');
  try {
    await writeFileAtomic(path, text, {
      ...(mode === undefined ? {} : { mode }),
      // The package does not look at how much its one write(2) took: on a filling disk it would put a cut file in place.
      // Writing the same bytes first, with the count checked, takes the blocks or fails before anything is renamed.
      tmpfileCreated: (temporary: string) => takeRoom(temporary, text),
    });
    await syncFolderAside(dirname(await realpath(path)));
  } catch (error) {
    throw fileError('write', path, error);
  }
}

function takeRoom(temporary: string, text: string): void {
  const fd = openSync(temporary, constants.O_WRONLY);
  try {
    writeWhole(fd, text);
  } finally {
    closeSync(fd);
  }
}

/** Appends and returns when the text is on the disk. For logs of any process: one write, at the end, whoever else appends. */
export function appendDurable(path: string, text: string, mode = 0o640): void {
  try {
    const fd = openSync(path, 'a', mode);
    try {
      writeWhole(fd, text);
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw fileError('append to', path, error);
  }
}

/** One write(2); a short one (a full disk) is an ENOSPC error instead of a silent cut. */
export function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  const written = writeSync(fd, bytes);
  if (written < bytes.length) {
    throw Object.assign(new Error(`only ${written} of ${bytes.length} bytes were written`), { code: 'ENOSPC' });
  }
}

/** The same, without holding up everything else of a process that stays. */
async function syncFolderAside(path: string): Promise<void> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}

/** Makes names in a folder durable. A filesystem that cannot (EINVAL) needs no help. */
export function syncFolder(path: string): void {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } catch (error) {
    if (errnoOf(error) !== 'EINVAL') throw error;
  } finally {
    closeSync(fd);
  }
}

async function absentIsUndefined<V>(verb: string, path: string, work: () => Promise<V>): Promise<V | undefined> {
  try {
    return await work();
  } catch (error) {
    const errno = errnoOf(error);
    // ENODEV: an attribute in /sys whose device went away between open and read, as a loop device of another service does.
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ENODEV') return undefined;
    throw fileError(verb, path, error);
  }
}

/** The errno name of a system error; undefined for any other, a SvcError (whose code is another thing) too. */
export function errnoOf(error: unknown): string | undefined {
  if (error instanceof SvcError) return undefined;
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const meanings: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'not permitted',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'quota exceeded',
  EROFS: 'the filesystem is read-only',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  ENOENT: 'no such file or folder',
  EIO: 'input/output error',
  ELOOP: 'too many links',
  EMFILE: 'too many open files',
};

/** COMMAND with the path, the errno and, for a full disk, facts.diskFull. A SvcError passes as it is. */
export function fileError(verb: string, path: string, error: unknown): SvcError {
  if (error instanceof SvcError) return error;
  const errno = errnoOf(error);
  const why = (errno === undefined ? undefined : meanings[errno]) ?? (error instanceof Error ? error.message : String(error));
  const diskFull = errno === 'ENOSPC' || errno === 'EDQUOT';
  return new SvcError('COMMAND', `cannot ${verb} ${path}: ${why}`, {
    ...(errno === 'EACCES' || errno === 'EPERM' ? { hint: 'run as root' } : {}),
    ...(diskFull ? { hint: 'make room on that filesystem' } : {}),
    facts: { path, ...(errno === undefined ? {} : { errno }), ...(diskFull ? { diskFull: true } : {}) },
    cause: error,
  });
}
