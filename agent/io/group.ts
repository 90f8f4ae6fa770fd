/** Ending a process group: TERM, then KILL, and the truth about what is left. */
import { setTimeout as delay } from 'node:timers/promises';
import { groupMembers, type ProcessInfo, readStat } from './process.ts';

export interface EndOptions {
  /** How long after TERM before KILL, ms. */
  readonly graceMs: number;
  /** How long to wait for KILL to take effect before the process counts as unkillable, ms. */
  readonly killWaitMs: number;
}

export const defaultEnd: EndOptions = { graceMs: 5000, killWaitMs: 5000 };

/** Ends every member of the group; returns those that nothing could end (usually in state D: waiting for a device). */
export async function endGroup(group: number, options: EndOptions = defaultEnd): Promise<readonly ProcessInfo[]> {
  if (!sendToGroup(group, 'SIGTERM')) return [];
  // A stopped member would sleep through TERM.
  sendToGroup(group, 'SIGCONT');
  if (await isGoneWithin(group, options.graceMs)) return [];
  sendToGroup(group, 'SIGKILL');
  await isGoneWithin(group, options.killWaitMs, 'SIGKILL');
  return groupMembers(group);
}

/** False when there is no such group (or it is not ours to signal). */
export function sendToGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  if (group <= 1) return false; // -1 would mean every process
  try {
    process.kill(-group, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Does the group have a living member? The kernel's answer counts zombies, so a yes is checked in /proc (spec/deps.md §1.4). */
export function hasMembers(group: number): boolean {
  return sendToGroup(group, 0) && groupMembers(group).length > 0;
}

async function isGoneWithin(group: number, limitMs: number, again?: NodeJS.Signals): Promise<boolean> {
  const endsAt = performance.now() + limitMs;
  for (let pauseMs = 2; hasMembers(group); pauseMs = Math.min(pauseMs * 2, 100)) {
    if (performance.now() >= endsAt) return false;
    await delay(pauseMs);
    if (again !== undefined) sendToGroup(group, again); // a member may have forked while the first one was on its way
  }
  return true;
}

/** "1234 (state D)" of each, for an error that says what could not be ended. */
export function describeLeft(left: readonly ProcessInfo[]): string {
  return left.map(({ pid, command }) => `${pid} ${command} (state ${readStat(pid)?.state ?? 'gone'})`).join(', ');
}
