/** A configuration text with its secrets masked, everything else byte for byte. */
import { groupOf, splitRid } from '../config/groups.ts';
import { nodeSectionTable } from '../config/node-tables.ts';
import type { IniDocument } from '../config/document.ts';
import { maskSecretText } from '../config/secret.ts';
import type { Registry } from '../driver/registry.ts';
import type { Keywords } from '../driver/keywords.ts';

/** Words in the name of a free-form key (`[env]`) that make it a secret all the same. */
const secretName = /passw|secret|token|credential|private_?key/i;

export function maskedText(document: IniDocument, registry: Registry): string {
  const lines = document.toText().split('\n');
  for (const section of document.sections) {
    const secrets = secretNames(section.name, document, registry);
    for (const [key, entry] of section.keys) {
      const base = key.split('@')[0] ?? key;
      if (secrets.has(base) || secretName.test(base)) maskEntry(lines, entry.line - 1, maskSecretText(entry.value));
    }
  }
  return lines.join('\n');
}

function secretNames(section: string, document: IniDocument, registry: Registry): ReadonlySet<string> {
  const group = groupOf(splitRid(section)?.group ?? '')?.group;
  const type = document.get(section, 'type');
  const tables: readonly (Keywords | undefined)[] =
    group === undefined ? [nodeSectionTable(section)?.keywords] : [registry.card(`${group}.${type ?? groupOf(group)?.type ?? ''}`)?.keywords];
  return new Set(tables.flatMap((table) => Object.entries(table ?? {}).flatMap(([name, keyword]) => (keyword.kind === 'secret' ? [name] : []))));
}

/** Replaces the value on its line, and empties its continuation lines. */
function maskEntry(lines: string[], at: number, shown: string): void {
  const line = lines[at] ?? '';
  const end = line.endsWith('\r') ? '\r' : '';
  lines[at] = `${line.slice(0, line.indexOf('=') + 1)} ${shown}${end}`;
  for (let next = at + 1; /^[ \t]+\S/.test(lines[next] ?? ''); next += 1) lines[next] = `  ${shown}${end}`;
}
