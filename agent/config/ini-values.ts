/**
 * The one file that imports `ini`. The package alone destroys service files (spec/deps.md 1.1: it cuts at `#`, splits
 * section names at dots, types values, drops lines), so it only ever sees a canonical dialect: names in hexadecimal,
 * values as ASCII JSON strings that begin with `=`. In that dialect it gives back exactly what it was given.
 */
import { parse } from 'ini';
import { SvcError } from '../errors.ts';

export interface RawSection {
  readonly name: string;
  readonly entries: readonly (readonly [key: string, value: string])[];
}

/** Sends sections through `ini.parse`: section name -> key -> value, always strings. Names must be unique. */
export function readThroughIni(sections: readonly RawSection[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const parsed: Record<string, unknown> = parse(sections.map(canonicalSection).join('\n'));
  return new Map(
    sections.map(({ name, entries }) => {
      const found = (parsed[hex(name)] ?? {}) as Record<string, unknown>;
      return [name, new Map(entries.map(([key]) => [key, decodeValue(found[hex(key)], name, key)]))];
    }),
  );
}

function canonicalSection({ name, entries }: RawSection): string {
  return [`[${hex(name)}]`, ...entries.map(([key, value]) => `${hex(key)}=${asciiJson(`=${value}`)}`)].join('\n');
}

function decodeValue(found: unknown, section: string, key: string): string {
  if (typeof found === 'string' && found.startsWith('=')) return found.slice(1);
  throw new SvcError('BUG', `the ini package lost ${section}.${key}`, { facts: { section, key } });
}

function hex(name: string): string {
  return Buffer.from(name, 'utf16le').toString('hex');
}

function asciiJson(value: string): string {
  const json = JSON.stringify(value);
  if (/^[\x20-\x7e]*$/.test(json)) return json;
  return json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
