/** The first field of a member: `[~]HH:MM-HH:MM[@interval]`, `HH:MM`, `*`, lists of them. */
import { daySeconds, type ParseReport, rangeLengthS, type TimeRange } from './model.ts';

const unitSeconds = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 } as const;
const intervalText = 'a number of minutes, or numbers with a unit: 10, 90s, 5m, 1h30m, 1d, 1w; 0 = never';
const maxIntervalS = 10 * 366 * daySeconds;

/** Milliseconds of `@10` (minutes), `@90s`, `@1h30m`; undefined after a fault. */
export function parseInterval(text: string, report: ParseReport): number | undefined {
  const refuse = (): undefined => report.fault(`@${text}`, `'${text}' is not an interval; allowed: ${intervalText}`);
  let seconds: number;
  if (/^\d{1,9}$/.test(text)) seconds = Number(text) * 60;
  else {
    const match = /^(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/.exec(text.toLowerCase());
    if (match === null || text === '') return refuse();
    seconds = Object.values(unitSeconds).reduce((sum, unit, index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
  }
  if (seconds > maxIntervalS) return report.fault(`@${text}`, `an interval of ${text} is longer than ten years; allowed: ${intervalText}`);
  return seconds * 1000;
}

/** Second of the day of `9:00`, `09:00` or `09:00:30`; undefined after a fault. */
export function parseTime(text: string, report: ParseReport): number | undefined {
  const match = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  const [hour, minute, second] = [1, 2, 3].map((group) => Number(match?.[group] ?? 0));
  if (match === null || hour === undefined || minute === undefined || second === undefined) {
    return report.fault(text, `'${text}' is not a time; write HH:MM or HH:MM:SS, from 00:00 to 23:59:59`);
  }
  if (hour > 23 || minute > 59 || second > 59) {
    const hint = hour === 24 ? ' (midnight is 00:00; a range may cross it: 22:00-00:00)' : '';
    return report.fault(text, `the time ${text} does not exist; allowed: 00:00 to 23:59:59${hint}`);
  }
  return hour * 3600 + minute * 60 + second;
}

/** Ends of a range. An exclusion ends when its end comes (`!10:00-12:00` allows 12:00:00 again, as the peer's next run does). */
function parseEnds(text: string, exclude: boolean, report: ParseReport): Pick<TimeRange, 'beginS' | 'endS'> | undefined {
  if (text === '*' || text === '') return { beginS: 0, endS: daySeconds - 1 };
  const words = text.split('-');
  if (words.length > 2) return report.fault(text, `only one '-' is allowed in a time range; write HH:MM-HH:MM`);
  const [beginS, endS] = words.map((word) => parseTime(word, report));
  if (beginS === undefined || (words.length === 2 && endS === undefined)) return undefined;
  // The peer opens a moment for two seconds, so that a scheduler that wakes each second finds it (vectors "10:00" at 10:00:01).
  if (endS === undefined || endS === beginS) return { beginS, endS: (beginS + 1) % daySeconds };
  return { beginS, endS: exclude ? (endS + daySeconds - 1) % daySeconds : endS };
}

/** One time range; undefined after a fault. */
export function parseTimeRange(text: string, exclude: boolean, report: ParseReport): TimeRange | undefined {
  const tilde = text.startsWith('~');
  const parts = (tilde ? text.slice(1) : text).split('@');
  if (text === '') return report.fault(text, 'an empty time range; write HH:MM-HH:MM, HH:MM or *');
  if (parts.length > 2) return report.fault(text, "only one '@interval' is allowed in a time range");
  const [ends = '', interval] = parts;
  if (exclude && (tilde || interval !== undefined)) return report.fault(text, "an exclusion (!) takes neither '~' nor '@interval'");
  const bounds = parseEnds(ends, exclude, report);
  const intervalMs = interval === undefined ? undefined : parseInterval(interval, report);
  if (bounds === undefined || (interval !== undefined && intervalMs === undefined)) return undefined;
  const tooShort = intervalMs !== undefined && intervalMs < rangeLengthS(bounds) * 1000;
  if (tilde && tooShort) report.warn(`'~' has no effect in '${text}': the interval is shorter than the range, so it runs more than once`);
  return { ...bounds, intervalMs, random: tilde && !tooShort };
}

/** The comma separated time ranges of a member; undefined after a fault. */
export function parseTimeRanges(text: string, exclude: boolean, report: ParseReport): readonly TimeRange[] | undefined {
  const ranges = text.split(',').map((range) => parseTimeRange(range, exclude, report));
  const good = ranges.filter((range) => range !== undefined);
  return good.length === ranges.length ? good : undefined;
}
