/** One keyword, or the whole file, evaluated for a node: `svcmgr get --kw K --eval --node N`, `print config --eval`. */
import type { Keyword } from '../driver/keywords.ts';
import { convertValue } from './convert.ts';
import type { Problem } from './definition.ts';
import type { IniDocument } from './document.ts';
import { sceneOfSection } from './evaluate-inside.ts';
import { isFreeSection, splitKeyPath, splitScope } from './key-path.ts';
import type { KeywordRow } from './keyword-table.ts';
import { driverOf, type Found, findEntry, tableOf } from './lookup.ts';
import { nearestName } from '../nearest.ts';
import { type ProblemSink, report } from './problems.ts';
import type { Expansion } from './reference.ts';
import { expandDefault, expandEntry } from './resolve.ts';
import { type Scene, type ServiceEnvironment, serviceScene } from './scene.ts';
import { effectiveEntry } from './scope.ts';
import { maskSecretText, secretMask } from './secret.ts';

export interface KeywordValue {
  /** As text, references expanded (as written with `raw`); undefined when it is not set and has no default. Secrets masked. */
  readonly text: string | undefined;
  /** Converted: duration in ms, size in bytes, lists as arrays; an expression keeps its type in a free section. */
  readonly value: unknown;
  /** The text is the keyword's default. */
  readonly isDefault: boolean;
  readonly problems: readonly Problem[];
}

/** Evaluates `section.key` (or `key` of DEFAULT) for `env.node`; a key with a scope means exactly that line. Never throws. */
export function evaluateKeyword(
  doc: IniDocument,
  env: ServiceEnvironment,
  path: string,
  options: { readonly raw?: boolean } = {},
): KeywordValue {
  const { section, key } = splitKeyPath(path);
  const sink: ProblemSink = { file: doc.file, found: [] };
  const scene = sceneOfSection(serviceScene(doc, env), section);
  const table = tableOf(scene, section);
  const { base } = splitScope(key);
  const row = table.bySpelling.get(base);
  const keyword = row?.keyword;
  const found = findWritten(scene, section, key, row ?? { spellings: [base], parents: [] });
  if (options.raw === true) return rawValue(doc.get(section, key), keyword);
  if (found === undefined && keyword?.default === undefined) {
    if (keyword === undefined) reportMissing(scene, section, key, [...table.bySpelling.keys()], sink);
    return { text: undefined, value: undefined, isDefault: true, problems: sink.found };
  }
  const expanded =
    found === undefined
      ? expandDefault(scene, section, row?.name ?? base, keyword?.default ?? '')
      : expandEntry(scene, found.section, found.entry, found.context);
  return { ...typedValue(scene, found, keyword, expanded, sink), isDefault: found === undefined, problems: sink.found };
}

function findWritten(scene: Scene, section: string, key: string, row: Pick<KeywordRow, 'spellings' | 'parents'>): Found | undefined {
  const { base, scope } = splitScope(key);
  if (scope === undefined) return findEntry(scene, section, row);
  const entry = scene.sections
    .get(section)
    ?.get(base)
    ?.find((one) => one.key === key);
  return entry === undefined ? undefined : { context: section, section, entry };
}

function rawValue(text: string | undefined, keyword: Keyword | undefined): KeywordValue {
  const shown = text !== undefined && keyword?.kind === 'secret' ? maskSecretText(text) : text;
  return { text: shown, value: shown, isDefault: text === undefined, problems: [] };
}

function typedValue(
  scene: Scene,
  found: Found | undefined,
  keyword: Keyword | undefined,
  expanded: Expansion,
  sink: ProblemSink,
): Pick<KeywordValue, 'text' | 'value'> {
  const place = { line: found?.entry.line ?? 1, section: found?.section, keyword: found?.entry.key };
  if ('fault' in expanded) {
    report(sink, 'error', { ...place, value: found?.entry.value, nearest: expanded.fault.nearest }, expanded.fault.text);
    return { text: undefined, value: undefined };
  }
  if (keyword === undefined) return { text: expanded.text, value: expanded.typed ?? expanded.text };
  const text = keyword.kind === 'secret' ? secretMask : expanded.text;
  const converted = convertValue(keyword.kind, expanded.text, keyword, scene.env);
  if ('value' in converted) return { text, value: converted.value };
  report(sink, 'error', { ...place, value: text, nearest: converted.nearest }, converted.fault);
  return { text, value: undefined };
}

function reportMissing(scene: Scene, section: string, key: string, names: readonly string[], sink: ProblemSink): void {
  if (section !== 'DEFAULT' && !scene.sections.has(section)) {
    report(sink, 'error', { line: 1, section, nearest: nearestName(section, scene.sections.keys()) }, `there is no section [${section}]`);
    return;
  }
  const known = [...names, ...(scene.sections.get(section)?.keys() ?? [])];
  const text = isFreeSection(section) ? `${key} is not set in [${section}]` : `${key} is no keyword of [${section}]`;
  report(sink, 'error', { line: scene.doc.section(section)?.line ?? 1, section, keyword: key, nearest: nearestName(key, known) }, text);
}

export interface EvaluatedSection {
  readonly name: string;
  /** Keys of the file that apply on the node, scopes gone, references expanded, secrets masked. */
  readonly entries: readonly { readonly key: string; readonly text: string }[];
}

/** The file as it reads on `env.node`; a value with a fault stays as written. */
export function evaluateDocument(doc: IniDocument, env: ServiceEnvironment): readonly EvaluatedSection[] {
  const scene = serviceScene(doc, env);
  for (const { name } of doc.sections) driverOf(scene, name);
  return doc.sections.map(({ name }) => ({ name, entries: sectionEntries(sceneOfSection(scene, name), name) }));
}

function sectionEntries(scene: Scene, section: string): EvaluatedSection['entries'] {
  const table = tableOf(scene, section);
  const index = scene.sections.get(section);
  return [...(index?.keys() ?? [])].flatMap((key) => {
    const entry = effectiveEntry(index, [key], scene.view);
    if (entry === undefined) return [];
    if (table.bySpelling.get(key)?.keyword.kind === 'secret') return [{ key, text: maskSecretText(entry.value) }];
    const expanded = expandEntry(scene, section, entry, section);
    return [{ key, text: 'fault' in expanded ? entry.value : expanded.text }];
  });
}
