/**
 * What makes this side of a remote copy group writable, or why nothing may: a cell for every pair of roles, with the links up and with
 * them down (spec/hp3par.md §3, §4; spec/cli.md "Safety before a start"). Data only; test/unit/drivers/hp3par-start.test.ts has a case for each cell.
 */
import type { Role } from './rows.ts';

export type Link = 'joined' | 'split';

/** The role over there; `unknown`: the array does not answer, or has no such group. */
export type FarRole = Role | 'unknown';

export type Move =
  /** This side is writable already, and it is the newer one. */
  | 'none'
  /** Stop over there, then `reverse`: we become Primary, they Secondary. */
  | 'reverse'
  /** The same back out of a failover: each side keeps its natural role. */
  | 'reverse-current'
  /** Primary-Rev by ourselves: the other side cannot be told. */
  | 'failover'
  /** Primary again by ourselves, after the side that had taken over is gone. */
  | 'reverse-local';

export type Obstacle =
  /** The other side was failed over to: what was written there last is not here. */
  | 'older'
  /** Both sides are writable, and nothing tells which is the newer. */
  | 'both'
  /** Neither side is writable: a change of roles is under way, or was left half done. */
  | 'no-primary'
  /** A pair of roles that no single command mends safely. */
  | 'mixed'
  /** The links are up, so it must be stopped over there first, and its array does not answer. */
  | 'unstoppable';

export type Cell = { readonly move: Move } | { readonly obstacle: Obstacle };

const none: Cell = { move: 'none' };
const reverse: Cell = { move: 'reverse' };
const reverseCurrent: Cell = { move: 'reverse-current' };
const failover: Cell = { move: 'failover' };
const reverseLocal: Cell = { move: 'reverse-local' };
const older: Cell = { obstacle: 'older' };
const both: Cell = { obstacle: 'both' };
const noPrimary: Cell = { obstacle: 'no-primary' };
const mixed: Cell = { obstacle: 'mixed' };
const unstoppable: Cell = { obstacle: 'unstoppable' };

/** A side that is writable stays what it is, whatever the links do. */
const primary = { Primary: both, Secondary: none, 'Primary-Rev': older, 'Secondary-Rev': none, unknown: none } as const;
/** Failed over to: newer than a Primary that was left behind. */
const primaryRev = { Primary: none, Secondary: none, 'Primary-Rev': both, 'Secondary-Rev': none, unknown: none } as const;

// biome-ignore format: a table, a role of this side a line
export const startTable = {
  joined: {
    Primary:         primary,
    'Primary-Rev':   primaryRev,
    Secondary:       { Primary: reverse, Secondary: noPrimary, 'Primary-Rev': mixed,          'Secondary-Rev': noPrimary, unknown: unstoppable },
    'Secondary-Rev': { Primary: mixed,   Secondary: noPrimary, 'Primary-Rev': reverseCurrent, 'Secondary-Rev': noPrimary, unknown: unstoppable },
  },
  split: {
    Primary:         primary,
    'Primary-Rev':   primaryRev,
    Secondary:       { Primary: failover, Secondary: failover,     'Primary-Rev': mixed,        'Secondary-Rev': failover,     unknown: failover },
    'Secondary-Rev': { Primary: mixed,    Secondary: reverseLocal, 'Primary-Rev': reverseLocal, 'Secondary-Rev': reverseLocal, unknown: reverseLocal },
  },
} as const satisfies Record<Link, Record<Role, Record<FarRole, Cell>>>;

export function isWritable(role: Role): boolean {
  return role === 'Primary' || role === 'Primary-Rev';
}
