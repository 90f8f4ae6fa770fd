/** The 1.x form of a schedule: sync_period, sync_days, sync_interval (spec/opensvc-core.md §5; vectors/schedule_1x.json). */
import { type DayRule, dayMs, type Member, type ParsedSchedule, type ParseReport, type RangeMember, type ScheduleFault } from './model.ts';
import { dayField, dayNames, parseNumber } from './number-set.ts';

export interface Params1x {
  /** `["03:59", "05:59"]` or a list of such pairs; empty = any time. Default 03:59-05:59. */
  readonly sync_period?: unknown;
  /** Names of days; empty = never. Default all. */
  readonly sync_days?: unknown;
  /** Minutes between runs; 0 = never. Default sync_max_delay, else 121. */
  readonly sync_interval?: unknown;
  /** Minutes. */
  readonly sync_max_delay?: unknown;
}

const defaultPeriod = ['03:59', '05:59'] as const;
const defaultIntervalMin = 121;

/** Second of the day of `3:0` or `03:00`: 1.x does not ask for two digits. */
function parseMinute(text: unknown, report: ParseReport): number | undefined {
  const match = typeof text === 'string' ? /^(\d{1,2}):(\d{1,2})$/.exec(text) : null;
  const [hour, minute] = [Number(match?.[1] ?? 99), Number(match?.[2] ?? 99)];
  if (hour > 23 || minute > 59) return report.fault(JSON.stringify(text) ?? '', `sync_period: ${JSON.stringify(text)} is not a time HH:MM`);
  return hour * 3600 + minute * 60;
}

/** Both ends belong to the period, to the minute: 03:59-05:59 is open until 05:59:59. */
function parsePair(pair: unknown, report: ParseReport): { beginS: number; endS: number } | undefined {
  if (!Array.isArray(pair) || pair.length !== 2) {
    return report.fault(JSON.stringify(pair) ?? '', 'sync_period: write ["HH:MM", "HH:MM"], or a list of such pairs');
  }
  const [beginS, endS] = [parseMinute(pair[0], report), parseMinute(pair[1], report)];
  return beginS === undefined || endS === undefined ? undefined : { beginS, endS: endS + 59 };
}

function parsePeriod(value: unknown, report: ParseReport): readonly { beginS: number; endS: number }[] | undefined {
  if (!Array.isArray(value))
    return report.fault(JSON.stringify(value) ?? '', 'sync_period: write ["HH:MM", "HH:MM"], or a list of such pairs');
  if (value.length === 0) return [{ beginS: 0, endS: dayMs / 1000 - 1 }];
  const pairs = (Array.isArray(value[0]) ? value : [value]).map((pair: unknown) => parsePair(pair, report));
  const good = pairs.filter((pair) => pair !== undefined);
  return good.length === pairs.length ? good : undefined;
}

/** 'none' for an empty list: 1.x then never runs. */
function parseDays1x(value: unknown, report: ParseReport): 'all' | 'none' | readonly DayRule[] | undefined {
  if (!Array.isArray(value)) return report.fault(JSON.stringify(value) ?? '', `sync_days: write a list of ${dayNames.join(', ')}`);
  const days = value.map((day: unknown) =>
    typeof day === 'string' ? parseNumber(day, dayField, report) : report.fault(JSON.stringify(day) ?? '', 'sync_days: a day is a string'),
  );
  const weekdays = days.filter((day) => day !== undefined);
  if (weekdays.length < days.length) return undefined;
  return weekdays.length === 0 ? 'none' : [{ weekdays: [...new Set(weekdays)].sort((a, b) => a - b) }];
}

function parseMinutes(value: unknown, report: ParseReport): number | undefined {
  const minutes = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof minutes !== 'number' || !Number.isInteger(minutes) || minutes < 0) {
    return report.fault(JSON.stringify(value) ?? '', 'sync_interval, sync_max_delay: a whole number of minutes');
  }
  return minutes * 60_000;
}

/** Converts the keys of a 1.x sync resource (JSON values already read) into a schedule. Never throws; `--force` is the caller's business. */
export function from1x(params: Params1x): ParsedSchedule {
  const faults: ScheduleFault[] = [];
  const report: ParseReport = {
    fault: (part, text, nearest) => {
      faults.push({ member: 1, part, text, ...(nearest === undefined ? {} : { nearest }) });
      return undefined;
    },
    warn: () => undefined,
  };
  const pairs = parsePeriod(params.sync_period ?? defaultPeriod, report);
  const days = params.sync_days === undefined ? 'all' : parseDays1x(params.sync_days, report);
  const intervalMs = parseMinutes(params.sync_interval ?? params.sync_max_delay ?? defaultIntervalMin, report);
  if (pairs === undefined || days === undefined || intervalMs === undefined) return { ok: false, faults };
  const text = JSON.stringify(params);
  if (days === 'none') return { ok: true, schedule: { text, members: [] }, warnings: ['sync_days is empty: it never runs'] };
  const ranges = pairs.map((pair) => ({ ...pair, intervalMs, random: false }));
  const member: RangeMember = { kind: 'range', text, exclude: false, ranges, days, weeks: 'all', months: 'all' };
  const members: readonly Member[] = [member];
  return { ok: true, schedule: { text, members }, warnings: intervalMs === 0 ? ['sync_interval is 0: it never runs'] : [] };
}
