/** From ordered sets to steps: nested mounts across subsets, and what may really run together in a parallel subset. Pure. */
import type { Batch, Chain, OrderItem, WalkSet } from './walk.ts';

/** The steps of a start. A mount below another one always comes after it; companions never run beside their resource. */
export function splitWaves(sets: readonly WalkSet[]): readonly Batch[] {
  return deferNested(sets).flatMap((set) => (set.parallel ? parallelBatches(set) : [batchOf(set, set.chains.flatMap(flatten), false)]));
}

function batchOf(set: WalkSet, rids: readonly string[], parallel: boolean): Batch {
  return { rids, parallel: parallel && rids.length > 1, ...(set.subset === undefined ? {} : { subset: set.subset }) };
}

function flatten(chain: Chain): readonly string[] {
  return [...chain.before.flatMap(flatten), chain.item.rid, ...chain.after.flatMap(flatten)];
}

/** One wave per depth, and in each the companions before, the resources, the companions after. */
function parallelBatches(set: WalkSet): readonly Batch[] {
  const depths = [...new Set(set.chains.map((chain) => depthOf(chain.item)))].sort((a, b) => a - b);
  const waves = depths.flatMap((depth) => {
    const level = set.chains.filter((chain) => depthOf(chain.item) === depth);
    return [
      level.flatMap((chain) => chain.before.flatMap(flatten)),
      level.map((chain) => chain.item.rid),
      level.flatMap((chain) => chain.after.flatMap(flatten)),
    ];
  });
  return waves.filter((wave) => wave.length > 0).map((wave) => batchOf(set, wave, true));
}

/**
 * Subsets are walked by name, but a filesystem whose parent mount is in a later set cannot be mounted before it: it moves
 * to a set of its own (same subset name) right behind the set of its deepest parent. A stop, being the reverse, unmounts it first.
 */
function deferNested(sets: readonly WalkSet[]): readonly WalkSet[] {
  const positions = mountPositions(sets);
  return sets.flatMap((set, index) => {
    const kept = set.chains.filter((chain) => (positions.get(chain) ?? index) <= index);
    const late = sets.flatMap((from) =>
      from.chains.flatMap((chain) => (positions.get(chain) === index + half ? [{ ...from, chains: [chain] }] : [])),
    );
    return [...(kept.length > 0 ? [{ ...set, chains: kept }] : []), ...late.toSorted((a, b) => setDepth(a) - setDepth(b))];
  });
}

/** Between two sets: behind the one, before the next. */
const half = 0.5;

/** Where each mount is walked: the index of its set, or half a step behind the set of a parent that comes later. */
function mountPositions(sets: readonly WalkSet[]): ReadonlyMap<Chain, number> {
  const mounts = sets.flatMap((set, index) =>
    set.chains.flatMap((chain) =>
      chain.item.mount === undefined ? [] : [{ chain, index, rank: set.rank, path: trimSlash(chain.item.mount) }],
    ),
  );
  const byPath = new Map<string, number>();
  const positions = new Map<Chain, number>();
  for (const mount of mounts.toSorted((a, b) => a.path.split('/').length - b.path.split('/').length)) {
    const parent = Math.max(-1, ...ancestors(mount.path).map((path) => byPath.get(`${mount.rank} ${path}`) ?? -1));
    const position = parent > mount.index ? Math.floor(parent) + half : mount.index;
    positions.set(mount.chain, position);
    const key = `${mount.rank} ${mount.path}`;
    byPath.set(key, Math.max(position, byPath.get(key) ?? -1));
  }
  return positions;
}

/** `/a/b/c` -> the paths above it: ``, `/a`, `/a/b`. */
function ancestors(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(0, -1).map((_, count) => parts.slice(0, count + 1).join('/'));
}

function setDepth(set: WalkSet): number {
  return trimSlash(set.chains[0]?.item.mount ?? '').split('/').length;
}

/** The driver's depth, else the number of parts of the mount point. */
export function depthOf(item: OrderItem): number {
  return item.depth ?? (item.mount === undefined ? 0 : trimSlash(item.mount).split('/').length - 1);
}

function trimSlash(path: string): string {
  return path.replace(/\/+$/, '');
}
