/** Names of accounts and groups to numbers, asked of the system's own name service. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { SvcError } from '../errors.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The passwd entry of a user name or number; CONFIG when there is none on this node. */
export async function findAccount(user: string): Promise<Account> {
  const [name, , uid, gid, , home] = await findEntry('passwd', user);
  return { name: name ?? user, uid: Number(uid), gid: Number(gid), home: home || '/' };
}

/** The number of a group; CONFIG when there is none on this node. */
export async function findGroup(group: string): Promise<number> {
  return Number((await findEntry('group', group))[2]);
}

async function findEntry(table: 'passwd' | 'group', key: string): Promise<readonly string[]> {
  const entry = entryIn(await readFile(`/etc/${table}`, 'utf8').catch(() => ''), key) ?? entryIn(await askNameService(table, key), key);
  if (entry !== undefined) return entry;
  const what = table === 'passwd' ? 'user' : 'group';
  throw new SvcError('CONFIG', `no ${what} ${key} on this node`, { facts: { [what]: key } });
}

/** By name, else by number (third field in both tables). */
function entryIn(text: string, key: string): readonly string[] | undefined {
  const rows = text
    .split('\n')
    .map((line) => line.split(':'))
    .filter((row) => /^[0-9]+$/.test(row[2] ?? ''));
  return rows.find((row) => row[0] === key) ?? rows.find((row) => row[2] === key);
}

/** LDAP, SSSD and the like; bounded, since a dead directory server may hang. Without getent there is only the file. */
async function askNameService(table: string, key: string): Promise<string> {
  if (!/^[A-Za-z0-9_][\w.@$-]*$/.test(key)) return '';
  try {
    return (await promisify(execFile)('getent', [table, key], { timeout: 5000, killSignal: 'SIGKILL' })).stdout;
  } catch {
    return '';
  }
}
