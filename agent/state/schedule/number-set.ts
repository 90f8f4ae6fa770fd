/** Days, weeks and months as sets of numbers: names, lists, ranges that wrap, modulo filters. */
import type { NumberSet, ParseReport } from './model.ts';
import { nearestName } from '../../nearest.ts';

export const dayNames = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
export const monthNames = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
] as const;

export interface NumberField {
  readonly what: string;
  readonly min: number;
  readonly max: number;
  /** Lower case names, short and long. */
  readonly names: ReadonlyMap<string, number>;
  /** What may be written, for messages. */
  readonly allowed: string;
  /** May `%2` or `%3+1` filter it. */
  readonly modulo: boolean;
}

function namesOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.flatMap((name, index) => [[name, index + 1] as const, [name.slice(0, 3), index + 1] as const]));
}

export const dayField: NumberField = {
  what: 'day',
  min: 1,
  max: 7,
  names: namesOf(dayNames),
  allowed: 'mon..sun, monday..sunday or 1 (monday) to 7 (sunday)',
  modulo: false,
};
export const weekField: NumberField = { what: 'week', min: 1, max: 53, names: new Map(), allowed: 'an ISO week, 1 to 53', modulo: true };
export const monthField: NumberField = {
  what: 'month',
  min: 1,
  max: 12,
  names: namesOf(monthNames),
  allowed: 'jan..dec, january..december or 1 to 12',
  modulo: true,
};

/** One number or name of a field; undefined after a fault. */
export function parseNumber(word: string, field: NumberField, report: ParseReport): number | undefined {
  const named = field.names.get(word.toLowerCase());
  if (named !== undefined) return named;
  if (/^\d{1,4}$/.test(word)) {
    const value = Number(word);
    if (value >= field.min && value <= field.max) return value;
    return report.fault(word, `${field.what} ${word} does not exist; allowed: ${field.allowed}`);
  }
  return report.fault(word, `'${word}' is not a ${field.what}; allowed: ${field.allowed}`, nearestName(word, field.names.keys()));
}

function everyNumber(field: NumberField): number[] {
  return Array.from({ length: field.max - field.min + 1 }, (_, index) => field.min + index);
}

/** `a` or `a-b` (`nov-feb` wraps); undefined after a fault. */
export function parseNumberRange(text: string, field: NumberField, report: ParseReport): readonly number[] | undefined {
  if (text === '*') return everyNumber(field);
  const ends = text.split('-');
  if (ends.length > 2) return report.fault(text, `only one '-' is allowed in a range of ${field.what}s`);
  if (ends.some((end) => end === '')) return report.fault(text, `'${text}' is not a ${field.what} or a range; allowed: ${field.allowed}`);
  const [from, to] = ends.map((end) => parseNumber(end, field, report));
  if (from === undefined || (ends.length === 2 && to === undefined)) return undefined;
  const last = to ?? from;
  return everyNumber(field).filter((n) => (from <= last ? n >= from && n <= last : n >= from || n <= last));
}

/** The filter of `%2` or `%3+1` (the number plus the shift is divisible); undefined after a fault. `text` is what follows `%`. */
export function parseModulo(text: string, report: ParseReport): ((n: number) => boolean) | undefined {
  const words = text.split('+');
  if (words.length > 2) return report.fault(`%${text}`, `only one '+' is allowed in a modulo filter; write %2 or %2+1`);
  const [modulo, shift = '0'] = words;
  for (const word of [modulo ?? '', shift]) {
    if (!/^\d{1,3}$/.test(word)) return report.fault(`%${text}`, `'${word}' is not a number; write %2 or %2+1`);
  }
  if (Number(modulo) === 0) return report.fault(`%${text}`, 'a modulo of 0 selects nothing; write %2 or %2+1');
  return (n) => (n + Number(shift)) % Number(modulo) === 0;
}

/** `nov-feb`, `%2`, `jan-jun%3+1`: one item of a list; undefined after a fault. */
export function parseNumberItem(item: string, field: NumberField, report: ParseReport): readonly number[] | undefined {
  const parts = item.split('%');
  const [base = '', modulo] = parts;
  if (modulo === undefined) return parseNumberRange(base, field, report);
  if (!field.modulo) return report.fault(item, `a modulo filter (%) applies to weeks and months, not to ${field.what}s`);
  if (parts.length > 2) return report.fault(item, `only one '%' is allowed in '${item}'`);
  const numbers = base === '' ? everyNumber(field) : parseNumberRange(base, field, report);
  const keeps = parseModulo(modulo, report);
  if (numbers === undefined || keeps === undefined) return undefined;
  const kept = numbers.filter(keeps);
  return kept.length > 0 ? kept : report.fault(item, `'${item}' selects no ${field.what}`);
}

/** A comma separated list of numbers, names, ranges and filters, sorted; every number of the field gives 'all'. */
export function parseNumberSet(text: string, field: NumberField, report: ParseReport): NumberSet | undefined {
  const items = text.split(',').map((item) => parseNumberItem(item, field, report));
  const found = new Set<number>();
  for (const item of items) {
    if (item === undefined) return undefined;
    for (const n of item) found.add(n);
  }
  if (found.size === field.max - field.min + 1) return 'all';
  return [...found].sort((a, b) => a - b);
}
