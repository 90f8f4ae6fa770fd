/** Texts to typed values, by kind (spec/config.md "Kinds"). Strict: what cannot be converted is a fault that says what is allowed. */
import type { Keyword, Kind } from '../driver/keywords.ts';
import { isAddress, isHostName } from './convert-address.ts';
import { splitWords } from './convert-argv.ts';
import { parseDuration } from './convert-duration.ts';
import { parseRequires } from './convert-requires.ts';
import { parseSize } from './convert-size.ts';
import { nearestName } from '../nearest.ts';
import { splitSchedules } from './schedule-list.ts';
import { parseSecret, type RevealSecret } from './secret.ts';

export type Converted = { readonly value: unknown } | { readonly fault: string; readonly nearest?: string | undefined };

/** What some kinds need from outside; config/ itself touches nothing. */
export interface ConvertContext {
  /** Why a schedule is wrong, or undefined (state/schedule). Without it every schedule is accepted. */
  readonly checkSchedule?: ((text: string) => string | undefined) | undefined;
  /** Permission bits of the file: an inline secret needs 0600. Unknown counts as open. */
  readonly fileMode?: number | undefined;
  readonly revealSecret?: RevealSecret | undefined;
}

type Converter = (text: string, keyword: Keyword, context: ConvertContext) => Converted;

const converters = {
  string: (text, keyword) => (text === '' && keyword.required ? { fault: 'is empty' } : oneOf(text, keyword)),
  integer: (text, keyword) => number(parseInteger(text), keyword, 'a whole number'),
  boolean: convertBoolean,
  duration: (text, keyword) => number(parseDuration(text, keyword.unit), keyword, durationHelp(keyword)),
  size: (text, keyword) => number(parseSize(text), keyword, 'a size: 512m, 10g, 1.5T; k/m/g and KiB/MiB count 1024, KB/MB 1000'),
  percentage: (text, keyword) => number(parsePercentage(text), keyword, 'a percentage: 0 to 100, as in 80%'),
  list: convertList,
  argv: convertArgv,
  path: convertPath,
  enum: (text, keyword) => oneOf(text, keyword),
  nodes: convertNodes,
  address: (text) =>
    isAddress(text) ? { value: text } : { fault: 'is not an address; allowed is an IPv4 or IPv6 address or a host name' },
  url: convertUrl,
  schedule: convertSchedule,
  requires: (text) => (text === '' ? { fault: 'is empty; allowed is rid or rid(state,state)' } : parseRequires(text)),
  secret: convertSecret,
} as const satisfies Record<Kind, Converter>;

/** Converts one expanded text: duration to ms, size to bytes, list and argv to words, path normalised. Never throws. */
export function convertValue(kind: Kind, text: string, keyword: Keyword, context: ConvertContext = {}): Converted {
  return converters[kind](text, keyword, context);
}

function parseInteger(text: string): number | undefined {
  return /^[+-]?\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

function parsePercentage(text: string): number | undefined {
  return /^\d+(?:\.\d+)?[ \t]*%?$/.test(text) && Number.parseFloat(text) <= 100 ? Number.parseFloat(text) : undefined;
}

function convertBoolean(text: string): Converted {
  const lower = text.toLowerCase();
  if (['true', 'yes', 'y', '1', 'on'].includes(lower)) return { value: true };
  if (['false', 'no', 'n', '0', 'off'].includes(lower)) return { value: false };
  return { fault: 'is not a boolean; allowed are true, false, yes, no, y, n, 1, 0, on, off' };
}

function durationHelp({ unit = 's' }: Keyword): string {
  return `a duration: 90s, 5m, 1h30m, 2d, 1w, largest unit first; a bare number counts ${{ s: 'seconds', m: 'minutes', h: 'hours', d: 'days' }[unit]}`;
}

/** `min` and `max` count in the converted unit: ms of a duration, bytes of a size. */
function number(value: number | undefined, { min, max }: Pick<Keyword, 'min' | 'max'>, help: string): Converted {
  if (value === undefined) return { fault: `is not ${help}` };
  if (min !== undefined && value < min) return { fault: `is too small; the least is ${min}` };
  if (max !== undefined && value > max) return { fault: `is too large; the most is ${max}` };
  return { value };
}

function oneOf(text: string, { choices, kind }: Keyword): Converted {
  if (choices === undefined) return { value: text };
  if (choices.includes(text)) return { value: text };
  return {
    fault: `${text === '' && kind === 'enum' ? 'is empty' : 'is not known'}; allowed are ${choices.join(', ')}`,
    nearest: nearestName(text, choices),
  };
}

/** Words between white space. */
export function wordsOf(text: string): readonly string[] {
  return text.split(/[ \t\r\n]+/).filter((word) => word !== '');
}

function convertList(text: string, keyword: Keyword): Converted {
  const words = wordsOf(text);
  const { choices } = keyword;
  const unknown = choices === undefined ? undefined : words.find((word) => !choices.includes(word));
  if (unknown !== undefined)
    return { fault: `holds "${unknown}"; allowed are ${choices?.join(', ')}`, nearest: nearestName(unknown, choices ?? []) };
  return words.length === 0 && keyword.required ? { fault: 'is empty; at least one word is needed' } : { value: words };
}

function convertArgv(text: string): Converted {
  const split = splitWords(text);
  if ('fault' in split) return { fault: split.fault };
  return (split.words[0] ?? '') === '' ? { fault: 'is empty; give a command, or remove the line' } : { value: split.words };
}

/** Absolute; double and trailing slashes are dropped so that it compares with what the kernel shows. */
function convertPath(text: string): Converted {
  if (!text.startsWith('/')) return { fault: 'is not an absolute path; it begins with /' };
  if (text.includes('\n')) return { fault: 'is not one path; it has several lines' };
  const parts = text.split('/').filter((part) => part !== '' && part !== '.');
  return parts.includes('..') ? { fault: 'holds ..; write the path it means' } : { value: `/${parts.join('/')}` };
}

function convertNodes(text: string, keyword: Keyword): Converted {
  const names = wordsOf(text);
  const bad = names.find((name) => !isHostName(name));
  if (bad !== undefined)
    return { fault: `"${bad}" is not a node name; allowed are letters, digits, - and . in names separated by white space` };
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name.toLowerCase()).size);
  if (twice !== undefined) return { fault: `names ${twice} twice` };
  return names.length === 0 && (keyword.required || keyword.min !== undefined)
    ? { fault: 'is empty; at least one node is needed' }
    : { value: names };
}

function convertUrl(text: string): Converted {
  const isWhole = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^ \t\r\n/]+[^ \t\r\n]*$/.test(text);
  return isWhole && URL.canParse(text) ? { value: text } : { fault: 'is not a URL; allowed is scheme://host[:port][/path]' };
}

function convertSchedule(text: string, _keyword: Keyword, { checkSchedule }: ConvertContext): Converted {
  if (text === '') return { fault: 'is empty; give a schedule, or remove the line' };
  const split = splitSchedules(text);
  if ('fault' in split) return { fault: split.fault };
  for (const schedule of split.schedules) {
    const fault = checkSchedule?.(schedule);
    if (fault !== undefined) return { fault: split.schedules.length > 1 ? `"${schedule}": ${fault}` : fault };
  }
  return { value: text };
}

function convertSecret(text: string, _keyword: Keyword, { fileMode, revealSecret }: ConvertContext): Converted {
  const parsed = parseSecret(text, revealSecret);
  if ('fault' in parsed || parsed.value.source.from !== 'inline') return parsed;
  if (fileMode !== undefined && (fileMode & 0o077) === 0) return parsed;
  return {
    fault: 'is written in a file that others may read; allowed are file:/path, env:NAME, command:argv, or inline in a file of mode 0600',
  };
}
