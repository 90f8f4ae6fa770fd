/** The days field: `mon-fri`, `*:last`, `fri:+1`, `:-2`. */
import type { DayRule, ParseReport } from './model.ts';
import { nearestName } from '../../nearest.ts';
import { dayField, parseModulo, parseNumberItem } from './number-set.ts';

const nthWords: ReadonlyMap<string, number> = new Map([
  ['first', 1],
  ['1st', 1],
  ['second', 2],
  ['2nd', 2],
  ['third', 3],
  ['3rd', 3],
  ['fourth', 4],
  ['4th', 4],
  ['fifth', 5],
  ['5th', 5],
  ['last', -1],
]);
const nthText = 'first..fifth, last, a day of the month 1 to 31, -1 to -31 from its end, or a filter %2, %2+1';

/** The days of the month after the colon; undefined after a fault. */
function parseMonthDays(text: string, report: ParseReport): readonly number[] | undefined {
  const named = nthWords.get(text.toLowerCase());
  if (named !== undefined) return [named];
  if (text.startsWith('%')) {
    const keeps = parseModulo(text.slice(1), report);
    if (keeps === undefined) return undefined;
    const days = Array.from({ length: 31 }, (_, index) => index + 1).filter(keeps);
    return days.length > 0 ? days : report.fault(`:${text}`, `':${text}' selects no day of the month`);
  }
  if (!/^[+-]?\d{1,3}$/.test(text)) {
    return report.fault(`:${text}`, `'${text}' is not a day of the month; allowed: ${nthText}`, nearestName(text, nthWords.keys()));
  }
  const value = Number(text);
  // The peer takes `:0` and never runs.
  if (value === 0 || value > 31 || value < -31)
    return report.fault(`:${text}`, `day ${text} of a month does not exist; allowed: ${nthText}`);
  return [value];
}

function parseDayRule(item: string, report: ParseReport): DayRule | undefined {
  const parts = item.split(':');
  const [left = '', nth] = parts;
  if (parts.length > 2) return report.fault(item, `only one ':' is allowed in '${item}'; write DAY:NTH, for example mon:first or *:last`);
  if (/^-\d+$/.test(item)) return report.fault(item, `'${item}' is not a day of the week; a day of the month is written :${item}`);
  const weekdays = parseNumberItem(left === '' && nth !== undefined ? '*' : left, dayField, report);
  const monthDays = nth === undefined ? undefined : parseMonthDays(nth, report);
  if (weekdays === undefined || (nth !== undefined && monthDays === undefined)) return undefined;
  if (monthDays !== undefined && weekdays.length < 7) {
    report.warn(
      `'${item}' means that day of the month when it is also one of these weekdays; ` +
        'the first friday of a month is fri:1,fri:2,fri:3,fri:4,fri:5,fri:6,fri:7 (the last one: fri:-1 … fri:-7)',
    );
  }
  return monthDays === undefined ? { weekdays } : { weekdays, monthDays };
}

/** The days field of a member; undefined after a fault. */
export function parseDays(text: string, report: ParseReport): 'all' | readonly DayRule[] | undefined {
  const items = text.split(',').map((item) => parseDayRule(item, report));
  const rules = items.filter((rule) => rule !== undefined);
  if (rules.length < items.length) return undefined;
  return rules.some((rule) => rule.weekdays.length === 7 && rule.monthDays === undefined) ? 'all' : rules;
}
