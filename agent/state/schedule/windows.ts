/** The stretches of real time in which the members of a schedule are open, day by day, through changes of the clock. */
import { dayOf } from './calendar.ts';
import { dayMiss } from './day-match.ts';
import { type CronMember, dayMs, isMoment, type Member, rangeLengthS, type RangeMember, runsOncePerRange, type Schedule } from './model.ts';
import type { Regime, Zone } from './zone.ts';

/** Half-open: `fromMs` is inside, `toMs` is not. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** One opening of one range. It has two spans when the clock goes back inside it. */
export interface Window {
  /** Index of the member. */
  readonly member: number;
  readonly exclude: boolean;
  /** Sorted, apart, never empty. */
  readonly spans: readonly Span[];
  readonly once: boolean;
  readonly intervalMs: number | undefined;
  readonly moment: boolean;
  readonly random: boolean;
}

/** Moments stay open for two seconds (time-range.ts). */
const momentMs = 2000;

/** Real time of a stretch of the local clock (`wall…Ms` = local clock read as UTC). */
function spansOf(regimes: readonly Regime[], wallFromMs: number, wallToMs: number): Span[] {
  const spans: Span[] = [];
  for (const regime of regimes) {
    const fromMs = Math.max(wallFromMs - regime.offsetMs, regime.fromMs);
    const toMs = Math.min(wallToMs - regime.offsetMs, regime.toMs);
    if (fromMs >= toMs) continue;
    const previous = spans.at(-1);
    if (previous?.toMs === fromMs) spans[spans.length - 1] = { fromMs: previous.fromMs, toMs };
    else spans.push({ fromMs, toMs });
  }
  return spans;
}

/** A stretch that the clock jumps over opens at the first instant after the jump, for its length: a daily job is never lost. */
function spanAfterGap(regimes: readonly Regime[], wallFromMs: number, wallToMs: number): Span[] {
  for (const [index, next] of regimes.entries()) {
    const previous = regimes[index - 1];
    const jumpsOver = previous !== undefined && wallFromMs - previous.offsetMs >= previous.toMs && wallFromMs - next.offsetMs < next.fromMs;
    if (jumpsOver) return [{ fromMs: next.fromMs, toMs: next.fromMs + wallToMs - wallFromMs }];
  }
  return [];
}

function rangeWindows(member: RangeMember, index: number, day: number, regimes: readonly Regime[]): Window[] {
  return member.ranges.flatMap((range) => {
    const wallFromMs = day * dayMs + range.beginS * 1000;
    const wallToMs = wallFromMs + rangeLengthS(range) * 1000;
    const found = spansOf(regimes, wallFromMs, wallToMs);
    const spans = found.length > 0 ? found : spanAfterGap(regimes, wallFromMs, wallToMs);
    if (spans.length === 0) return [];
    const { intervalMs, random } = range;
    return [{ member: index, exclude: member.exclude, spans, once: runsOncePerRange(range), intervalMs, moment: isMoment(range), random }];
  });
}

/**
 * Each named minute is one moment. With a fixed hour it comes once a day: after the jump when the clock skips it, the first
 * time when the clock repeats it. With an hour field that starts with `*` it follows real time, as Vixie cron does.
 */
function cronWindows(member: CronMember, index: number, day: number, regimes: readonly Regime[]): Window[] {
  const windows: Window[] = [];
  const add = (spans: readonly Span[]): void => {
    if (spans.length > 0)
      windows.push({ member: index, exclude: false, spans, once: true, intervalMs: undefined, moment: true, random: false });
  };
  for (const hour of member.hours) {
    for (const minute of member.minutes) {
      const wallFromMs = day * dayMs + (hour * 60 + minute) * 60_000;
      const found = spansOf(regimes, wallFromMs, wallFromMs + momentMs);
      if (member.everyHour) for (const span of found) add([span]);
      else add(found.length > 0 ? found : spanAfterGap(regimes, wallFromMs, wallFromMs + momentMs));
    }
  }
  return windows;
}

function memberWindows(member: Member, index: number, day: number, regimes: readonly Regime[]): Window[] {
  return member.kind === 'cron' ? cronWindows(member, index, day, regimes) : rangeWindows(member, index, day, regimes);
}

/** Gives the windows that open on a local day, of all members, exclusions too. A window that crosses midnight belongs to the day it opens. */
export type Timetable = (day: number) => readonly Window[];

/** Days kept by a timetable: a search looks at the day before, the day, and the day after. */
const keptDays = 4;

/** The timetable of a schedule in a zone. */
export function openTimetable(schedule: Schedule, zone: Zone): Timetable {
  const kept = new Map<number, readonly Window[]>();
  return (day) => {
    const known = kept.get(day);
    if (known !== undefined) return known;
    const date = dayOf(day);
    const open = schedule.members.flatMap((member, index) => (dayMiss(member, date) === undefined ? [{ member, index }] : []));
    // Local days differ from UTC days by less than one; a range that wraps ends in the next day.
    const regimes = open.length > 0 ? zone.regimes(day - 1, day + 3) : [];
    const windows = open.flatMap(({ member, index }) => memberWindows(member, index, day, regimes));
    kept.set(day, windows);
    kept.delete(day - keptDays);
    return windows;
  };
}
