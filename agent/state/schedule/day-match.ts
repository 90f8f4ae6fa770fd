/** Does a member open on a day of the calendar. */
import { type Day, isoWeekOf } from './calendar.ts';
import type { CronMember, DayRule, Member, NumberSet } from './model.ts';

/** The first field that keeps a member closed on a day. */
export type DayMiss = 'month' | 'week' | 'day';

function has(set: NumberSet, n: number): boolean {
  return set === 'all' || set.includes(n);
}

function followsRule(rule: DayRule, day: Day): boolean {
  if (!rule.weekdays.includes(day.weekday)) return false;
  return rule.monthDays?.some((nth) => day.date === (nth > 0 ? nth : day.monthLength + 1 + nth)) ?? true;
}

/** crontab(5): when both day fields are restricted (neither starts with `*`) one is enough, else both must agree. */
function isCronDay(member: CronMember, day: Day): boolean {
  const monthDay = has(member.monthDays, day.date);
  const weekday = has(member.weekdays, day.weekday);
  return member.eitherDay ? monthDay || weekday : monthDay && weekday;
}

/** Why a member does not open on a day; undefined when it does. */
export function dayMiss(member: Member, day: Day): DayMiss | undefined {
  if (!has(member.months, day.month)) return 'month';
  if (member.kind === 'cron') return isCronDay(member, day) ? undefined : 'day';
  if (member.weeks !== 'all' && !member.weeks.includes(isoWeekOf(day))) return 'week';
  if (member.days === 'all') return undefined;
  return member.days.some((rule) => followsRule(rule, day)) ? undefined : 'day';
}
