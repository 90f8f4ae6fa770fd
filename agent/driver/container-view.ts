/** A running container as its doors see it, and what its own files say: its programs, its accounts. */
import { SvcError } from '../errors.ts';
import { defaultPath } from '../io/environment.ts';
import type { ContainedFiles } from '../io/contained-files.ts';
import type { Entrance } from './contract.ts';
import type { Doors } from './doors.ts';

/** The container as long as its first process lives: one that was started anew is another one. */
export interface Inside {
  readonly base: Doors;
  readonly entrance: Entrance;
  /** Rid, for messages. */
  readonly name: string;
  readonly files: ContainedFiles;
  isAlive(): boolean;
}

type Files = Pick<ContainedFiles, 'readText' | 'statFile'>;

/** The path of a program in there; undefined when there is none. */
export async function programInside(files: Files, name: string, searchPath = defaultPath): Promise<string | undefined> {
  const candidates = name.includes('/') ? [name] : searchPath.split(':').map((folder) => `${folder}/${name}`);
  for (const path of candidates) {
    const found = await files.statFile(path).catch(() => undefined);
    if (found?.kind === 'file' && (found.mode & 0o111) !== 0) return path;
  }
  return undefined;
}

export interface AccountInside {
  readonly uid?: number;
  readonly gid?: number;
  readonly home: string;
  readonly name: string;
}

/** The account of a command, by the container's own tables; CONFIG when there is none. Without `user` it is root. */
export async function accountInside(
  files: Files,
  user: string | undefined,
  group: string | undefined,
  where: string,
): Promise<AccountInside> {
  const row = user === undefined || user === '' ? undefined : await entryOf(files, 'passwd', user, where);
  const [name = user ?? 'root', , uid, gid, , home] = row ?? ['root', '', undefined, undefined, '', '/root'];
  const own = group === undefined || group === '' ? gid : (await entryOf(files, 'group', group, where))[2];
  return {
    name,
    home: home === undefined || home === '' ? '/' : home,
    ...(uid === undefined ? {} : { uid: Number(uid) }),
    ...(own === undefined ? {} : { gid: Number(own) }),
  };
}

/** By name, else by number; a plain number needs no entry. */
async function entryOf(files: Files, table: 'passwd' | 'group', key: string, where: string): Promise<readonly (string | undefined)[]> {
  const text = (await files.readText(`/etc/${table}`)) ?? '';
  const rows = text.split('\n').map((line) => line.split(':'));
  const row = rows.find(([name]) => name === key) ?? rows.find(([, , id]) => id === key);
  if (row !== undefined && /^[0-9]+$/.test(row[2] ?? '')) return row;
  if (/^[0-9]+$/.test(key)) return [key, '', key, key, '', '/'];
  const what = table === 'passwd' ? 'user' : 'group';
  throw new SvcError('CONFIG', `no ${what} ${key} in ${where}`, { facts: { [what]: key } });
}

export function ended(name: string): SvcError {
  return new SvcError('UNREACHABLE', `${name} does not run any more`);
}
