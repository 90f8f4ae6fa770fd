/** vectors/schedule_next.json: the next run. */
import { nextRun } from '../../agent/state/schedule/next-run.ts';
import { clock, compareWithPeer, instant, nameOf, parse, type ScheduleInput, whenGood } from './schedule-vectors.ts';

interface Row {
  schedule: ScheduleInput;
  now: string;
  last: string | null;
  expected: { next: string | null };
  expected_om3?: { next: string | null };
}

/** The newer peer's answer where its own test states one. */
const peer = (row: Row): unknown => (row.expected_om3 ?? row.expected).next;

function ours(row: Row): unknown {
  return whenGood(parse(row.schedule), (schedule) => {
    const nowMs = instant(row.now) ?? Number.NaN;
    return clock(nextRun(schedule, { nowMs, lastMs: instant(row.last), zone: 'UTC', random: () => 0.5 })?.atMs);
  });
}

const order =
  'an exclusion only binds the members after it, as the peer itself answers in schedule_allowed; its next run binds it everywhere';
const once = 'no interval means once per range: the next one opens at midnight; the peer waits 24 hours from the last run, and drifts';
const months = 'skipping months starts the day at midnight; the peer keeps the hour of the question';

compareWithPeer<Row>({
  file: 'schedule_next.json',
  title: 'next run (schedule_next)',
  names: (row) => [`${nameOf(row.schedule)} at ${row.now}`, nameOf(row.schedule)],
  peer,
  ours,
  differences: {
    '["* * * jan-feb%2", "! 00:00-11:00"]': { ours: '2023-02-01 00:00:00', why: order },
    '["*", "!10:00-12:00"]': { ours: '2015-02-27 10:30:00', why: order },
    '["@10", "!10:00-12:00"]': { ours: '2015-02-27 10:30:00', why: order },
    '["@10", "! * fri"]': { ours: '2015-02-27 10:30:00', why: order },
    '*': { ours: '2015-02-28 00:00:00', why: once },
    '* * * feb': { ours: '2015-02-28 00:00:00', why: once },
    '* * * jan': { ours: '2016-01-01 00:00:00', why: months },
    '* *:last at 2015-04-30 12:00': {
      ours: '2015-05-31 00:00:00',
      why: 'the last day of the month is that of each month; the peer answers 1 may',
    },
    '~09:00-10:00 at 2015-02-27 09:30': {
      ours: '2015-02-27 09:30:00',
      why: 'the random instant of a window stays drawn (09:29:59 here, so it is due); the peer draws again at each question',
    },
    '* *:30 * feb': { ours: { fault: '* *:30 * feb' }, why: 'a date that never comes is an error; the peer never runs, in silence' },
  },
});
