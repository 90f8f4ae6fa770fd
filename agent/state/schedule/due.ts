/** Is a job due now, and when is it next: its schedule, what ran last, how often it failed (spec/config.md; issue "Scheduler"). Pure. */
import { isAllowed } from './allowed.ts';
import { missedRun } from './missed-run.ts';
import type { Schedule } from './model.ts';
import { nextRun, type When, zoneOf } from './next-run.ts';
import { stableRandom } from './random.ts';
import type { Zone } from './zone.ts';

/** What is remembered of a job. Times are milliseconds since 1970. */
export interface JobPast {
  /** When it became known here, with this schedule; a moment that passed before is none of its runs. */
  readonly sinceMs: number;
  /** Start of its last run, by whomever. */
  readonly lastMs?: number | undefined;
  /** Runs that failed in a row, and when the last of them began. */
  readonly failures: number;
  readonly failedMs?: number | undefined;
}

export interface JobQuestion {
  readonly schedule: Schedule;
  /** `node1/svc1/sync#1`: draws its instant of a `~` range, and its place in the crowd at the opening of a range. */
  readonly name: string;
  readonly zone: Zone;
  readonly nowMs: number;
  readonly past: JobPast;
}

export type Due =
  /** To be run now. `dueMs`: since when; `missed`: nobody was there to run it then. */
  | { readonly kind: 'due'; readonly dueMs: number; readonly missed: boolean }
  | { readonly kind: 'later'; readonly atMs: number; readonly why: string }
  | { readonly kind: 'never'; readonly why: string };

/** Jobs whose ranges open together are spread over so long at most. */
export const spreadMs = 30_000;
/** The first pause behind a failed run; it doubles with each further one, up to the longest. A range or interval that is longer decides by itself. */
export const firstRetryMs = 60_000;
export const longestRetryMs = 3_600_000;
/** A last run so little ahead of the clock is believed: the clock was set back, and what ran must not run again. */
const believedAheadMs = 3_600_000;

/** How long a job rests behind its last run, for having failed so often. */
export function retryPauseMs(failures: number): number {
  return failures < 1 ? 0 : Math.min(firstRetryMs * 2 ** Math.min(failures - 1, 20), longestRetryMs);
}

/** Decides for one job. @throws SvcError CONFIG for an unknown zone */
export function decideDue(question: JobQuestion): Due {
  const { past, nowMs } = question;
  const { failedMs } = past;
  // A clock that was set back ends the rest.
  const restUntilMs = failedMs === undefined || failedMs > nowMs ? nowMs : failedMs + retryPauseMs(past.failures);
  if (restUntilMs <= nowMs) return decideRested(question);
  const rested = decideRested({ ...question, nowMs: restUntilMs });
  const why = `failed ${past.failures === 1 ? 'once' : `${past.failures} times in a row`}: it rests`;
  if (rested.kind === 'due') return { kind: 'later', atMs: restUntilMs, why };
  return rested;
}

function decideRested(question: JobQuestion): Due {
  const { schedule, nowMs, past } = question;
  const when = whenOf(question);
  const verdict = isAllowed(schedule, when);
  if (verdict.allowed) return verdict.untilMs === undefined ? decideMoment(question) : decideRange(question, verdict.untilMs);
  // What was due before the job had this schedule was not missed.
  const missed = missedRun(schedule, { ...when, lastMs: Math.max(past.lastMs ?? past.sinceMs, past.sinceMs) });
  // Who wrote a moment wants the run, even late; the end of a range is a limit.
  if (missed?.moment === true && !missed.excludedNow) return { kind: 'due', dueMs: missed.dueMs, missed: true };
  const next = nextRun(schedule, when);
  if (next === undefined) return { kind: 'never', why: verdict.reason };
  const atMs = Math.max(next.atMs + crowdMs(question, next.atMs, next.untilMs), nowMs + 1);
  return { kind: 'later', atMs, why: verdict.reason };
}

function whenOf({ name, zone, nowMs, past }: JobQuestion): When {
  return { nowMs, zone, lastMs: past.lastMs, random: stableRandom(name) };
}

function decideMoment({ nowMs, past }: JobQuestion): Due {
  const { lastMs } = past;
  if (lastMs === undefined || lastMs <= nowMs || lastMs - nowMs >= believedAheadMs) return { kind: 'due', dueMs: nowMs, missed: false };
  return { kind: 'later', atMs: lastMs + 1, why: 'it has run: the clock was set back since' };
}

/** The range is open. Right after its opening, jobs take their turn. */
function decideRange(question: JobQuestion, untilMs: number): Due {
  const { schedule, nowMs } = question;
  // As things were before the crowd: when within it the range began to allow a run.
  const opened = nextRun(schedule, { ...whenOf(question), nowMs: nowMs - spreadMs });
  const dueMs = Math.min(opened?.atMs ?? nowMs, nowMs);
  const atMs = dueMs + crowdMs(question, dueMs, untilMs);
  if (dueMs > nowMs - spreadMs && atMs > nowMs) return { kind: 'later', atMs, why: 'its turn in the crowd at the opening' };
  return { kind: 'due', dueMs, missed: false };
}

/** How long this job waits behind the opening of a range; 0 when it is not an opening that makes it due. */
function crowdMs({ schedule, name, zone }: JobQuestion, dueMs: number, untilMs: number | undefined): number {
  if (untilMs === undefined || isAllowed(schedule, { nowMs: dueMs - 1000, zone: zoneOf({ zone }) }).allowed) return 0;
  const widthMs = Math.min(spreadMs, Math.max(0, (untilMs - dueMs) / 10));
  return Math.floor((stableRandom(name)(0) * widthMs) / 1000) * 1000;
}
