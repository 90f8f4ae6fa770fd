/** What a schedule text means, as plain data (spec/opensvc-core.md §5; grammar of parse.ts). */

export const dayMs = 86_400_000;
export const daySeconds = 86_400;

/** One time range of a member. Seconds are of the local day; `endS` is the last second inside; `endS < beginS` wraps midnight. */
export interface TimeRange {
  readonly beginS: number;
  readonly endS: number;
  /** Elapsed time between two runs; undefined = once per range; 0 = never. */
  readonly intervalMs: number | undefined;
  /** `~`: the one run of a range comes at a random instant inside it. */
  readonly random: boolean;
}

/** Days that satisfy one item of the days field: the weekday AND, when given, the day of the month. */
export interface DayRule {
  /** ISO, 1 = monday … 7 = sunday. */
  readonly weekdays: readonly number[];
  /** 1..31 from the start, -1..-31 from the end of the month. */
  readonly monthDays?: readonly number[];
}

export type NumberSet = 'all' | readonly number[];

/** `[!]<timerange>[@interval] [days [weeks [months]]]` */
export interface RangeMember {
  readonly kind: 'range';
  readonly text: string;
  /** `!`: later members may not run at these times. */
  readonly exclude: boolean;
  readonly ranges: readonly TimeRange[];
  readonly days: 'all' | readonly DayRule[];
  /** ISO weeks 1..53. */
  readonly weeks: NumberSet;
  readonly months: NumberSet;
}

/** `cron:MINUTE HOUR DAY-OF-MONTH MONTH DAY-OF-WEEK` */
export interface CronMember {
  readonly kind: 'cron';
  readonly text: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly monthDays: NumberSet;
  readonly months: NumberSet;
  /** ISO, 1 = monday … 7 = sunday. */
  readonly weekdays: NumberSet;
  /** Vixie cron: when neither day field starts with `*`, one of the two is enough. */
  readonly eitherDay: boolean;
  /** The hour field starts with `*`: the job follows real time through a change of the clock, it is not tied to named hours. */
  readonly everyHour: boolean;
}

export type Member = RangeMember | CronMember;

/** Members in the order of the text; the order matters: an exclusion only binds the members after it. No member = never. */
export interface Schedule {
  readonly text: string;
  readonly members: readonly Member[];
}

/** One fault of a schedule text. */
export interface ScheduleFault {
  /** Which member of the text, from 1. */
  readonly member: number;
  /** The offending part of the text. */
  readonly part: string;
  /** What is wrong and what is allowed. */
  readonly text: string;
  readonly nearest?: string;
}

export type ParsedSchedule =
  | { readonly ok: true; readonly schedule: Schedule; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly faults: readonly ScheduleFault[] };

/** Where parsers put what they find. `fault` returns undefined so that a parser can `return report.fault(…)`. */
export interface ParseReport {
  fault(part: string, text: string, nearest?: string): undefined;
  warn(text: string): void;
}

/** Seconds of a range, both ends included: 10:00-11:00 is 3601. */
export function rangeLengthS(range: Pick<TimeRange, 'beginS' | 'endS'>): number {
  return ((range.endS - range.beginS + daySeconds) % daySeconds) + 1;
}

/** True when a range can hold one run only: no interval, or one that is not shorter than the range. */
export function runsOncePerRange(range: TimeRange): boolean {
  return range.intervalMs === undefined || range.intervalMs >= rangeLengthS(range) * 1000;
}

/** True for `HH:MM`: a moment, which is open for two seconds as in the peer. */
export function isMoment(range: TimeRange): boolean {
  return range.intervalMs === undefined && rangeLengthS(range) <= 2;
}
