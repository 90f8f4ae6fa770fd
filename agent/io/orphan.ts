/** Survivors of a command whose agent died: found by what the journal knows, waited for or ended, never doubled (rule 9). */
import { setTimeout as delay } from 'node:timers/promises';
import { SvcError } from '../errors.ts';
import { defaultEnd, describeLeft, type EndOptions, endGroup } from './group.ts';
import { bootId, commandMarker, groupMembers, isSameProcess, type ProcessInfo, type ProcessKey, readMarker } from './process.ts';

/** A command as the journal knows it; the pid of its first process is also its process group. */
export interface JournaledCommand extends ProcessKey {
  /** Value of SVCMGR_COMMAND in the environment of all its processes. */
  readonly marker: string;
  /** It leaves processes behind on purpose: only its first process counts as a survivor. */
  readonly leaves?: boolean;
  /** It was the start of a long-lived process: what lives is the application, not a survivor. */
  readonly launch?: boolean;
}

/**
 * Living processes of the command: its group while the leader lives (only then is the group surely its own), else the members that
 * carry its marker (the number may belong to another group by now).
 */
export function findOrphans(command: JournaledCommand): readonly ProcessInfo[] {
  if (command.launch === true || command.boot !== bootId()) return [];
  const members = groupMembers(command.pid);
  if (command.leaves === true) return isSameProcess(command) ? members.filter(({ pid }) => pid === command.pid) : [];
  if (isSameProcess(command)) return members;
  return members.filter(({ pid }) => readMarker(pid, commandMarker) === command.marker);
}

/** Waits until nothing of the command is alive; TIMEOUT naming the survivors, CANCELLED when the signal fires. */
export async function waitForOrphans(command: JournaledCommand, options: { timeoutMs: number; signal?: AbortSignal }): Promise<void> {
  const endsAt = performance.now() + options.timeoutMs;
  for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 250)) {
    const left = findOrphans(command);
    if (left.length === 0) return;
    if (options.signal?.aborted) throw new SvcError('CANCELLED', 'stopped waiting for the command of an interrupted action');
    if (performance.now() >= endsAt) throw stillRunning(left, options.timeoutMs);
    await delay(pauseMs);
  }
}

function stillRunning(left: readonly ProcessInfo[], timeoutMs: number): SvcError {
  return new SvcError(
    'TIMEOUT',
    `a command of an interrupted action still runs after ${Math.round(timeoutMs / 1000)} s: ${describeLeft(left)}`,
    {
      facts: { pids: left.map((process) => process.pid) },
    },
  );
}

/** TERM, then KILL, to the survivors; returns those that nothing could end. */
export async function endOrphans(command: JournaledCommand, options: EndOptions = defaultEnd): Promise<readonly ProcessInfo[]> {
  return findOrphans(command).length === 0 ? [] : endGroup(command.pid, options);
}
