/** Schedules, zones and instants for property tests. */
import fc from 'fast-check';
import { parseSchedule } from '../../../../agent/state/schedule/parse.ts';

export const zones = ['UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Havana'] as const;

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 1, 15, 29, 30, 45, 59), fc.boolean())
  .map(([h, m, s]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}${s ? ':30' : ''}`);
const interval = fc.constantFrom('', '', '@7', '@10', '@61', '@1h30m', '@45s', '@1d', '@1w', '@0');
const range = fc.oneof(
  fc.tuple(fc.constantFrom('', '~'), time, time, interval).map(([tilde, from, to, every]) => `${tilde}${from}-${to}${every}`),
  time,
  interval.map((every) => `*${every}`),
);
const days = fc.constantFrom('*', '*', 'mon-fri', 'sat-mon', 'wed', '*:last', ':1,:15', 'fri:%2', '*:-2,tue');
const weeks = fc.constantFrom('*', '*', '*', '%2', '50-2', '1-26');
const months = fc.constantFrom('*', '*', '*', 'nov-feb', '%3+1', 'mar,oct');
const calendar = fc.tuple(days, weeks, months).map((fields) => fields.join(' '));
const include = fc.tuple(fc.array(range, { minLength: 1, maxLength: 2 }), calendar).map(([ranges, rest]) => `${ranges.join(',')} ${rest}`);
const exclude = fc.tuple(fc.tuple(time, time), calendar).map(([[from, to], rest]) => `!${from}-${to} ${rest}`);
const cron = fc
  .tuple(
    fc.constantFrom('0', '*/20', '5,35'),
    fc.constantFrom('*', '2', '*/6', '1-3'),
    fc.constantFrom('*', '1', '*/5'),
    fc.constantFrom('*', 'mon', '6-7'),
  )
  .map(([minute, hour, date, day]) => `cron:${minute} ${hour} ${date} * ${day}`);

/** A correct schedule text of up to three members. */
export const scheduleText = fc
  .array(fc.oneof({ weight: 4, arbitrary: include }, { weight: 2, arbitrary: exclude }, { weight: 1, arbitrary: cron }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((members) => JSON.stringify(members))
  .filter((text) => parseSchedule(text).ok); // some dates never come: weeks 50-2 in march

export const zoneName = fc.constantFrom(...zones);

/** An instant of 2026 to 2028, often near a change of the clock (end of march, end of october). */
export const instantMs = fc.oneof(
  fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2028, 11, 31) }),
  fc.integer({ min: Date.UTC(2027, 2, 26), max: Date.UTC(2027, 2, 30) }),
  fc.integer({ min: Date.UTC(2027, 9, 29), max: Date.UTC(2027, 10, 8) }),
);
