/** Loop devices: what is attached is read from /sys (no spawn), attaching and detaching is losetup(8). */
import type { Argv, Reader } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

export interface Loop {
  /** `/dev/loop0` */
  readonly device: string;
  /** Path of the backing file, as the kernel sees it now. */
  readonly file: string;
  /** The backing file was removed while attached. */
  readonly deleted: boolean;
}

const deletedSuffix = ' (deleted)';

/** The attached loop devices in natural order. */
export async function readLoops(reader: Reader): Promise<readonly Loop[]> {
  const found = await Promise.all((await loopNames(reader)).map((name) => readLoop(reader, name)));
  return found.filter((loop) => loop !== undefined);
}

async function loopNames(reader: Reader): Promise<readonly string[]> {
  const names = (await reader.list('/sys/block')).filter((name) => /^loop\d+$/.test(name));
  return names.sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)));
}

async function readLoop(reader: Reader, name: string): Promise<Loop | undefined> {
  const text = await reader.file(`/sys/block/${name}/loop/backing_file`);
  return text === undefined ? undefined : parseBackingFile(name, text);
}

/** The content of /sys/block/loopN/loop/backing_file; empty (being detached) is undefined. */
export function parseBackingFile(name: string, text: string): Loop | undefined {
  if (text.trim() === '') return undefined;
  // The kernel ends every path with a newline: without one it was cut, and would be the path of another file.
  if (!text.endsWith('\n'))
    throw new SvcError('COMMAND', `/sys/block/${name}/loop/backing_file is cut: ${text}`, { facts: { line: text } });
  const path = text.slice(0, -1);
  if (!path.startsWith('/')) throw new SvcError('COMMAND', `/sys/block/${name}/loop/backing_file holds no path: ${path}`);
  const deleted = path.endsWith(deletedSuffix);
  return { device: `/dev/${name}`, file: deleted ? path.slice(0, -deletedSuffix.length) : path, deleted };
}

/** The loop devices over one file, whatever link or bind mount names it (same device and inode). */
export async function loopsOver(reader: Reader, file: string): Promise<readonly Loop[]> {
  const loops = await readLoops(reader);
  if (loops.length === 0) return [];
  const real = await reader.resolve(file);
  const wanted = await reader.stat(file);
  // A deleted backing file that has our path is another, older file: shown by status, never used for a mount.
  const named = loops.filter((loop) => loop.file === file || loop.file === real);
  const isMine = await Promise.all(
    loops.map(async (loop) => {
      if (named.includes(loop)) return true;
      if (loop.deleted || wanted === undefined) return false;
      // Somebody else's image that this user may not even look at is a riddle only while ours is not found by its name.
      return isSameFile(reader, wanted, loop.file).catch((error: unknown) => {
        if (named.length > 0) return false;
        throw error;
      });
    }),
  );
  return loops.filter((_, index) => isMine[index]);
}

async function isSameFile(reader: Reader, wanted: { dev: number; ino: number }, path: string): Promise<boolean> {
  const other = await reader.stat(path);
  return other !== undefined && other.dev === wanted.dev && other.ino === wanted.ino;
}

/**
 * The device that `losetup --find` will most probably take: the `skip`-th free one. Only for what a dry-run pretends;
 * the real name is the one that losetup prints.
 */
export async function guessFreeLoop(reader: Reader, skip = 0): Promise<string> {
  const names = await loopNames(reader);
  const used = new Set((await readLoops(reader)).map((loop) => loop.device));
  const free = names.map((name) => `/dev/${name}`).filter((device) => !used.has(device));
  const next = names.length === 0 ? 0 : Number(names.at(-1)?.slice(4)) + 1;
  return free[skip] ?? `/dev/loop${next + skip - free.length}`;
}

/** `--nooverlap`: a device that is already over this file is taken again, so a race never makes two of them. */
export function attachArgv(file: string, sectorBytes: number | undefined): Argv {
  const sector = sectorBytes === undefined ? [] : ['--sector-size', String(sectorBytes)];
  return ['losetup', '--find', '--nooverlap', ...sector, '--show', file];
}

export function detachArgv(device: string): Argv {
  return ['losetup', '--detach', device];
}

/** The output of `losetup --find --show`: one device. */
export function parseAttached(text: string): string {
  const device = text.endsWith('\n') ? text.slice(0, -1) : text;
  if (!/^\/dev\/loop\d+$/.test(device)) throw new SvcError('COMMAND', `losetup printed no loop device: ${text}`, { facts: { line: text } });
  return device;
}
