/** Was a run due while nobody looked (daemon stopped, machine off, event loop blocked). A missed run is run once, however many were due. */
import { isAllowed } from './allowed.ts';
import type { Schedule } from './model.ts';
import { nextRun, type When, zoneOf } from './next-run.ts';

export interface MissedRun {
  /** The first run that was due after the last one. */
  readonly dueMs: number;
  /** The schedule still allows it now: run it as any other. */
  readonly stillAllowed: boolean;
  /** It was a moment (`HH:MM`, cron), so running it late is what its author wants; the end of a range is a limit instead. */
  readonly moment: boolean;
  /** An exclusion forbids it now. */
  readonly excludedNow: boolean;
}

/**
 * The run that was due between the last one (or `sinceMs`, the time the job became known, when it never ran) and `nowMs`; undefined when
 * none was, or when neither time is known. Suggested rule of the daemon: run when `stillAllowed || (moment && !excludedNow)`.
 */
export function missedRun(schedule: Schedule, when: When & { readonly sinceMs?: number | undefined }): MissedRun | undefined {
  const fromMs = when.lastMs ?? when.sinceMs;
  if (fromMs === undefined || fromMs > when.nowMs) return undefined;
  const zone = zoneOf(when);
  const due = nextRun(schedule, { ...when, zone, nowMs: fromMs });
  if (due === undefined || due.atMs > when.nowMs) return undefined;
  const verdict = isAllowed(schedule, { ...when, zone });
  return {
    dueMs: due.atMs,
    stillAllowed: verdict.allowed,
    moment: due.untilMs === undefined,
    excludedNow: !verdict.allowed && verdict.code === 'excluded',
  };
}
