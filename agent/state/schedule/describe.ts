/** Plain words for the members of a schedule. */
import {
  type CronMember,
  dayMs,
  type DayRule,
  daySeconds,
  isMoment,
  type Member,
  type NumberSet,
  runsOncePerRange,
  type TimeRange,
} from './model.ts';
import { dayNames, monthNames } from './number-set.ts';

const two = (n: number): string => String(n).padStart(2, '0');

/** `09:00`, or `09:00:30` when it has seconds. */
export function clockText(second: number): string {
  const text = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}`;
  return second % 60 === 0 ? text : `${text}:${two(second % 60)}`;
}

/** `2 hours 1 minute` */
export function durationText(ms: number): string {
  const units = [
    ['week', 7 * dayMs],
    ['day', dayMs],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ] as const;
  const words: string[] = [];
  let rest = ms;
  for (const [unit, unitMs] of units) {
    const n = Math.floor(rest / unitMs);
    rest -= n * unitMs;
    if (n > 0) words.push(`${n} ${unit}${n === 1 ? '' : 's'}`);
  }
  return words.join(' ') || '0 seconds';
}

/** `monday to friday, sunday`: runs of three or more are folded. */
function listText(numbers: readonly number[], label: (n: number) => string): string {
  const words: string[] = [];
  for (let index = 0; index < numbers.length; index++) {
    let end = index;
    while (numbers[end + 1] === (numbers[end] ?? 0) + 1) end++;
    const first = label(numbers[index] ?? 0);
    if (end - index >= 2) words.push(`${first} to ${label(numbers[end] ?? 0)}`);
    else for (let n = index; n <= end; n++) words.push(label(numbers[n] ?? 0));
    index = end;
  }
  return words.join(', ');
}

const dayLabel = (n: number): string => dayNames[n - 1] ?? String(n);
const monthLabel = (n: number): string => monthNames[n - 1] ?? String(n);

function ordinal(n: number): string {
  const ending = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
}

function monthDayText(n: number): string {
  if (n === -1) return 'last';
  return n > 0 ? ordinal(n) : `${ordinal(-n)} last`;
}

function ruleText(rule: DayRule): string {
  if (rule.monthDays === undefined) return listText(rule.weekdays, dayLabel);
  const days = `the ${rule.monthDays.map(monthDayText).join(', ')} day of the month`;
  return rule.weekdays.length === 7 ? days : `${days} when it is ${listText(rule.weekdays, dayLabel)}`;
}

function setText(set: NumberSet, label: (n: number) => string): string | undefined {
  return set === 'all' ? undefined : listText(set, label);
}

/** Days of a member: `monday to friday`, `the last day of the month`; `any day` when they are all. */
export function describeDays(member: Member): string {
  if (member.kind === 'range') return member.days === 'all' ? 'any day' : member.days.map(ruleText).join(', or ');
  const weekdays = setText(member.weekdays, dayLabel);
  const dates = setText(member.monthDays, ordinal);
  const date = dates === undefined ? undefined : `the ${dates} of the month`;
  if (weekdays === undefined || date === undefined) return weekdays ?? date ?? 'any day';
  return member.eitherDay ? `${date}, or ${weekdays}` : `${date} when it is ${weekdays}`;
}

/** Weeks of a member: `ISO week 1 to 9`. */
export function describeWeeks(member: Member): string {
  return member.kind === 'range' && member.weeks !== 'all' ? `ISO week ${listText(member.weeks, String)}` : 'any week';
}

/** Months of a member: `january, february`. */
export function describeMonths(member: Member): string {
  return setText(member.months, monthLabel) ?? 'any month';
}

/** Ends of a range as they were written: `09:00-09:20`, `10:00`, `*`. */
function rangeText(range: TimeRange, exclude: boolean): string {
  if (isMoment(range)) return clockText(range.beginS);
  if (range.beginS === 0 && range.endS === daySeconds - 1) return '*';
  return `${clockText(range.beginS)}-${clockText((range.endS + (exclude ? 1 : 0)) % daySeconds)}`;
}

/** Times of a member, short: `10:00-11:00, 12:00-13:00`. */
export function describeTimes(member: Member): string {
  return member.kind === 'cron' ? cronTimes(member) : member.ranges.map((range) => rangeText(range, member.exclude)).join(', ');
}

/** Times of a cron member that are few enough are listed. */
const listedTimes = 6;

function cronTimes(member: CronMember): string {
  if (member.hours.length * member.minutes.length <= listedTimes) {
    return member.hours.flatMap((hour) => member.minutes.map((minute) => `${two(hour)}:${two(minute)}`)).join(', ');
  }
  const minutes = member.minutes.length === 60 ? 'every minute' : `minute ${listText(member.minutes, String)}`;
  return `${minutes} of ${member.hours.length === 24 ? 'every hour' : `hour ${listText(member.hours, String)}`}`;
}

/** What one time range makes happen: `once between 09:00 and 09:20`. */
function rangeSentence(range: TimeRange): string {
  const wholeDay = range.beginS === 0 && range.endS === daySeconds - 1;
  const wraps = range.endS < range.beginS ? ' of the next day' : '';
  const between = `between ${clockText(range.beginS)} and ${clockText(range.endS)}${wraps}`;
  if (range.intervalMs === 0) return `never ${wholeDay ? '(interval 0)' : `${between} (interval 0)`}`;
  if (isMoment(range)) return `at ${clockText(range.beginS)}`;
  const once = `once ${wholeDay ? 'a day' : between}${range.random ? ', at a random instant' : ''}`;
  if (range.intervalMs === undefined) return once;
  const apart = durationText(range.intervalMs);
  if (runsOncePerRange(range)) return `${once}, ${apart} apart at least`;
  return `every ${apart}${wholeDay ? '' : ` ${between}`}`;
}

/** One sentence: what a member makes happen. */
export function describeMember(member: Member): string {
  const days = describeDays(member);
  const calendar = [
    days === 'any day' ? 'every day' : `on ${days}`,
    ...(member.kind === 'range' && member.weeks !== 'all' ? [`in ${describeWeeks(member)}`] : []),
    ...(member.months === 'all' ? [] : [`in ${describeMonths(member)}`]),
  ].join(', ');
  if (member.kind === 'cron') return `at ${cronTimes(member)}, ${calendar}`;
  if (!member.exclude) return `${member.ranges.map(rangeSentence).join('; ')}; ${calendar}`;
  const times = member.ranges.map((range) => rangeText(range, true)).map((text) => (text === '*' ? 'at any time' : text));
  return `not ${times.join(', ')}, ${calendar}, whatever the members after this one say`;
}
