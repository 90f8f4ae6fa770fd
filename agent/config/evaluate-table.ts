/** One section against one keyword table: finds, expands and converts every keyword, and reports what does not fit. */
import type { Keyword } from '../driver/keywords.ts';
import { convertValue } from './convert.ts';
import { splitWords } from './convert-argv.ts';
import type { KeywordRow, KeywordTable } from './keyword-table.ts';
import { type Found, findEntry } from './lookup.ts';
import { nearestName } from '../nearest.ts';
import { type ProblemPlace, type ProblemSink, report } from './problems.ts';
import { expandDefault, expandEntry } from './resolve.ts';
import type { Scene } from './scene.ts';
import { type ScopedEntry, scopeFault } from './scope.ts';
import { maskSecretText } from './secret.ts';

/** The typed values of a section by keyword name; what has a problem is undefined. */
export function evaluateTable(scene: Scene, section: string, table: KeywordTable, sink: ProblemSink): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const row of table.rows) values[row.name] = evaluateRow(scene, section, row, sink);
  return values;
}

function evaluateRow(scene: Scene, section: string, row: KeywordRow, sink: ProblemSink): unknown {
  const { name, keyword } = row;
  const found = findEntry(scene, section, row);
  if (found !== undefined) return evaluateFound(scene, found, keyword, sink);
  if (keyword.default !== undefined) return defaultValue(scene, section, name, keyword, sink);
  if (keyword.required) {
    const line = scene.doc.section(section)?.line ?? 1;
    const example = keyword.example === undefined ? '' : `, as in ${name} = ${keyword.example}`;
    report(sink, 'error', { line, section, keyword: name }, `${name} is required${example}: ${keyword.text}`);
  }
  return undefined;
}

function evaluateFound(scene: Scene, { context, section, entry }: Found, keyword: Keyword, sink: ProblemSink): unknown {
  const expanded = expandEntry(scene, section, entry, context);
  const place = placeOf(section, entry, keyword);
  if ('fault' in expanded) {
    report(sink, 'error', { ...place, nearest: expanded.fault.nearest }, expanded.fault.text);
    return undefined;
  }
  const converted = convertValue(keyword.kind, expanded.text, keyword, scene.env);
  if ('value' in converted) return converted.value;
  const shown = expanded.text === entry.value || keyword.kind === 'secret' ? '' : `"${expanded.text.slice(0, 120)}" `;
  report(sink, 'error', { ...place, nearest: converted.nearest }, `${shown}${converted.fault}${cutHint(entry, keyword, expanded.text)}`);
  return undefined;
}

/** spec/config.md "Small rulings": an open quote that a comment cut is an error of its own. */
function cutHint(entry: ScopedEntry, keyword: Keyword, text: string): string {
  if (!entry.commentCut || keyword.kind !== 'argv' || !('fault' in splitWords(text))) return '';
  return '; a # or ; after white space began a comment there and cut the command, even inside quotes';
}

function placeOf(section: string, entry: ScopedEntry, keyword: Keyword): ProblemPlace {
  return { line: entry.line, section, keyword: entry.key, value: keyword.kind === 'secret' ? maskSecretText(entry.value) : entry.value };
}

function defaultValue(scene: Scene, section: string, name: string, keyword: Keyword, sink: ProblemSink): unknown {
  const expanded = expandDefault(scene, section, name, keyword.default ?? '');
  const converted = 'fault' in expanded ? { fault: expanded.fault.text } : convertValue(keyword.kind, expanded.text, keyword, scene.env);
  if ('value' in converted) return converted.value;
  report(
    sink,
    'error',
    { line: scene.doc.section(section)?.line ?? 1, section, keyword: name, value: keyword.default },
    `the default ${converted.fault}`,
  );
  return undefined;
}

/** What to do with a key that no table knows. */
export type OnUnknown = (base: string, entry: ScopedEntry) => void;

/** Checks the keys themselves: known, scopes that make sense, no two spellings of one keyword at once. */
export function checkKeys(scene: Scene, section: string, table: KeywordTable, sink: ProblemSink, onUnknown: OnUnknown): void {
  const seen = new Map<string, ScopedEntry>();
  for (const [base, entries] of scene.sections.get(section) ?? []) {
    const row = table.bySpelling.get(base);
    for (const entry of entries) {
      checkScope(scene, section, entry, row?.keyword, sink);
      if (row === undefined) {
        onUnknown(base, entry);
        continue;
      }
      const place = { line: entry.line, section, keyword: entry.key };
      const key = `${row.name}@${entry.scope ?? ''}`;
      const first = seen.get(key);
      if (first !== undefined) report(sink, 'error', place, `means the same as ${first.key} at line ${first.line}; keep one of the two`);
      else seen.set(key, entry);
      if (table.keywords[base]?.replacedBy === row.name) report(sink, 'warning', place, `is an old name; write ${row.name}`);
    }
  }
}

export function checkScope(scene: Scene, section: string, entry: ScopedEntry, keyword: Keyword | undefined, sink: ProblemSink): void {
  if (entry.scope === undefined) return;
  const place = { line: entry.line, section, keyword: entry.key };
  if (keyword?.scopable === false) {
    report(sink, 'error', place, `${entry.key.slice(0, entry.key.indexOf('@'))} cannot have a scope, because scopes are found with it`);
    return;
  }
  const fault = scopeFault(entry.scope, scene.view);
  if (fault !== undefined) report(sink, fault.severity, { ...place, nearest: nearestName(entry.scope, scene.view.known) }, fault.text);
}

/** The nearest name of some tables, aliases included. */
export function nearestKeyword(base: string, ...tables: readonly KeywordTable[]): string | undefined {
  return nearestName(
    base,
    tables.flatMap(({ bySpelling }) => [...bySpelling.keys()]),
  );
}
