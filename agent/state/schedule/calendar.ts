/** Days of the calendar, without any time zone: a day is its number since 1970-01-01. */
import { dayMs } from './model.ts';

export interface Day {
  /** Days since 1970-01-01. */
  readonly number: number;
  readonly year: number;
  /** 1..12 */
  readonly month: number;
  /** 1..31 */
  readonly date: number;
  /** ISO, 1 = monday … 7 = sunday. */
  readonly weekday: number;
  readonly monthLength: number;
}

/** The number of a date (proleptic Gregorian); days beyond the month carry over. */
export function dayNumberOf(year: number, month: number, date: number): number {
  return Math.floor(Date.UTC(year, month - 1, date) / dayMs);
}

/** The date of a day number. */
export function dayOf(number: number): Day {
  const at = new Date(number * dayMs);
  const year = at.getUTCFullYear();
  const month = at.getUTCMonth() + 1;
  return {
    number,
    year,
    month,
    date: at.getUTCDate(),
    weekday: ((((number + 3) % 7) + 7) % 7) + 1, // 1970-01-01 was a thursday
    monthLength: new Date(Date.UTC(year, month, 0)).getUTCDate(),
  };
}

/** ISO 8601 week, 1..53: week 1 holds the first thursday of the year. */
export function isoWeekOf(day: Day): number {
  const thursday = dayOf(day.number + 4 - day.weekday);
  return Math.floor((thursday.number - dayNumberOf(thursday.year, 1, 1)) / 7) + 1;
}
