/** When a job ran last, by whomever: the scheduler's own record, and what every sync and run remembers. */
import type { JobPast } from '../state/schedule/due.ts';
import { type LastRun, recallRun } from './last-run.ts';
import type { JobRecord } from './schedule-store.ts';
import type { World } from './world.ts';

/** What a run that began remembers of its begin comes this much later, at most. */
const sameRunMs = 5000;

export interface KnownPast extends JobPast {
  /** The last run, when it was not a scheduled one. */
  readonly byHand: LastRun | undefined;
}

export async function jobPast(world: World, service: string, rid: string, record: JobRecord): Promise<KnownPast> {
  const { sinceMs, lastMs, failures, failedMs, cutMs } = record;
  const remembered = await recallRun(world, service, rid);
  // What a run that was cut remembered of itself is no run.
  const isCut = cutMs !== undefined && remembered !== undefined && Math.abs(remembered.atMs - cutMs) < sameRunMs;
  const both = [lastMs, isCut ? undefined : remembered?.atMs].filter((one) => one !== undefined);
  const isOwn = isCut || remembered === undefined || (lastMs !== undefined && remembered.atMs < lastMs + sameRunMs);
  const byHand = isOwn ? undefined : remembered;
  // Somebody has done what the job failed to do.
  const failed = byHand?.result === 'ok' ? { failures: 0, failedMs: undefined } : { failures, failedMs };
  return { sinceMs, ...failed, byHand, ...(both.length === 0 ? {} : { lastMs: Math.max(...both) }) };
}
