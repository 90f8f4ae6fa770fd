/** `cron:` members: the five fields of Vixie cron (crontab(5)), without its `L`, `W`, `#` relatives. */
import type { CronMember, NumberSet, ParseReport } from './model.ts';
import { nearestName } from '../../nearest.ts';
import { dayField, monthField, type NumberField, parseNumber } from './number-set.ts';

const none: ReadonlyMap<string, number> = new Map();
const minuteField: NumberField = { what: 'minute', min: 0, max: 59, names: none, allowed: '0 to 59', modulo: false };
const hourField: NumberField = { what: 'hour', min: 0, max: 23, names: none, allowed: '0 to 23', modulo: false };
const monthDayField: NumberField = { what: 'day of the month', min: 1, max: 31, names: none, allowed: '1 to 31', modulo: false };
/** Sunday is 0 here (or 7): `sun-tue` is 0-2. */
const weekdayField: NumberField = {
  what: 'day of the week',
  min: 0,
  max: 7,
  names: new Map([...dayField.names].map(([name, day]) => [name, day % 7])),
  allowed: 'sun..sat or 0 (sunday) to 7 (sunday)',
  modulo: false,
};

const aliases: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
]);

function parseEnds(base: string, field: NumberField, report: ParseReport): readonly [number, number] | undefined {
  if (base === '*') return [field.min, field.max];
  const words = base.split('-');
  if (words.length > 2) return report.fault(base, `only one '-' is allowed in a range of a cron field`);
  const [from, to] = words.map((word) => parseNumber(word, field, report));
  if (from === undefined || (words.length === 2 && to === undefined)) return undefined;
  const last = to === 0 && from > 0 && field === weekdayField ? 7 : (to ?? from);
  if (last < from) return report.fault(base, `cron ranges do not wrap: '${base}' goes backwards; write two ranges with a comma`);
  return [from, last];
}

function parseItem(item: string, field: NumberField, report: ParseReport): readonly number[] | undefined {
  const [base = '', step, extra] = item.split('/');
  if (extra !== undefined) return report.fault(item, `only one '/' is allowed in '${item}'`);
  if (/^(l|\d*w|\d*l|.*#.*|\?)$/i.test(base)) {
    return report.fault(item, `'${item}' is not standard cron; the schedule language has :last, :-1 and :1..:31 for days of the month`);
  }
  const ends = parseEnds(base, field, report);
  if (ends === undefined) return undefined;
  const [from, last] = ends;
  if (step === undefined) return Array.from({ length: last - from + 1 }, (_, index) => from + index);
  if (!/^\d{1,3}$/.test(step) || Number(step) === 0)
    return report.fault(item, `'${step}' is not a step; write for example */15 or 10-50/10`);
  if (!base.includes('-') && base !== '*') return report.fault(item, `a step needs a range: write ${base}-${field.max}/${step}`);
  return Array.from({ length: Math.floor((last - from) / Number(step)) + 1 }, (_, index) => from + index * Number(step));
}

/** One field, sorted; undefined after a fault. */
function parseField(text: string, field: NumberField, report: ParseReport): readonly number[] | undefined {
  const items = text.split(',').map((item) => parseItem(item, field, report));
  const good = items.filter((item) => item !== undefined);
  if (good.length < items.length) return undefined;
  return [...new Set(good.flat())].sort((a, b) => a - b);
}

function asSet(numbers: readonly number[], size: number): NumberSet {
  return numbers.length === size ? 'all' : numbers;
}

/** The member of `cron:…` (`text` is what follows the colon); undefined after a fault. */
export function parseCron(text: string, report: ParseReport): CronMember | undefined {
  const written = text.trim();
  const expanded = written.startsWith('@') ? aliases.get(written.toLowerCase()) : written;
  if (expanded === undefined) {
    const names = [...aliases.keys()];
    return report.fault(written, `'${written}' is not a cron alias; allowed: ${names.join(', ')}`, nearestName(written, names));
  }
  const fields = expanded.split(/\s+/).filter((field) => field !== '');
  const [minute = '', hour = '', monthDay = '', month = '', weekday = ''] = fields;
  if (fields.length !== 5) {
    return report.fault(
      written,
      `a cron expression has 5 fields (minute hour day-of-month month day-of-week), this one has ${fields.length}`,
    );
  }
  const minutes = parseField(minute, minuteField, report);
  const hours = parseField(hour, hourField, report);
  const monthDays = parseField(monthDay, monthDayField, report);
  const months = parseField(month, monthField, report);
  const days = parseField(weekday, weekdayField, report);
  if (minutes === undefined || hours === undefined || monthDays === undefined || months === undefined || days === undefined)
    return undefined;
  const weekdays = [...new Set(days.map((day) => (day === 0 ? 7 : day)))].sort((a, b) => a - b);
  return {
    kind: 'cron',
    text: `cron:${written}`,
    minutes,
    hours,
    monthDays: asSet(monthDays, 31),
    months: asSet(months, 12),
    weekdays: asSet(weekdays, 7),
    eitherDay: !monthDay.startsWith('*') && !weekday.startsWith('*'),
    everyHour: hour.startsWith('*'),
  };
}
