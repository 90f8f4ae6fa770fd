/** The order of a walk over resources, in steps (issue 1 "order", spec/opensvc-core.md §2.1). Pure. */
import type { SubsetDefinition } from '../config/definition.ts';
import { SvcError } from '../errors.ts';
import { canonicalGroup, placeOf, promotionRank } from './groups.ts';
import { compareNatural, compareRids } from './natural.ts';
import type { Batch, Chain, OrderItem, WalkSet } from './walk.ts';
import { depthOf, splitWaves } from './waves.ts';

export type { Batch, OrderItem } from './walk.ts';

/**
 * Orders resources for a start (ip, what promotes replicas, vg, fs, share, container with its addresses, app, task, then the
 * groups that have no part in a start) or for a stop, which is the exact reverse.
 * What lives in a container comes right after the containers, in the same order of groups.
 * Inside a group: what has no subset first, then subsets by name; inside a set by depth, then natural order of the index.
 * @throws SvcError BUG when companions form a loop, so that no resource is ever lost.
 */
export function planOrder(
  items: readonly OrderItem[],
  subsets: readonly SubsetDefinition[],
  direction: 'start' | 'stop',
): readonly Batch[] {
  const sets = setsOf(chainsOf(items), parallelSubsets(subsets));
  const batches = splitWaves(sets);
  const placed = batches.reduce((sum, batch) => sum + batch.rids.length, 0);
  if (placed !== items.length) throw new SvcError('BUG', `the walk holds ${placed} of ${items.length} resources: companions form a loop`);
  return direction === 'start' ? batches : batches.map((batch) => ({ ...batch, rids: batch.rids.toReversed() })).toReversed();
}

/** Only the rids of a plan, in order. */
export function walkOf(batches: readonly Batch[]): readonly string[] {
  return batches.flatMap((batch) => batch.rids);
}

function parallelSubsets(subsets: readonly SubsetDefinition[]): ReadonlySet<string> {
  return new Set(subsets.filter((subset) => subset.parallel).map((subset) => subsetKey(...splitName(subset.name))));
}

function splitName(name: string): [string, string] {
  const at = name.indexOf(':');
  return at < 0 ? ['', name] : [name.slice(0, at), name.slice(at + 1)];
}

function subsetKey(group: string, name: string): string {
  return `${canonicalGroup(group)}:${name}`;
}

/** Who a companion goes with; undefined when it stands for itself, also because its host is not part of this walk. */
function hostOf(item: OrderItem, present: ReadonlySet<string>): { of: string; order: 'before' | 'after' } | undefined {
  const link = item.implied ?? (item.netnsOf === undefined ? undefined : { of: item.netnsOf, order: 'after' as const });
  return link !== undefined && link.of !== item.rid && present.has(link.of) ? link : undefined;
}

function chainsOf(items: readonly OrderItem[]): readonly Chain[] {
  const present = new Set(items.map((item) => item.rid));
  const companions = new Map<string, { before: OrderItem[]; after: OrderItem[] }>();
  const roots: OrderItem[] = [];
  for (const item of items) {
    const host = hostOf(item, present);
    if (host === undefined) {
      roots.push(item);
      continue;
    }
    const pair = companions.get(host.of) ?? { before: [], after: [] };
    pair[host.order].push(item);
    companions.set(host.of, pair);
  }
  const chain = (item: OrderItem): Chain => {
    const pair = companions.get(item.rid);
    return { item, before: (pair?.before ?? []).sort(byDepth).map(chain), after: (pair?.after ?? []).sort(byDepth).map(chain) };
  };
  return roots.sort(byDepth).map(chain);
}

function byDepth(a: OrderItem, b: OrderItem): number {
  return depthOf(a) - depthOf(b) || compareRids(a.rid, b.rid);
}

function rankOf(item: OrderItem): number {
  // What is inside is a service of its own between the containers and the applications outside.
  if (item.container !== undefined) return placeOf('container').start + (outerRank(item) + 1) / insideRanks;
  return outerRank(item);
}

/** More than there are ranks. */
const insideRanks = 100;

function outerRank(item: OrderItem): number {
  if (item.promotes === true) return promotionRank;
  // An address of a container that is not in this walk still keeps the container's place.
  return placeOf(item.netnsOf === undefined ? item.group : 'container').start;
}

function setsOf(chains: readonly Chain[], parallel: ReadonlySet<string>): readonly WalkSet[] {
  const sets = new Map<string, WalkSet & { chains: Chain[] }>();
  for (const chain of chains) {
    const { group, subset } = chain.item;
    const name = subset === undefined ? undefined : subsetKey(group, subset);
    const rank = rankOf(chain.item);
    const key = `${rank} ${name ?? ''}`;
    const set = sets.get(key) ?? { rank, subset: name, parallel: name !== undefined && parallel.has(name), chains: [] };
    set.chains.push(chain);
    sets.set(key, set);
  }
  return [...sets.values()].sort((a, b) => a.rank - b.rank || bySubset(a.subset, b.subset));
}

function bySubset(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compareNatural(a, b);
}
