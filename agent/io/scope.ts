/**
 * Scopes: the named sets of processes that belong to a resource and outlive the agent.
 *
 * A cgroup of our own where the machine lets us make one (v2, else the named v1 hierarchies); else the marker variable
 * SVCMGR_SCOPE that every process of a scope inherits, looked for in /proc. The marker is set in both cases.
 */
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SvcError } from '../errors.ts';
import { errnoOf } from './files.ts';
import { listPids, type ProcessInfo, readMarker, readProcess, readStat } from './process.ts';

export type ScopeSignal = 'TERM' | 'KILL' | 'HUP' | 'INT';

/** Where the scopes of one agent home are. */
export interface Scopes {
  /** The folder that holds our cgroups; undefined: markers only. */
  readonly folder: string | undefined;
  /** Keeps the scopes of several agent homes (tests) apart. */
  readonly home: string;
}

/** The variable that every process of a scope inherits. */
export const scopeMarker = 'SVCMGR_SCOPE';

/** In the order of preference; a hybrid machine keeps its processes in `unified`. */
export const cgroupMounts: readonly string[] = [
  '/sys/fs/cgroup/unified',
  '/sys/fs/cgroup',
  '/sys/fs/cgroup/systemd',
  '/sys/fs/cgroup/pids',
];

/** Finds where scopes can be kept for this home (a path that names the installation). Never throws: without cgroups there are markers. */
export function openScopes(home: string, mounts: readonly string[] = cgroupMounts): Scopes {
  const id = createHash('sha256').update(home).digest('hex').slice(0, 12);
  const mount = mounts.find((folder) => isFile(join(folder, 'cgroup.procs')));
  return { folder: mount === undefined ? undefined : join(mount, 'svcmgr', id), home: id };
}

/** The variables that mark a process as a member. */
export function scopeEnv(scopes: Scopes, name: string): Readonly<Record<string, string>> {
  return { [scopeMarker]: `${scopes.home}/${name}` };
}

/** Puts a process (held back before its exec) into the scope. Without a right to make cgroups the marker alone must do. */
export function joinScope(scopes: Scopes, name: string, pid: number): void {
  const folder = folderOf(scopes, name);
  if (folder === undefined || !canMake(scopes)) return;
  try {
    enter(folder, pid);
  } catch (error) {
    throw new SvcError('COMMAND', `cannot put process ${pid} into its scope ${folder}: ${errnoOf(error) ?? String(error)}`, {
      cause: error,
    });
  }
}

/** Another action may be removing the empty folder at the same time. */
function enter(folder: string, pid: number, tries = 3): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeFileSync(join(folder, 'cgroup.procs'), `${pid}\n`, { flag: 'r+' });
  } catch (error) {
    if (tries <= 1 || (errnoOf(error) !== 'ENOENT' && errnoOf(error) !== 'ENODEV')) throw error;
    enter(folder, pid, tries - 1);
  }
}

function canMake(scopes: Scopes): boolean {
  if (scopes.folder === undefined) return false;
  try {
    mkdirSync(scopes.folder, { recursive: true, mode: 0o755 });
    accessSync(scopes.folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Living processes of a scope, by pid. `marked`: the marks of all processes, when somebody has read them lately. */
export function scopeProcesses(scopes: Scopes, name: string, marked?: MarkedProcesses): readonly ProcessInfo[] {
  const folder = folderOf(scopes, name);
  // The cgroup is the kernel's own list. It is not there: nothing was started, or by an account that may not make cgroups.
  const pids = folder !== undefined && isFile(join(folder, 'cgroup.procs')) ? readMembers(folder) : markedPids(scopes, name, marked);
  return [...new Set(pids)].sort((a, b) => a - b).flatMap((pid) => readProcess(pid) ?? []);
}

/** Every process in the cgroup and in those below it (a process may make its own). */
function readMembers(folder: string): readonly number[] {
  try {
    const own = readFileSync(join(folder, 'cgroup.procs'), 'utf8')
      .split('\n')
      .map(Number)
      .filter((pid) => pid > 0);
    return [...own, ...childFolders(folder).flatMap(readMembers)];
  } catch {
    return []; // removed while we looked
  }
}

function childFolders(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [join(folder, entry.name)] : []));
}

/** Processes by the mark that they carry. */
export type MarkedProcesses = ReadonlyMap<string, readonly number[]>;

/** Pids whose environment is read before others get their turn. */
const pidsAtOnce = 100;

/** Reads the marks of all processes once, for whoever asks about many scopes: each by itself would read them all. */
export async function markedProcesses(): Promise<MarkedProcesses> {
  const found = new Map<string, number[]>();
  for (const [at, pid] of listPids().entries()) {
    if (at % pidsAtOnce === pidsAtOnce - 1) await nextTurn();
    const mark = readMarker(pid, scopeMarker);
    if (mark !== undefined) found.set(mark, [...(found.get(mark) ?? []), pid]);
  }
  return found;
}

function markedPids(scopes: Scopes, name: string, marked?: MarkedProcesses): readonly number[] {
  const wanted = scopeEnv(scopes, name)[scopeMarker] ?? '';
  if (marked !== undefined) return marked.get(wanted) ?? [];
  return listPids().filter((pid) => readMarker(pid, scopeMarker) === wanted);
}

/** Sends a signal to every living process of the scope; returns how many got it. KILL also reaches those that fork meanwhile. */
export function signalScope(scopes: Scopes, name: string, signal: ScopeSignal): number {
  const found = scopeProcesses(scopes, name);
  const sent = found.filter((member) => sendSignal(member, signal)).length;
  if (signal === 'KILL') killRest(scopes, name);
  return sent;
}

function killRest(scopes: Scopes, name: string): void {
  const folder = folderOf(scopes, name);
  try {
    if (folder !== undefined) writeFileSync(join(folder, 'cgroup.kill'), '1', { flag: 'r+' });
    return;
  } catch {
    // cgroup v1, a kernel before 5.14 or markers only: one by one
  }
  killRounds(() => scopeProcesses(scopes, name));
}

/** Kills who is there, again and again: each round catches what the one before forked. */
export function killRounds(members: () => readonly ProcessInfo[]): void {
  for (let round = 0; round < 5; round += 1) {
    if (members().filter((member) => sendSignal(member, 'KILL')).length === 0) return;
  }
}

/** The start time is compared right before, so that a reused pid is not hit. */
export function sendSignal(member: ProcessInfo, signal: ScopeSignal): boolean {
  if (readStat(member.pid)?.startTicks !== member.startTicks) return false;
  try {
    process.kill(member.pid, `SIG${signal}`);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return false;
    throw new SvcError('COMMAND', `cannot signal process ${member.pid} (${member.command}): ${errnoOf(error) ?? String(error)}`, {
      cause: error,
    });
  }
}

/** Removes an empty scope; false when processes are still in it. */
export function removeScope(scopes: Scopes, name: string): boolean {
  const folder = folderOf(scopes, name);
  if (folder === undefined || scopes.folder === undefined) return true;
  const removed = removeTree(folder);
  removeEmpty(scopes.folder);
  return removed;
}

/** The last scope of a home takes the home's folder with it. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // others are still in use
  }
}

function removeTree(folder: string): boolean {
  try {
    for (const child of childFolders(folder)) removeTree(child);
    rmdirSync(folder);
    return true;
  } catch (error) {
    return errnoOf(error) === 'ENOENT';
  }
}

/** The suffix keeps clear of the kernel's own names (tasks, cgroup.procs); `%` encoding keeps two names from becoming one. */
export function scopeFolderName(name: string): string {
  const safe = [...Buffer.from(name)].map((byte) => {
    const letter = String.fromCharCode(byte);
    return /[A-Za-z0-9._@#-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`;
  });
  const text = safe.join('');
  if (text.length <= 200) return `${text}.scope`;
  return `${text.slice(0, 150)}~${createHash('sha256').update(name).digest('hex').slice(0, 16)}.scope`;
}

function folderOf(scopes: Scopes, name: string): string | undefined {
  return scopes.folder === undefined ? undefined : join(scopes.folder, scopeFolderName(name));
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
