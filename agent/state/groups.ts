/** The resource groups: their names, their place in a walk, their place in the tree, and what they count for. */

/** Every group of a service file (design/product.md "Words"). */
export const groups = ['ip', 'vg', 'fs', 'share', 'container', 'app', 'task', 'sync', 'repave', 'hb'] as const;
export type Group = (typeof groups)[number];

/** Other spellings of a section's group; they keep their rid and belong to the group vg (spec/config.md "Small rulings"). */
const aliases: Readonly<Record<string, Group>> = { disk: 'vg', lv: 'vg', raw: 'vg' };

interface Place {
  /** Rank in a start; a stop is the exact reverse. Rank 1 is left free for what promotes a replica. */
  readonly start: number;
  /** Rank in the status tree (spec/status.md "The tree"). */
  readonly tree: number;
  /** Counts for `avail`; the rest can only degrade `overall` (spec/status.md "Aggregation"). */
  readonly available: boolean;
}

const places = {
  ip: { start: 0, tree: 1, available: true },
  vg: { start: 2, tree: 2, available: true },
  fs: { start: 3, tree: 3, available: true },
  share: { start: 4, tree: 4, available: true },
  container: { start: 5, tree: 0, available: true },
  app: { start: 6, tree: 5, available: true },
  task: { start: 7, tree: 6, available: false },
  sync: { start: 8, tree: 8, available: false },
  repave: { start: 9, tree: 9, available: false },
  hb: { start: 10, tree: 10, available: false },
} as const satisfies Record<Group, Place>;

/** A group nobody knows is shown and walked after the known ones it resembles: it counts, and comes after app. */
const unknownPlace: Place = { start: 7, tree: 7, available: true };

/** Start rank of replication that promotes: after addresses, before vg (spec/opensvc-core.md §2.1). */
export const promotionRank = 1;

export function isGroup(name: string): name is Group {
  return (groups as readonly string[]).includes(name);
}

/** The group a word stands for: `disk` -> `vg`; a word that is no alias is returned as it is. */
export function canonicalGroup(name: string): string {
  return aliases[name] ?? name;
}

/** The part of a rid before `#`: `lv#1` -> `lv`. */
export function ridPrefix(rid: string): string {
  const at = rid.indexOf('#');
  return at < 0 ? rid : rid.slice(0, at);
}

/** The part of a rid after `#`; empty when there is none. */
export function ridIndex(rid: string): string {
  const at = rid.indexOf('#');
  return at < 0 ? '' : rid.slice(at + 1);
}

export function placeOf(group: string): Place {
  const name = canonicalGroup(group);
  return isGroup(name) ? places[name] : unknownPlace;
}
