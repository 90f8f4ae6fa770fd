/**
 * The kinds of values as patterns of a JSON schema: a second description, for tools that know JSON schema, of what
 * agent/config/convert.ts accepts. A test holds the two equal.
 */
import type { Keyword, Kind } from './keywords.ts';

const blank = '[ \\t\\r\\n]';
const notBlank = '[^ \\t\\r\\n]';
const decimal = '\\d+(?:\\.\\d+)?';

/** `true` -> `[tT][rR][uU][eE]`: a schema pattern has no flags. */
function anyCase(word: string): string {
  return word.replace(/[a-z]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

function words(word: string, isRequired: boolean): string {
  return isRequired ? `^${blank}*${word}(?:${blank}+${word})*${blank}*$` : `^${blank}*(?:${word}(?:${blank}+${word})*${blank}*)?$`;
}

const duration = ['y', 'w', 'd', 'h', 'm', 's', 'ms'].map((unit) => `(?:${decimal}${anyCase(unit)}[ \\t]*)?`).join('');

const hostName = '(?!(?:[\\d.]+)(?:[ \\t\\r\\n]|$))(?:(?!-)[A-Za-z0-9_\\-]{1,63}(?<!-)\\.)*(?!-)[A-Za-z0-9_\\-]{1,63}(?<!-)';
const octet = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const ipv4 = `(?:${octet}\\.){3}${octet}`;

function ipv6(): string {
  const group = '[0-9A-Fa-f]{1,4}';
  const tail = `(?:${group}:${group}|${ipv4})`;
  const forms = [
    `(?:${group}:){6}${tail}`,
    `::(?:${group}:){5}${tail}`,
    `(?:${group})?::(?:${group}:){4}${tail}`,
    `(?:(?:${group}:){0,1}${group})?::(?:${group}:){3}${tail}`,
    `(?:(?:${group}:){0,2}${group})?::(?:${group}:){2}${tail}`,
    `(?:(?:${group}:){0,3}${group})?::${group}:${tail}`,
    `(?:(?:${group}:){0,4}${group})?::${tail}`,
    `(?:(?:${group}:){0,5}${group})?::${group}`,
    `(?:(?:${group}:){0,6}${group})?::`,
  ];
  return `(?:${forms.join('|')})(?:%[\\w.\\-]+)?`;
}

function argv(): string {
  const operator = `(?!(?:\\|\\|?|&&?|[^ \\t\\r\\n'"\\\\]*;)(?:${blank}|$)|\\d?[<>]|&>)`;
  const word = `${operator}(?:[^ \\t\\r\\n'"\\\\]|\\\\[^]|'[^']*'|"(?:[^"\\\\]|\\\\[^])*")+`;
  return `^${blank}*(?!(?:''|"")+(?:${blank}|$))${word}(?:${blank}+${word})*${blank}*$`;
}

function requires(): string {
  const state = '(?:up|down|warn|n/a|undef|stdby[ \\t]+up|stdby[ \\t]+down)';
  const item = `[^ \\t\\r\\n()#]+#[^ \\t\\r\\n()]+(?:\\([ \\t]*${state}[ \\t]*(?:,[ \\t]*${state}[ \\t]*)*\\))?`;
  return words(item, true);
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function ofList({ choices, required }: Keyword): string {
  const word = choices === undefined ? `${notBlank}+` : `(?:${choices.map(literal).join('|')})`;
  return words(word, required === true);
}

const plainPatterns = {
  integer: '^[+\\-]?\\d+$',
  boolean: `^(?:${['true', 'false', 'yes', 'no', 'y', 'n', '1', '0', 'on', 'off'].map(anyCase).join('|')})$`,
  duration: `^(?:${decimal}|(?=[\\d.])${duration})$`,
  size: '^\\d+(?:[.,]\\d+)?[ \\t]*(?:[kmgtpeKMGTPE](?:[iI]?[bB]?)|[bB]?)$',
  percentage: `^(?:0*(?:\\d|[1-9]\\d)(?:\\.\\d+)?|0*100(?:\\.0+)?)[ \\t]*%?$`,
  argv: argv(),
  path: '^(?!(?:[^\\n]*/)?\\.\\.(?:/|$))/[^\\n]*$',
  address: `^(?:${ipv4}|${ipv6()}|(?=.{1,253}$)${hostName})$`,
  url: '^[A-Za-z][A-Za-z0-9+.\\-]*://[^ \\t\\r\\n/]+[^ \\t\\r\\n]*$',
  requires: requires(),
  secret: `^(?:file:/[^]*|env:[A-Za-z_]\\w*|command:[ \\t]*/[^]*|(?!file:|env:|command:)[^]+)$`,
} as const satisfies Partial<Record<Kind, string>>;

/** The pattern of a keyword's text; undefined when any text will do. */
export function patternOf(keyword: Keyword): string | undefined {
  const { kind } = keyword;
  if (kind === 'list') return ofList(keyword);
  if (kind === 'nodes')
    return `^(?!(?:[^]*${blank})?(${notBlank}+)${blank}(?:[^]*${blank})?\\1(?:${blank}|$))${words(hostName, keyword.required === true || keyword.min !== undefined).slice(1)}`;
  if (kind === 'string' || kind === 'enum' || kind === 'schedule') return undefined;
  return plainPatterns[kind];
}
