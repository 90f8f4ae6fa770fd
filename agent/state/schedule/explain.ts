/** `svcmgr schedule explain`: what a schedule means, whether it may run at an instant and why not, and its next runs. */
import { isAllowed, type Verdict } from './allowed.ts';
import { dayOf } from './calendar.ts';
import { describeMember } from './describe.ts';
import type { Schedule, ScheduleFault } from './model.ts';
import { nextRuns, type Run, type When, zoneOf } from './next-run.ts';
import { dayNames } from './number-set.ts';
import { faultText, parseSchedule } from './parse.ts';
import { localDayOf, localText, type Zone } from './zone.ts';

export interface ExplainOptions extends Omit<When, 'nowMs'> {
  /** The instant asked about; without it only the meaning is explained. */
  readonly atMs?: number | undefined;
  /** How many next runs (default 0). */
  readonly next?: number | undefined;
}

export interface ExplainedMember {
  readonly text: string;
  readonly meaning: string;
}

export interface ExplainedRun {
  /** Local time with its offset: `2026-03-29 03:00:00 +02:00`. */
  readonly at: string;
  readonly weekday: string;
  /** Last second in which it may still start; absent for a moment. */
  readonly until?: string;
  /** It comes at a random instant from `at` to `until`. */
  readonly random?: true;
  /** Text of the member that gives it. */
  readonly member: string;
}

export interface Explanation {
  readonly expression: string;
  readonly zone: string;
  readonly valid: boolean;
  readonly faults: readonly ScheduleFault[];
  readonly warnings: readonly string[];
  readonly members: readonly ExplainedMember[];
  readonly at?: { readonly time: string; readonly allowed: boolean; readonly reason?: string; readonly refusals?: readonly string[] };
  readonly next: readonly ExplainedRun[];
}

function explainVerdict(verdict: Verdict, time: string): NonNullable<Explanation['at']> {
  if (verdict.allowed) return { time, allowed: true };
  return { time, allowed: false, reason: verdict.reason, refusals: verdict.refusals.map((refusal) => refusal.text) };
}

function explainRun(run: Run, schedule: Schedule, zone: Zone): ExplainedRun {
  return {
    at: localText(zone, run.atMs),
    weekday: dayNames[dayOf(localDayOf(zone, run.atMs)).weekday - 1] ?? '',
    ...(run.untilMs === undefined ? {} : { until: localText(zone, run.untilMs) }),
    ...(run.undrawn === undefined ? {} : { random: true }),
    member: schedule.members[run.member]?.text ?? '',
  };
}

/** The explanation as data (`--format json`). Errors: CONFIG for an unknown zone; a bad expression is told by `valid` and `faults`. */
export function explainData(text: string, options: ExplainOptions = {}): Explanation {
  const zone = zoneOf(options);
  const parsed = parseSchedule(text);
  const empty = { expression: text, zone: zone.name, members: [], next: [] };
  if (!parsed.ok) return { ...empty, valid: false, faults: parsed.faults, warnings: [] };
  const { schedule, warnings } = parsed;
  const members = schedule.members.map((member) => ({ text: member.text, meaning: describeMember(member) }));
  const meaning = { ...empty, valid: true, faults: [], warnings, members };
  if (options.atMs === undefined) return meaning;
  const when: When = { ...options, zone, nowMs: options.atMs };
  const at = explainVerdict(isAllowed(schedule, when), localText(zone, when.nowMs));
  const next = nextRuns(schedule, when, options.next ?? 0).map((run) => explainRun(run, schedule, zone));
  return { ...meaning, at, next };
}

/** The explanation in plain sentences, one per line. */
export function explainSchedule(text: string, options: ExplainOptions = {}): readonly string[] {
  const told = explainData(text, options);
  if (!told.valid) return [`'${text}' is not a schedule:`, ...told.faults.map((fault) => `  member ${fault.member}: ${faultText(fault)}`)];
  const lines = told.members.map((member) => `${member.text}: ${member.meaning}`);
  if (lines.length === 0) lines.push('never: the schedule is empty');
  lines.push(...told.warnings.map((warning) => `warning: ${warning}`), `times are local time of ${told.zone}`);
  if (told.at?.allowed === true) lines.push(`at ${told.at.time}: may run`);
  if (told.at?.allowed === false) lines.push(`at ${told.at.time}: may not run: ${told.at.reason}`);
  if (told.next.length > 0) lines.push('next runs:');
  for (const run of told.next) {
    const sameDay = run.until?.slice(0, 10) === run.at.slice(0, 10);
    const until = run.until === undefined ? '' : `, until ${sameDay ? run.until.slice(11, 19) : run.until}`;
    lines.push(`  ${run.at} ${run.weekday}${until}${run.random === true ? ', at a random instant' : ''}`);
  }
  if ((options.next ?? 0) > 0 && options.atMs !== undefined && told.next.length === 0) lines.push('next runs: none');
  return lines;
}
