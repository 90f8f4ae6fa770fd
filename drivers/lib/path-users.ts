/**
 * Who keeps a mount point busy. Found by path in /proc, not by device as `fuser -m` does: below a bind mount `fuser -km` ends
 * every process of the whole filesystem behind it (storage-drivers.md §3).
 */
import type { Argv, Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { readLoops } from './loop.ts';

export interface PathUser {
  readonly pid: number;
  /** The program's short name; never its arguments, which may hold a secret. */
  readonly command: string;
  /** How it holds the path: cwd, root, exe, fd, map_files. */
  readonly ways: readonly string[];
}

const head = ['find', '/proc', '-mindepth', '2', '-maxdepth', '3', '(', '-lname'] as const;

export const pathUserReads = [head] as const satisfies readonly ReadPrefix[];

/** Every link of every process that leads to the mount point or below it. */
export function pathUsersArgv(mountPoint: string): Argv {
  const pattern = mountPoint.replace(/[*?[\]\\]/g, '\\$&');
  return [...head, pattern, '-o', '-lname', `${pattern}/*`, ')', '-printf', '%p\\t%l\\0'];
}

/** find exits 1 when a process ends while it looks, which is normal. */
export async function findPathUsers(reader: Reader, mountPoint: string): Promise<readonly PathUser[]> {
  const { stdout } = await reader.read(pathUsersArgv(mountPoint), { okCodes: [0, 1] });
  const self = (await reader.resolve('/proc/self'))?.slice('/proc/'.length);
  const users: PathUser[] = [];
  for (const [pid, ways] of parsePathUsers(stdout)) {
    // The agent must never be what it ends; it leaves its own folder to `/` by itself.
    if (String(pid) !== self) users.push({ pid, ways, command: ((await reader.file(`/proc/${pid}/comm`)) ?? '?').trimEnd() });
  }
  return users;
}

/** `/proc/PID/fd/9<TAB>/mnt/file<NUL>` … as pid -> ways, in order of pid. */
export function parsePathUsers(text: string): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>();
  for (const record of text.split('\0')) {
    if (record === '') continue;
    const [, pid, way] = /^\/proc\/(\d+)\/([a-z_]+)(?:\/[^\t]*)?\t/.exec(record) ?? [];
    if (pid === undefined || way === undefined)
      throw new SvcError('COMMAND', `find printed a line that is not understood: ${record}`, { facts: { line: record } });
    const ways = found.get(Number(pid)) ?? [];
    if (!ways.includes(way)) ways.push(way);
    found.set(Number(pid), ways);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** Loop devices over files below the mount point: they hold it as a process would. */
export async function loopsBelow(reader: Reader, mountPoint: string): Promise<readonly string[]> {
  const loops = await readLoops(reader);
  return loops.filter((loop) => loop.file.startsWith(`${mountPoint}/`)).map((loop) => `${loop.device} over ${loop.file}`);
}

/** `4711 postgres (cwd, fd)` */
export function describeUser(user: PathUser): string {
  return `${user.pid} ${user.command} (${user.ways.join(', ')})`;
}
