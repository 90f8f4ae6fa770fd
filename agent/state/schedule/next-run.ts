/** When does a schedule run next: by days, not by minutes. */
import { closedFor, earliestIn, latestIn, type Past } from './choice.ts';
import type { Member, Schedule } from './model.ts';
import { openTimetable, type Span, type Timetable } from './windows.ts';
import { localDayOf, openZone, type Zone } from './zone.ts';

/** An instant asked about. */
export interface When extends Past {
  /** IANA name, or a zone opened before (cheaper when asked often); this machine's when absent. */
  readonly zone?: string | Zone | undefined;
}

export interface Run {
  readonly atMs: number;
  /** Last second in which it may still start; undefined for a moment (`HH:MM`, cron). */
  readonly untilMs?: number;
  /** Index of the member that gives it. */
  readonly member: number;
  /** `~` without dice (`random`): the run comes at some instant from `atMs` to `untilMs`. */
  readonly undrawn?: true;
}

/** A friday 29 february comes back after 40 years at most; what does not come in that time never comes. */
const horizonDays = 41 * 366;
/** Days with open but unusable windows (all excluded): after five years of them there is no next run. */
const maxFruitlessDays = 5 * 366;

/** False for an exclusion, and for ranges that all have interval 0. */
function canRun(member: Member): boolean {
  return member.kind === 'cron' || (!member.exclude && member.ranges.some((range) => range.intervalMs !== 0));
}

/** The zone of a question. */
export function zoneOf(when: Pick<When, 'zone'>): Zone {
  return typeof when.zone === 'object' ? when.zone : openZone(when.zone);
}

/** The first run in windows that open on one day; `tried` tells whether there was any window to run in. */
function firstOn(day: number, timetable: Timetable, past: Past): { run: Run | undefined; tried: boolean } {
  const opening = timetable(day).filter((window) => !window.exclude && window.intervalMs !== 0);
  if (opening.length === 0) return { run: undefined, tried: false };
  const around = [...timetable(day - 1), ...timetable(day), ...timetable(day + 1)];
  const closedByMember = new Map<number, readonly Span[]>();
  let run: Run | undefined;
  for (const window of opening) {
    const closed = closedByMember.get(window.member) ?? closedFor(window.member, around);
    closedByMember.set(window.member, closed);
    const atMs = earliestIn(window, past, closed);
    if (atMs === undefined || (run !== undefined && atMs >= run.atMs)) continue;
    const untilMs = latestIn(window, atMs, closed);
    const undrawn = window.random && past.random === undefined;
    run = { atMs, member: window.member, ...(untilMs === undefined ? {} : { untilMs }), ...(undrawn ? { undrawn } : {}) };
  }
  return { run, tried: true };
}

/** First run at or after `nowMs` of a schedule whose last run was at `lastMs`; undefined when there is none. Errors: CONFIG for an unknown zone. */
export function nextRun(schedule: Schedule, when: When): Run | undefined {
  if (!schedule.members.some(canRun)) return undefined;
  const zone = zoneOf(when);
  const timetable = openTimetable(schedule, zone);
  // Windows of yesterday may reach into today: those that wrap, and those of a day that the zone skipped.
  const firstDay = localDayOf(zone, when.nowMs) - 1;
  let fruitless = 0;
  for (let day = firstDay; day < firstDay + horizonDays && fruitless < maxFruitlessDays; day++) {
    const { run, tried } = firstOn(day, timetable, when);
    if (run !== undefined) {
      // Windows of the following days may come first when this one is late in a window that wraps.
      const others = [firstOn(day + 1, timetable, when).run, firstOn(day + 2, timetable, when).run];
      return others.reduce<Run>((first, other) => (other !== undefined && other.atMs < first.atMs ? other : first), run);
    }
    if (tried) fruitless++;
  }
  return undefined;
}

/** The next `count` runs, each taken as the last run of the one after it. */
export function nextRuns(schedule: Schedule, when: When, count: number): readonly Run[] {
  const zone = zoneOf(when);
  const runs: Run[] = [];
  let past: When = { ...when, zone };
  while (runs.length < count) {
    const run = nextRun(schedule, past);
    if (run === undefined) break;
    runs.push(run);
    past = { ...past, nowMs: run.atMs, lastMs: run.atMs };
  }
  return runs;
}
