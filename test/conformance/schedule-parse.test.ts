/** vectors/schedule_parse.json: the structure of parsed schedules. */
import { type DayRule, type Member, type NumberSet, rangeLengthS } from '../../agent/state/schedule/model.ts';
import { compareWithPeer, parse, whenGood } from './schedule-vectors.ts';

interface PeerRange {
  probabilistic: boolean;
  begin: string;
  end: string;
  interval: number;
}
interface PeerDay {
  weekday: number;
  monthday: number | null;
}
interface PeerMember {
  timeranges: PeerRange[];
  exclude: boolean;
  months: NumberSet;
  weeks: NumberSet;
  days: 'all' | PeerDay[];
}
interface Row {
  schedule: string;
  expected: PeerMember[];
}

const seconds = (text: string): number => {
  const [hour = 0, minute = 0, second = 0] = text.split(':').map(Number);
  return hour * 3600 + minute * 60 + second;
};

/** The peer writes the whole day as 00:00-23:59 when it has no interval, and every weekday either as a list or as 'all'. */
function normal(member: PeerMember): unknown {
  const timeranges = member.timeranges.map(({ probabilistic, begin, end, interval }) => {
    const wholeDay = begin === '00:00' && end === '23:59' && interval === 86_400;
    return { probabilistic, begin: seconds(begin), end: wholeDay ? 86_399 : seconds(end), interval };
  });
  const days = member.days;
  const everyDay = days !== 'all' && days.length === 7 && days.every((day) => day.monthday === null);
  return { ...member, timeranges, days: everyDay ? 'all' : days };
}

function peerDays(days: 'all' | readonly DayRule[]): 'all' | PeerDay[] {
  if (days === 'all') return 'all';
  return days.flatMap((rule) => rule.weekdays.flatMap((weekday) => (rule.monthDays ?? [null]).map((monthday) => ({ weekday, monthday }))));
}

function peerForm(member: Member): unknown {
  if (member.kind === 'cron') return member;
  const timeranges = member.ranges.map((range) => ({
    probabilistic: range.random,
    begin: range.beginS,
    end: range.endS,
    interval: (range.intervalMs ?? rangeLengthS(range) * 1000) / 1000,
  }));
  return { timeranges, exclude: member.exclude, months: member.months, weeks: member.weeks, days: peerDays(member.days) };
}

const dropped = 'a bad member is an error, the peer drops it in silence';
const bad = (part: string): { ours: unknown; why: string } => ({ ours: { fault: part }, why: dropped });

compareWithPeer<Row>({
  file: 'schedule_parse.json',
  title: 'schedule texts (schedule_parse)',
  names: (row) => [row.schedule],
  peer: (row) => row.expected.map(normal),
  ours: (row) => whenGood(parse(row.schedule), (schedule) => schedule.members.map(peerForm)),
  differences: {
    '* *:0': { ours: { fault: ':0' }, why: 'day 0 of a month does not exist: the peer takes it and never runs' },
    '* :0': { ours: { fault: ':0' }, why: 'day 0 of a month does not exist: the peer takes it and never runs' },
    '23:00-23:59@61 *:first:*': bad('*:first:*'),
    '23:00-23:59@61 *:': bad(':'),
    '23:00-23:59@61 *:*': bad(':*'),
    '23:00-23:59@61 * * %2%3': bad('%2%3'),
    '23:00-23:59@61 * * %2+1+2': bad('%2+1+2'),
    '23:00-23:59@61 * * %foo': bad('%foo'),
    '23:00-23:59@61 freday': bad('freday'),
    '23:00-23:59@61 * * junuary': bad('junuary'),
    '23:00-23:59-01:00@61': bad('23:00-23:59-01:00'),
    '23:00-23:59@61@10': bad('23:00-23:59@61@10'),
    '23:00-23:02 mon 1 12 4': bad('4'),
    '21-22 mon 1 12': bad('21 22'),
    '14-15': bad('14 15'),
    '["a","@10"]': bad('a'),
  },
});
