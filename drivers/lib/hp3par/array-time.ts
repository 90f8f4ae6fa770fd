/** Times as an array prints them: wall clock and the abbreviation of a zone, which alone says little (spec/hp3par.md "Times"). */
import { SvcError } from '../../../agent/errors.ts';
import { unreadable } from './rows.ts';

export interface ArrayTime {
  /** The wall clock read as if it were UTC, ms: differences of two such times of one zone and season are exact. */
  readonly wallMs: number;
  /** `CET`; empty when none was printed. */
  readonly abbreviation: string;
}

/** What the array said the time was, and ours at that moment. */
export interface ArrayClock {
  readonly now: ArrayTime;
  /** IANA name, as `showdate` prints it. */
  readonly zone: string | undefined;
  readonly ourMs: number;
}

export interface TimeFacts {
  readonly nowMs: number;
  /** IANA name the administrator gave: it wins. */
  readonly zone?: string | undefined;
  readonly clock?: ArrayClock | undefined;
}

/** Abbreviations that mean one offset wherever they are used, minutes. IST, CST, EST, BST … mean several. */
const offsets: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  WET: 0,
  WEST: 60,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  PST: -480,
  PDT: -420,
  MDT: -360,
  CDT: -300,
  EDT: -240,
  AKST: -540,
  AKDT: -480,
  HST: -600,
  JST: 540,
  KST: 540,
  SGT: 480,
  HKT: 480,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
};

const shape = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?: ([A-Z]{2,5}|[+-]\d{2,4}))?$/;

/** @throws SvcError COMMAND when it is no time */
export function parseArrayTime(text: string): ArrayTime {
  const [, ...parts] = shape.exec(text.trim()) ?? [];
  const [year, month, day, hour, minute, second, abbreviation = ''] = parts;
  if (second === undefined) throw unreadable(text);
  const wallMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (new Date(wallMs).toISOString().slice(0, 10) !== `${year}-${month}-${day}`) throw unreadable(text);
  return { wallMs, abbreviation };
}

/**
 * `showdate`: a row for each node of the array; the first one counts.
 * @throws SvcError COMMAND with the line that does not fit
 */
export function parseShowdate(text: string, ourMs: number): ArrayClock {
  const lines = text.split('\n').map((line) => line.trim());
  const row = lines.find((line) => line !== '' && !/^Node\s*,?\s*Date/.test(line));
  const [, when, zone] =
    /^\d+\s*[, ]\s*"?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?: [\w+-]+)?)(?:\s*[, ]\s*\(?([A-Za-z_+-]+(?:\/[\w+-]+)*)\)?)?"?$/.exec(row ?? '') ??
    [];
  if (when === undefined) throw unreadable(row ?? 'nothing at all');
  return { now: parseArrayTime(when), zone: zone !== undefined && isZone(zone) ? zone : undefined, ourMs };
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * When that was on our clock, ms since 1970; undefined when the zone cannot be known for sure. The array's own clock tells best: with
 * the same abbreviation the difference of the two wall clocks is the age, however wrong that clock is.
 */
export function momentOf(time: ArrayTime, { zone, clock }: TimeFacts): number | undefined {
  if (clock !== undefined && clock.now.abbreviation === time.abbreviation) return clock.ourMs - (clock.now.wallMs - time.wallMs);
  const known = zone ?? clock?.zone;
  const utc = known === undefined ? byAbbreviation(time) : inZone(time, known);
  if (utc === undefined || clock === undefined) return utc;
  const nowThere = known === undefined ? byAbbreviation(clock.now) : inZone(clock.now, known);
  // What that clock is wrong by, the time it printed is wrong by too.
  return nowThere === undefined ? utc : utc + (clock.ourMs - nowThere);
}

function byAbbreviation({ wallMs, abbreviation }: ArrayTime): number | undefined {
  const [, sign, hours, minutes = '0'] = /^([+-])(\d\d)(\d\d)?$/.exec(abbreviation) ?? [];
  const offset = sign === undefined ? offsets[abbreviation] : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return offset === undefined ? undefined : wallMs - offset * 60_000;
}

/** In the hour that an autumn repeats, the earlier reading: an age is rather said too high. */
function inZone({ wallMs }: ArrayTime, zone: string): number {
  const candidates = [wallMs - 26 * 3_600_000, wallMs + 26 * 3_600_000].map((about) => wallMs - offsetAt(about, zone));
  const fitting = candidates.filter((utc) => utc + offsetAt(utc, zone) === wallMs);
  return Math.min(...(fitting.length > 0 ? fitting : candidates));
}

function offsetAt(utcMs: number, zone: string): number {
  const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields }).formatToParts(utcMs);
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((one) => one.type === type)?.value ?? Number.NaN);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  if (Number.isNaN(wall)) throw new SvcError('BUG', `no calendar for ${zone}`);
  return wall - Math.floor(utcMs / 1000) * 1000;
}
