/** `--upto` and `--downto`: a walk that ends early (spec/opensvc-core.md §2.4). Pure. */
import { SvcError } from '../errors.ts';
import { matchesRid, type SelectableName } from './select.ts';
import type { Batch } from './walk.ts';

export interface WalkLimits {
  /** Rid, group or group.type that ends the walk, itself included. */
  readonly upto?: string | undefined;
  /** The same; the word an operator expects on a stop. */
  readonly downto?: string | undefined;
}

/**
 * Cuts a walk behind the last resource that the limit names. A parallel step is cut as if it were walked one by one:
 * `parallel` changes how fast a walk is, never what it touches.
 * @throws SvcError NOT_FOUND when nothing in the walk has that name, CONFIG when both limits are given
 */
export function limitWalk(order: readonly Batch[], resources: readonly SelectableName[], limits: WalkLimits): readonly Batch[] {
  if (limits.upto !== undefined && limits.downto !== undefined) {
    throw new SvcError('CONFIG', '--upto and --downto mean the same barrier: give one of them');
  }
  const name = limits.upto ?? limits.downto;
  if (name === undefined) return order;
  const matching = new Set(resources.filter((resource) => matchesRid(resource, name)).map((resource) => resource.rid));
  const end = order.flatMap((batch) => batch.rids).findLastIndex((rid) => matching.has(rid)) + 1;
  if (end === 0) {
    throw new SvcError('NOT_FOUND', `no resource of this walk is named ${name}`, {
      hint: `the walk is: ${order.flatMap((batch) => batch.rids).join(' ') || 'empty'}`,
    });
  }
  return cut(order, end);
}

function cut(order: readonly Batch[], end: number): readonly Batch[] {
  let left = end;
  return order.flatMap((batch) => {
    const rids = batch.rids.slice(0, Math.max(0, left));
    left -= batch.rids.length;
    return rids.length === 0 ? [] : [{ ...batch, rids, parallel: batch.parallel && rids.length > 1 }];
  });
}
