/** States of resources and services, and how two of them merge (spec/status.md "Aggregation", spec/opensvc-core.md §3.2). */
import type { State } from '../driver/contract.ts';

/** What status shows. A driver reports a `State`; the engine makes the two standby forms of it. */
export type Status = State | 'stdby up' | 'stdby down';

/** A status on its way through a merge: the two composites remember that a standby part was seen. */
export type Merged = Status | 'stdby up with up' | 'stdby up with down';

export const statuses = ['up', 'down', 'warn', 'n/a', 'undef', 'stdby up', 'stdby down'] as const satisfies readonly Status[];

const W = 'warn';
const SU = 'stdby up';
const SD = 'stdby down';
const SUU = 'stdby up with up';
const SUD = 'stdby up with down';

/** What is neither nothing (n/a), nor trouble (warn), nor unknown (undef): only these need a table. */
type Definite = Exclude<Merged, 'n/a' | 'warn' | 'undef'>;

const table = {
  up: { up: 'up', down: W, [SU]: SUU, [SD]: W, [SUU]: SUU, [SUD]: W },
  down: { up: W, down: 'down', [SU]: SUD, [SD]: SD, [SUU]: W, [SUD]: SUD },
  [SU]: { up: SUU, down: SUD, [SU]: SU, [SD]: W, [SUU]: SUU, [SUD]: SUD },
  [SD]: { up: W, down: SD, [SU]: W, [SD]: SD, [SUU]: W, [SUD]: W },
  [SUU]: { up: SUU, down: W, [SU]: SUU, [SD]: W, [SUU]: SUU, [SUD]: W },
  [SUD]: { up: W, down: SUD, [SU]: SUD, [SD]: W, [SUU]: W, [SUD]: SUD },
} as const satisfies Record<Definite, Record<Definite, Merged>>;

/**
 * Merges two statuses; commutative and associative, `n/a` is neutral, `warn` absorbs.
 * `undef` never hides: beside anything but `n/a` or itself it makes `warn` (spec/status.md; the peer drops it).
 */
export function merge(a: Merged, b: Merged): Merged {
  if (a === 'n/a') return b;
  if (b === 'n/a') return a;
  if (a === 'warn' || b === 'warn') return 'warn';
  if (a === 'undef' || b === 'undef') return a === b ? 'undef' : 'warn';
  return table[a][b];
}

/** Merges any number of statuses; `n/a` when there is none. */
export function mergeAll(list: Iterable<Merged>): Merged {
  let total: Merged = 'n/a';
  for (const status of list) total = merge(total, status);
  return total;
}

/** Ends a merge: `stdby up` with up counts up, with down counts `stdby up`. */
export function settle(merged: Merged): Status {
  if (merged === 'stdby up with up') return 'up';
  if (merged === 'stdby up with down') return 'stdby up';
  return merged;
}

/** The merge of a list as status shows it. */
export function mergedStatus(list: Iterable<Merged>): Status {
  return settle(mergeAll(list));
}

/** A driver's state as the status of its resource: a standby one shows `stdby up` or `stdby down`. Harmless when repeated. */
export function standbyOf(state: Status, standby: boolean): Status {
  if (!standby) return state;
  if (state === 'up') return 'stdby up';
  return state === 'down' ? 'stdby down' : state;
}

/** Up on this node, standby or not. */
export function isUp(status: Status): boolean {
  return status === 'up' || status === 'stdby up';
}

/** Down on this node, standby or not. */
export function isDown(status: Status): boolean {
  return status === 'down' || status === 'stdby down';
}

/** What a start must leave behind (spec/cli.md "Verify"): anything but down or undef. */
export function isStarted(status: Status): boolean {
  return !isDown(status) && status !== 'undef';
}
