/** What /proc says about processes: one process is named for ever by its pid, its start time and the boot it belongs to. */
import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessInfo } from '../driver/contract.ts';

export type { ProcessInfo } from '../driver/contract.ts';

/** Names one process for ever: pids are reused, a pid with its start time in one boot is not. */
export interface ProcessKey {
  readonly pid: number;
  readonly startTicks: number;
  /** Kernel boot id. */
  readonly boot: string;
}

export interface ProcessStat {
  readonly pid: number;
  /** The kernel's short name, at most 15 characters. */
  readonly name: string;
  /** One letter of proc(5): R, S, D, Z … */
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTicks: number;
  /** User and system time used so far, clock ticks. */
  readonly cpuTicks: number;
  /** False for a zombie: it runs no more, its parent only has not asked yet. */
  readonly alive: boolean;
}

/** Reads /proc/PID/stat; undefined when there is no such process. */
export function readStat(pid: number): ProcessStat | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Parses one line of /proc/PID/stat (proc(5)); the name may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcessStat | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const numberAt = (field: number): number => Number(fields[field - 3] ?? 'NaN');
  const startTicks = numberAt(22);
  if (open < 0 || close < open || !Number.isFinite(startTicks)) return undefined;
  const state = fields[0] ?? '?';
  return {
    pid: Number(text.slice(0, open)),
    name: text.slice(open + 1, close),
    state,
    parent: numberAt(4),
    group: numberAt(5),
    session: numberAt(6),
    startTicks,
    cpuTicks: numberAt(14) + numberAt(15),
    // A main thread that ended while others still run is shown as Z too: num_threads (field 20) tells them apart.
    alive: (state !== 'Z' && state !== 'X') || numberAt(20) > 1,
  };
}

/** The living process with this pid; undefined when there is none (a zombie counts as none). */
export function readProcess(pid: number): ProcessInfo | undefined {
  const stat = readStat(pid);
  return stat?.alive ? describe(stat) : undefined;
}

/** The command line with spaces between the words, or the short name in brackets for a process that has none. */
export function commandOf(pid: number): string | undefined {
  const text = readProc(`/proc/${pid}/cmdline`);
  return text?.replace(/\0+$/, '').replaceAll('\0', ' ') || undefined;
}

function describe(stat: ProcessStat): ProcessInfo {
  return { pid: stat.pid, startTicks: stat.startTicks, command: commandOf(stat.pid) ?? `[${stat.name}]` };
}

/** Kernel boot id: changes at every boot. Throws when /proc is not mounted. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** This process, as others will find it. */
export function currentProcess(): ProcessKey {
  const stat = readStat(process.pid);
  return { pid: process.pid, startTicks: stat?.startTicks ?? 0, boot: bootId() };
}

/** Is that very process still running? A process that may not be looked at (hidepid) counts as running. */
export function isSameProcess(key: ProcessKey): boolean {
  if (key.boot !== bootId()) return false;
  const stat = readStat(key.pid);
  if (stat === undefined) return isHidden(key.pid);
  return stat.alive && stat.startTicks === key.startTicks;
}

function isHidden(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false; // it appeared only now: not the one that was asked for
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Every process number of the moment. */
export function listPids(): readonly number[] {
  return readdirSync('/proc').flatMap((name) => (/^[0-9]+$/.test(name) ? [Number(name)] : []));
}

/** Living members of a process group (zombies are no members: PID 1 of a container may reap them late). */
export function groupMembers(group: number): readonly ProcessInfo[] {
  return listPids().flatMap((pid) => {
    const stat = readStat(pid);
    return stat?.alive && stat.group === group ? [describe(stat)] : [];
  });
}

/** The variable that marks every process that a command of ours started. */
export const commandMarker = 'SVCMGR_COMMAND';

/** The value of one variable in a process's initial environment; undefined when absent or not readable. */
export function readMarker(pid: number, variable: string): string | undefined {
  const text = readProc(`/proc/${pid}/environ`);
  const entry = text?.split('\0').find((line) => line.startsWith(`${variable}=`));
  return entry?.slice(variable.length + 1);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // gone meanwhile (ENOENT, ESRCH) or not ours to read (EACCES): either way nothing to see
  }
}
