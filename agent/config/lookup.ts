/** Finds the text of a keyword for the scene's node: its section, `[DEFAULT]`, then the keyword's default. */
import { canonicalType, groupOf, splitRid } from './groups.ts';
import { emptyTable, type KeywordRow, type KeywordTable, resourceTable, serviceTable, subsetTable } from './keyword-table.ts';
import { expandEntry } from './resolve.ts';
import type { Scene, SectionDriver } from './scene.ts';
import { effectiveEntry, type ScopedEntry } from './scope.ts';

/** The text of a keyword and where it was written. */
export interface Found {
  /** The section whose references it is read in. */
  readonly context: string;
  /** The section it is written in. */
  readonly section: string;
  readonly entry: ScopedEntry;
}

/** A keyword's entry in a section, or what a resource inherits from DEFAULT. The keyword's own default is not looked at. */
export function findEntry(
  scene: Scene,
  section: string,
  { spellings, parents }: Pick<KeywordRow, 'spellings' | 'parents'>,
): Found | undefined {
  const own = effectiveEntry(scene.sections.get(section), spellings, scene.view);
  if (own !== undefined) return { context: section, section, entry: own };
  const inherited = parents.length === 0 ? undefined : effectiveEntry(scene.sections.get('DEFAULT'), parents, scene.view);
  return inherited === undefined ? undefined : { context: section, section: 'DEFAULT', entry: inherited };
}

/** The keyword table of a section; empty for free sections and for what is not known. */
export function tableOf(scene: Scene, section: string): KeywordTable {
  if (section === 'DEFAULT') return serviceTable;
  if (section.startsWith('subset#')) return subsetTable;
  const group = groupOf(splitRid(section)?.group ?? '')?.group;
  if (group === undefined) return emptyTable;
  const card = driverOf(scene, section)?.card;
  const key = card?.id ?? group;
  const known = scene.tables.get(key);
  if (known !== undefined) return known;
  const table = resourceTable(group, card?.keywords ?? {});
  scene.tables.set(key, table);
  return table;
}

/** The driver of a resource section; undefined when the section is none, or its type is just being found. */
export function driverOf(scene: Scene, section: string): SectionDriver | undefined {
  const known = scene.drivers.get(section);
  if (known !== undefined) return known === 'open' ? undefined : known;
  const rid = splitRid(section);
  const implied = rid === undefined ? undefined : groupOf(rid.group);
  if (rid === undefined || implied === undefined) return undefined;
  scene.drivers.set(section, 'open');
  const type = typeText(scene, section) ?? implied.type;
  const id = type === undefined || type === '' ? undefined : `${implied.group}.${canonicalType(implied.group, type)}`;
  const driver = { group: implied.group, index: rid.index, id, card: id === undefined ? undefined : scene.env.catalog.card(id) };
  scene.drivers.set(section, driver);
  return driver;
}

/** The text of `type`: undefined when absent, empty when it cannot be expanded. */
function typeText(scene: Scene, section: string): string | undefined {
  const entry = effectiveEntry(scene.sections.get(section), ['type'], scene.view);
  if (entry === undefined) return undefined;
  const expanded = expandEntry(scene, section, entry, section);
  return 'fault' in expanded ? '' : expanded.text;
}
