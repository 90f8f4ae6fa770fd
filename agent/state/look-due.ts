/** When the daemon looks: in a round every minute, or as `status_schedule` says; at monitored resources every ten seconds (spec/status.md "Freshness"). */
import { isAllowed } from './schedule/allowed.ts';
import { parseSchedule } from './schedule/parse.ts';

export const statusIntervalMs = 60_000;
export const monitorIntervalMs = 10_000;

export interface LookTimes {
  /** Ms, on the clock that does not jump. */
  readonly nowMs: number;
  /** When the last look began, on the same clock; undefined before the first one. */
  readonly begunMs: number | undefined;
  /** Ms since 1970, for schedules. */
  readonly wallMs: number;
  /** `status_schedule`; undefined for the rounds that all others share. */
  readonly schedule: string | undefined;
  /** A round begins now. */
  readonly isRound: boolean;
}

/** On the clock that does not jump: one that is set neither stops the rounds nor makes a thousand of them. */
export function isRoundDue(nowMs: number, lastMs: number | undefined): boolean {
  return lastMs === undefined || nowMs - lastMs >= statusIntervalMs;
}

export function isLookDue({ nowMs, begunMs, wallMs, schedule, isRound }: LookTimes): boolean {
  if (begunMs === undefined) return true;
  if (schedule === undefined) return isRound;
  const agoMs = nowMs - begunMs;
  const parsed = parseSchedule(schedule);
  return parsed.ok && isAllowed(parsed.schedule, { nowMs: wallMs, lastMs: wallMs - agoMs }).allowed;
}

/**
 * Figures older than twice the interval are said to be old (spec/status.md "The tree"); with a schedule of its own, those after which
 * a look was due an interval ago, and has not ended. @param endedMs when the last look ended, on the clock that does not jump
 */
export function isStale(endedMs: number | undefined, { nowMs, wallMs, schedule }: Omit<LookTimes, 'begunMs' | 'isRound'>): boolean {
  if (endedMs === undefined) return true;
  if (schedule === undefined) return nowMs - endedMs > 2 * statusIntervalMs;
  const [thenMs, thenWallMs] = [nowMs - statusIntervalMs, wallMs - statusIntervalMs];
  return thenMs > endedMs && isLookDue({ nowMs: thenMs, begunMs: endedMs, wallMs: thenWallMs, schedule, isRound: false });
}
