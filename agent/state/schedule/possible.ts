/** Dates that never come, such as 30 february: a mistake that would otherwise show as a job that silently never runs. */
import { dayNumberOf, dayOf } from './calendar.ts';
import { dayMiss } from './day-match.ts';
import type { Member } from './model.ts';

/** The Gregorian calendar repeats, weekdays included, after 28 years where no century interferes (2001-2028). */
const firstDay = dayNumberOf(2001, 1, 1);
const lastDay = dayNumberOf(2028, 12, 31);

/** True when no day of the calendar satisfies the days, weeks and months of a member. */
export function neverComes(member: Member): boolean {
  for (let day = firstDay; day <= lastDay; day++) if (dayMiss(member, dayOf(day)) === undefined) return false;
  return true;
}
