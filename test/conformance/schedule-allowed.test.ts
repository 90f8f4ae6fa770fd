/** vectors/schedule_allowed.json: may an action run now. */
import { isAllowed, type RefusalCode } from '../../agent/state/schedule/allowed.ts';
import { compareWithPeer, instant, nameOf, parse, type ScheduleInput, whenGood } from './schedule-vectors.ts';

interface Row {
  schedule: ScheduleInput;
  now: string;
  last: string | null;
  expected: { allowed: boolean; why?: string; excluded_for_s?: number };
}

/** The peer's words, by our codes; it lists the reasons of all ranges, the last one is that of the range that came closest. */
const codes: readonly (readonly [RegExp, RefusalCode])[] = [
  [/^no schedule$/, 'no-schedule'],
  [/^interval set to 0$/, 'never'],
  [/^excluded$/, 'excluded'],
  [/^not in allowed months$/, 'month'],
  [/^not in allowed weeks$/, 'week'],
  [/^not in allowed days$/, 'day'],
  [/too soon$/, 'too-soon'],
  [/^not in timerange /, 'time'],
];

function peerAnswer({ allowed, why = '', excluded_for_s }: Row['expected']): unknown {
  if (allowed) return { allowed };
  const code = codes.find(([words]) => words.test(why))?.[1];
  return { allowed, code, ...(excluded_for_s === undefined ? {} : { excludedForS: excluded_for_s }) };
}

function ourAnswer(row: Row): unknown {
  return whenGood(parse(row.schedule), (schedule) => {
    const nowMs = instant(row.now) ?? Number.NaN;
    const verdict = isAllowed(schedule, { nowMs, lastMs: instant(row.last), zone: 'UTC' });
    if (verdict.allowed) return { allowed: true };
    const untilMs = verdict.refusals.find((refusal) => refusal.untilMs !== undefined)?.untilMs;
    return { allowed: false, code: verdict.code, ...(untilMs === undefined ? {} : { excludedForS: (untilMs - nowMs) / 1000 }) };
  });
}

const bad = (part: string, why: string): { ours: unknown; why: string } => ({ ours: { fault: part }, why });
const dropped = 'a bad member is an error, the peer drops it in silence';
const midnight = 'a whole day ends at midnight; for the peer its last minute is free again';

compareWithPeer<Row>({
  file: 'schedule_allowed.json',
  title: 'permission to run (schedule_allowed)',
  names: (row) => [`${nameOf(row.schedule)} at ${row.now}`, nameOf(row.schedule)],
  peer: (row) => peerAnswer(row.expected),
  ours: ourAnswer,
  differences: {
    '* *:0': bad(':0', 'day 0 of a month does not exist; the peer takes it and never runs'),
    '* :0': bad(':0', 'day 0 of a month does not exist; the peer takes it and never runs'),
    '* 0': bad('0', 'days of the week are 1 to 7; the peer takes 0 and never runs'),
    '* 8': bad('8', 'days of the week are 1 to 7; the peer takes 8 and never runs'),
    '["06:00-07:00@1h *:1,-1","! * * * feb"]': bad(
      '-1',
      'a bare -1 is no day of the week (:-1 is the last day of the month); the peer ignores it',
    ),
    foo: bad('foo', dropped),
    '25:00': bad('25:00', dropped),
    '10:00-9': bad('9', dropped),
    '@x': bad('@x', 'a bad interval is an error; the peer takes it for 0 and never runs'),
    '@1z': bad('@1z', 'a bad interval is an error; the peer takes it for 0 and never runs'),
    '* * * * *': bad('*', dropped),
    '23:00-01:00 fri at 2015-02-28 00:30': {
      ours: { allowed: true },
      why: 'a window that crosses midnight belongs to the day it opens; the peer asks the day of each instant, so that this one would run twice on friday',
    },
    '["! * wed", "*"] at 2015-01-07 10:00': { ours: { allowed: false, code: 'excluded', excludedForS: 50_400 }, why: midnight },
    '!*': { ours: { allowed: false, code: 'excluded', excludedForS: 50_400 }, why: midnight },
  },
});
