/** Finds the text of a keyword for the scene's node: its section, `[DEFAULT]`, then the keyword's default. */
import type { Keyword, Keywords } from '../driver/keywords.ts';
import { canonicalType, groupOf, splitRid } from './groups.ts';
import { expandEntry } from './resolve.ts';
import type { Scene, SectionDriver } from './scene.ts';
import { effectiveEntry, type ScopedEntry } from './scope.ts';
import { inheritedKeywords, notInheritedByWork, resourceKeywords, serviceKeywords, subsetKeywords } from './tables.ts';

/** The text of a keyword and where it was written. */
export interface Found {
  /** The section whose references it is read in. */
  readonly context: string;
  /** The section it is written in. */
  readonly section: string;
  readonly entry: ScopedEntry;
}

/** Every spelling of a keyword: its name, its aliases, and keywords that say they are replaced by it. */
export function spellingsOf(table: Keywords, name: string): readonly string[] {
  const spellings = [name, ...(table[name]?.alias ?? [])];
  for (const [other, { replacedBy }] of Object.entries(table)) if (replacedBy === name) spellings.push(other);
  return spellings;
}

/** A keyword's entry in a section, or what a resource inherits from DEFAULT. The keyword's own default is not looked at. */
export function findEntry(
  scene: Scene,
  section: string,
  name: string,
  keyword: Keyword | undefined,
  spellings: readonly string[],
): Found | undefined {
  const own = effectiveEntry(scene.sections.get(section), spellings, scene.view);
  if (own !== undefined) return { context: section, section, entry: own };
  const parent = inheritedName(section, name, keyword);
  if (parent === undefined) return undefined;
  const names = parent === name ? spellings : [parent];
  const inherited = effectiveEntry(scene.sections.get('DEFAULT'), names, scene.view);
  return inherited === undefined ? undefined : { context: section, section: 'DEFAULT', entry: inherited };
}

/**
 * The keyword of DEFAULT that a resource keyword falls back to: the common ones of the list, the one that `inherits` names,
 * and a driver's keywords as in OpenSVC, unless DEFAULT means something of its own by that name.
 */
export function inheritedName(section: string, name: string, keyword: Keyword | undefined): string | undefined {
  const group = groupOf(splitRid(section)?.group ?? '')?.group;
  if (group === undefined || keyword === undefined) return undefined;
  if (keyword.inherits !== undefined) return keyword.inherits;
  if ((group === 'sync' || group === 'task') && notInheritedByWork.has(name)) return undefined;
  if (inheritedKeywords.has(name)) return name;
  const isOwn = Object.hasOwn(resourceKeywords, name) || Object.hasOwn(serviceKeywords, name);
  return isOwn ? undefined : name;
}

/** The keyword table of a section; empty for free sections and for what is not known. */
export function tableOf(scene: Scene, section: string): Keywords {
  if (section === 'DEFAULT') return serviceKeywords;
  if (section.startsWith('subset#')) return subsetKeywords;
  const card = driverOf(scene, section)?.card;
  if (groupOf(splitRid(section)?.group ?? '') === undefined) return {};
  return card === undefined ? resourceKeywords : { ...resourceKeywords, ...card.keywords };
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
