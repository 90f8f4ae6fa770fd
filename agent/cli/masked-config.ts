/** A configuration as it may be shown: secrets masked wherever they stand, everything else byte for byte. */
import type { IniDocument } from '../config/document.ts';
import { groupOf, splitRid } from '../config/groups.ts';
import { isFreeSection } from '../config/key-path.ts';
import { nodeSectionTable } from '../config/node-tables.ts';
import { looksSecret, maskSecretText, secretMask, secretWords } from '../config/secret.ts';
import { nodeKeywords, resourceKeywords, serviceKeywords } from '../config/tables.ts';
import type { Keywords } from '../driver/keywords.ts';
import type { Registry } from '../driver/registry.ts';

const secretAssignment = new RegExp(`([\\w-]*(?:${secretWords})[\\w-]*=)("[^"]*"|'[^']*'|[^\\s"']+)`, 'gi');

/** A shorter value stands in half of all texts: masking it everywhere would hide the file, not the secret. */
const leastLength = 4;

export interface Mask {
  /** The whole file as written. */
  text(): string;
  /** The value of one key, as written or evaluated: strings inside are masked. */
  value<V>(section: string, key: string, value: V): V | string;
}

/** @param evaluate the text of `section.key` with references expanded: what `[env]` hides must not come out of a command that names it */
export function openMask(
  document: IniDocument,
  registry: Registry,
  evaluate: (path: string) => string | undefined = () => undefined,
): Mask {
  const isSecret = secretTest(document, registry);
  const values = secretValues(document, isSecret, evaluate);
  const hide = (text: string) =>
    values.reduce((hidden, value) => hidden.replaceAll(value, secretMask), text).replace(secretAssignment, `$1${secretMask}`);
  return {
    text: () => hide(maskEntries(document, isSecret)),
    value: <V>(section: string, key: string, value: V) => {
      if (value === undefined || value === null) return value;
      return isSecret(section, key) ? maskSecretText(String(value)) : (mapStrings(value, hide) as V);
    },
  };
}

type SecretTest = (section: string, key: string) => boolean;

/** A key of a table is what the table says; any other is judged by its name. */
function secretTest(document: IniDocument, registry: Registry): SecretTest {
  return (section, key) => {
    const name = key.split('@')[0] ?? key;
    const keyword = tablesOf(section, document, registry).find((table) => Object.hasOwn(table, name))?.[name];
    return keyword === undefined ? looksSecret(name) : keyword.kind === 'secret';
  };
}

function tablesOf(section: string, document: IniDocument, registry: Registry): readonly Keywords[] {
  if (isFreeSection(section)) return [];
  if (section === 'DEFAULT') return [serviceKeywords, resourceKeywords];
  if (section === 'node') return [nodeKeywords];
  const group = groupOf(splitRid(section)?.group ?? '');
  if (group === undefined) return [nodeSectionTable(section)?.keywords ?? {}];
  const type = document.get(section, 'type') ?? group.type ?? '';
  return [registry.card(`${group.group}.${type}`)?.keywords ?? {}, resourceKeywords];
}

/** Longest first, so that no secret is cut by a shorter one inside it. What only says where the secret is, is none. */
function secretValues(document: IniDocument, isSecret: SecretTest, evaluate: (path: string) => string | undefined): readonly string[] {
  const found = document.sections.flatMap(({ name, keys }) =>
    [...keys].flatMap(([key, entry]) => (isSecret(name, key) ? [entry.value, evaluate(`${name}.${key}`) ?? ''] : [])),
  );
  const own = found.filter((value) => maskSecretText(value) === secretMask);
  const values = own
    .flatMap((value) => [value, ...value.split('\n')])
    .filter((value) => value.length >= leastLength && value !== secretMask);
  return [...new Set(values)].sort((a, b) => b.length - a.length);
}

function maskEntries(document: IniDocument, isSecret: SecretTest): string {
  const lines = document.toText().split('\n');
  for (const section of document.sections) {
    for (const [key, entry] of section.keys) {
      if (isSecret(section.name, key)) maskEntry(lines, entry.line - 1, maskSecretText(entry.value));
    }
  }
  return lines.join('\n');
}

/** Replaces the value on its line, and those of its continuation lines. */
function maskEntry(lines: string[], at: number, shown: string): void {
  const line = lines[at] ?? '';
  const end = line.endsWith('\r') ? '\r' : '';
  lines[at] = `${line.slice(0, line.indexOf('=') + 1)} ${shown}${end}`;
  for (let next = at + 1; /^[ \t]+\S/.test(lines[next] ?? ''); next += 1) lines[next] = `  ${secretMask}${end}`;
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, map)]));
}
