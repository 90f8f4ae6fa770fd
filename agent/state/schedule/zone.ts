/** Local time of a zone, computed with Intl only: offsets, the changes of the clock, and text. */
import { SvcError } from '../../errors.ts';
import { dayMs } from './model.ts';

/** A stretch of time with one offset. `offsetMs` = local clock minus UTC. */
export interface Regime {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offsetMs: number;
}

export interface Zone {
  /** IANA name. */
  readonly name: string;
  offsetAtMs(atMs: number): number;
  /** Regimes from 00:00 UTC of one day (days since 1970) to 00:00 UTC of another, without holes. */
  regimes(fromDay: number, toDay: number): readonly Regime[];
}

function openFormat(name: string | undefined): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      ...(name === undefined ? {} : { timeZone: name }),
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new SvcError('CONFIG', `there is no time zone '${name}'`, { hint: 'use an IANA name such as Europe/Paris or UTC', cause });
  }
}

function readOffsetMs(format: Intl.DateTimeFormat, atMs: number): number {
  const fields: Record<string, string> = {};
  for (const part of format.formatToParts(atMs)) fields[part.type] = part.value;
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((type) => Number(fields[type]));
  const local = new Date(0);
  local.setUTCFullYear(fields['era'] === 'BC' ? 1 - (year ?? 0) : (year ?? 0), (month ?? 1) - 1, day ?? 1);
  local.setUTCHours(hour ?? 0, minute ?? 0, second ?? 0);
  return local.getTime() - Math.floor(atMs / 1000) * 1000;
}

/** First instant after `fromMs` with the offset of `toMs` (one change between the two is assumed), to the second. */
function changeBetween(format: Intl.DateTimeFormat, fromMs: number, toMs: number, offsetAfterMs: number): number {
  let before = fromMs;
  let after = toMs;
  while (after - before > 1000) {
    const middle = Math.floor((before + after) / 2000) * 1000;
    if (readOffsetMs(format, middle) === offsetAfterMs) after = middle;
    else before = middle;
  }
  return after;
}

/** Most days that a zone remembers; a search of forty years stays below. */
const maxRememberedDays = 20_000;

/** Remembers the answers of a pure function of a day, up to a bound. */
function remember(answer: (day: number) => number): (day: number) => number {
  const known = new Map<number, number>();
  return (day) => {
    const before = known.get(day);
    if (before !== undefined) return before;
    if (known.size >= maxRememberedDays) known.clear();
    const value = answer(day);
    known.set(day, value);
    return value;
  };
}

/** Opens a zone by IANA name, or this machine's when absent; an unknown name is a CONFIG error. Keep it to save its set-up (about 50 µs). */
export function openZone(name: string | undefined): Zone {
  const format = openFormat(name);
  const offsetOfDay = remember((day) => readOffsetMs(format, day * dayMs));
  const changeBefore = remember((day) => changeBetween(format, (day - 1) * dayMs, day * dayMs, offsetOfDay(day)));
  const regimes = (fromDay: number, toDay: number): readonly Regime[] => {
    const found: Regime[] = [];
    let fromMs = fromDay * dayMs;
    let offsetMs = offsetOfDay(fromDay);
    for (let day = fromDay + 1; day <= toDay; day++) {
      const next = offsetOfDay(day);
      if (next === offsetMs) continue;
      const changeMs = changeBefore(day);
      found.push({ fromMs, toMs: changeMs, offsetMs });
      fromMs = changeMs;
      offsetMs = next;
    }
    found.push({ fromMs, toMs: toDay * dayMs, offsetMs });
    return found;
  };
  return { name: format.resolvedOptions().timeZone, offsetAtMs: (atMs) => readOffsetMs(format, atMs), regimes };
}

/** The local day (days since 1970) of an instant. */
export function localDayOf(zone: Zone, atMs: number): number {
  return Math.floor((atMs + zone.offsetAtMs(atMs)) / dayMs);
}

/** `2026-03-29 03:00:00 +02:00` */
export function localText(zone: Zone, atMs: number): string {
  const offsetMs = zone.offsetAtMs(atMs);
  const clock = new Date(Math.floor((atMs + offsetMs) / 1000) * 1000).toISOString();
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${clock.slice(0, -14)} ${clock.slice(-13, -5)} ${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
