/** May an action run now, and if not, why not. */
import { dayOf } from './calendar.ts';
import { closedAround, closedFor, drawnMs, earliestIn, hasRun, latestIn } from './choice.ts';
import { dayMiss } from './day-match.ts';
import { describeDays, describeMonths, describeTimes, describeWeeks } from './describe.ts';
import type { Member, Schedule } from './model.ts';
import { dayNames, monthNames } from './number-set.ts';
import { type When, zoneOf } from './next-run.ts';
import { openTimetable, type Window } from './windows.ts';
import { localDayOf, localText, type Zone } from './zone.ts';

export type RefusalCode = 'no-schedule' | 'never' | 'excluded' | 'month' | 'week' | 'day' | 'time' | 'not-yet' | 'too-soon';

/** Why one member does not allow a run. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Index of the member; -1 when the schedule has none. */
  readonly member: number;
  /** A clause without capital or full stop. */
  readonly text: string;
  /** First instant after the exclusion. */
  readonly untilMs?: number;
}

export interface Permission {
  readonly allowed: true;
  /** Index of the member that allows it. */
  readonly member: number;
  /** Last second in which it may still start; undefined for a moment. */
  readonly untilMs?: number;
}

export type Verdict =
  | Permission
  /** `code` and `reason` are those of the member that came closest; `refusals` has one for each member that was reached. */
  | { readonly allowed: false; readonly code: RefusalCode; readonly reason: string; readonly refusals: readonly Refusal[] };

/** How close a member came to allowing the run. */
const closeness = {
  'no-schedule': 0,
  never: 1,
  month: 2,
  week: 3,
  day: 4,
  time: 5,
  'not-yet': 6,
  'too-soon': 7,
  excluded: 8,
} satisfies Record<RefusalCode, number>;

function refuseDay(member: Member, index: number, localDay: number): Refusal | undefined {
  const day = dayOf(localDay);
  const miss = dayMiss(member, day);
  if (miss === undefined) return undefined;
  const today = `${dayNames[day.weekday - 1]} ${day.date} ${monthNames[day.month - 1]}`;
  const wanted = { month: describeMonths, week: describeWeeks, day: describeDays }[miss](member);
  return { code: miss, member: index, text: `not in allowed ${miss}s: ${today} is not ${wanted}` };
}

function refuseOpen(window: Window, when: When, zone: Zone): Refusal {
  const { member } = window;
  if (window.intervalMs === 0) return { code: 'never', member, text: 'interval set to 0: it never runs' };
  const last = when.lastMs === undefined ? '' : localText(zone, when.lastMs);
  if (hasRun(window, when.lastMs)) return { code: 'too-soon', member, text: `last run is too soon: it has run in this period, at ${last}` };
  const drawn = drawnMs(window, when);
  if (drawn > when.nowMs) return { code: 'not-yet', member, text: `its random instant in this period is ${localText(zone, drawn)}` };
  const rest = (window.intervalMs ?? 0) / 1000;
  return { code: 'too-soon', member, text: `last run is too soon: it ran at ${last}, less than ${rest} seconds ago` };
}

/** What an including member says at an instant. `windows` are all windows around it. */
function judge(member: Member, index: number, windows: readonly Window[], when: When, zone: Zone): Permission | Refusal {
  const around = windows.filter((window) => window.member === index && closedAround(window.spans, when.nowMs) !== undefined);
  const closed = closedFor(index, windows);
  for (const window of around) {
    if (earliestIn(window, when, closed) !== when.nowMs) continue;
    const untilMs = latestIn(window, when.nowMs, closed);
    return { allowed: true, member: index, ...(untilMs === undefined ? {} : { untilMs }) };
  }
  const open = around[0];
  if (open !== undefined) return refuseOpen(open, when, zone);
  const day = refuseDay(member, index, localDayOf(zone, when.nowMs));
  return day ?? { code: 'time', member: index, text: `not in timerange ${describeTimes(member)}` };
}

/** What an exclusion says at an instant; undefined when it does not bind. */
function excludes(index: number, member: Member, windows: readonly Window[], when: When, zone: Zone): Refusal | undefined {
  const spans = windows.filter((window) => window.member === index).flatMap((window) => window.spans);
  const span = closedAround(spans, when.nowMs);
  if (span === undefined) return undefined;
  const text = `excluded by '${member.text}' until ${localText(zone, span.toMs)}`;
  return { code: 'excluded', member: index, text, untilMs: span.toMs };
}

function verdictOf(refusals: readonly Refusal[]): Verdict {
  let closest: Refusal = { code: 'no-schedule', member: -1, text: 'no schedule: it never runs' };
  for (const refusal of refusals) if (closeness[refusal.code] > closeness[closest.code]) closest = refusal;
  return { allowed: false, code: closest.code, reason: closest.text, refusals };
}

/**
 * May a run start at `nowMs` when the last one started at `lastMs`. Members are asked in order; the first that allows it decides,
 * an exclusion that is reached ends the questions (spec/opensvc-core.md §5). Errors: CONFIG for an unknown zone.
 */
export function isAllowed(schedule: Schedule, when: When): Verdict {
  if (schedule.members.length === 0) return verdictOf([]);
  const zone = zoneOf(when);
  const timetable = openTimetable(schedule, zone);
  const today = localDayOf(zone, when.nowMs);
  const windows = [today - 1, today].flatMap((day) => timetable(day));
  const refusals: Refusal[] = [];
  for (const [index, member] of schedule.members.entries()) {
    if (member.kind === 'range' && member.exclude) {
      const refusal = excludes(index, member, windows, when, zone);
      if (refusal === undefined) continue;
      refusals.push(refusal);
      break;
    }
    const answer = judge(member, index, windows, when, zone);
    if ('allowed' in answer) return answer;
    refusals.push(answer);
  }
  return verdictOf(refusals);
}
