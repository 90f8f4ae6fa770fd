/** A keyword table prepared for lookups: every spelling, and what a resource takes from `[DEFAULT]`. */
import type { Keyword, Keywords } from '../driver/keywords.ts';
import { inheritedKeywords, nodeKeywords, notInheritedByWork, resourceKeywords, serviceKeywords, subsetKeywords } from './tables.ts';

export interface KeywordRow {
  readonly name: string;
  readonly keyword: Keyword;
  /** Its name, its aliases, and the old keywords that say they are replaced by it. */
  readonly spellings: readonly string[];
  /** Spellings in DEFAULT that a resource falls back to; empty when it does not. */
  readonly parents: readonly string[];
}

export interface KeywordTable {
  readonly keywords: Keywords;
  /** Without the old names. */
  readonly rows: readonly KeywordRow[];
  readonly bySpelling: ReadonlyMap<string, KeywordRow>;
}

/** Prepares a table; `parentOf` names the keyword of DEFAULT that stands in for a missing one. */
export function keywordTable(
  keywords: Keywords,
  parentOf: (name: string, keyword: Keyword) => string | undefined = () => undefined,
): KeywordTable {
  const entries = Object.entries(keywords);
  const current = entries.filter(([, { replacedBy }]) => replacedBy === undefined || !Object.hasOwn(keywords, replacedBy));
  const old = entries.filter(([, { replacedBy }]) => replacedBy !== undefined && Object.hasOwn(keywords, replacedBy));
  const rows = current.map(([name, keyword]) => {
    const aliases = (keyword.alias ?? []).filter((alias) => !Object.hasOwn(keywords, alias));
    const spellings = [name, ...aliases, ...old.filter(([, { replacedBy }]) => replacedBy === name).map(([other]) => other)];
    const parent = parentOf(name, keyword);
    return { name, keyword, spellings, parents: parent === undefined ? [] : parent === name ? spellings : [parent] };
  });
  return { keywords, rows, bySpelling: new Map(rows.flatMap((row) => row.spellings.map((spelling) => [spelling, row] as const))) };
}

export const serviceTable = keywordTable(serviceKeywords);
export const subsetTable = keywordTable(subsetKeywords);
export const nodeTable = keywordTable(nodeKeywords);
export const emptyTable = keywordTable({});

/** The keywords of a resource: the common ones and its driver's, which may give a common one another default. */
export function resourceTable(group: string, own: Keywords): KeywordTable {
  const isWork = group === 'sync' || group === 'task';
  // An error of a sync or a task never fails an action unless the file says so (spec/config.md).
  const optional = isWork ? { ...resourceKeywords.optional, default: 'true' } : resourceKeywords.optional;
  return keywordTable({ ...resourceKeywords, optional, ...own }, (name, keyword) => parentName(isWork, name, keyword));
}

/**
 * The keyword of DEFAULT that a resource keyword falls back to: the common ones of the list, the one that `inherits` names,
 * and a driver's keywords as in OpenSVC, unless DEFAULT means something of its own by that name.
 */
function parentName(isWork: boolean, name: string, { inherits }: Keyword): string | undefined {
  if (inherits !== undefined) return inherits;
  if (isWork && notInheritedByWork.has(name)) return undefined;
  if (inheritedKeywords.has(name)) return name;
  return Object.hasOwn(resourceKeywords, name) || Object.hasOwn(serviceKeywords, name) ? undefined : name;
}
