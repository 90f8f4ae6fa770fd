/** What is known before anything is decided about a remote copy group: both arrays, the links between them, the nodes over there. Plain data. */
import type { Group, NamedGroup } from './rcopy.ts';
import type { FarRole, Link } from './start-table.ts';
import type { TargetState } from './rows.ts';

/**
 * The other array. `silent`: no sign of life at all. `troubled`: something answers there, but not what was asked; that is a sign of life.
 */
export type Far =
  | { readonly kind: 'group'; readonly group: NamedGroup }
  | { readonly kind: 'absent' }
  | { readonly kind: 'silent'; readonly text: string }
  | { readonly kind: 'troubled'; readonly text: string };

/** A node of the service that stands on the other array. */
export interface FarNode {
  readonly node: string;
  readonly state: 'up' | 'down' | 'unknown';
  /** Something answered there. */
  readonly alive: boolean;
  readonly text: string;
}

export interface Scene {
  readonly service: string;
  readonly rid: string;
  /** The group as this side's array names it, and that array. */
  readonly rcg: string;
  readonly array: string;
  /** The other array, as the group's Target column has it, and the name of the group there; undefined: no node of the service says it. */
  readonly target: string;
  readonly farRcg: string | undefined;
  /** Names of the group on all nodes of the service, for messages. */
  readonly rcgs: readonly string[];
  readonly link: Link;
  readonly targetStatus: TargetState | undefined;
  readonly near: NamedGroup;
  readonly far: Far;
  readonly nodes: readonly FarNode[];
  /** How old the copy of this side is, ms; undefined: it cannot be known. */
  readonly ageMs: number | undefined;
  /** A start of ours that was cut had stopped the group, and nobody was started over there since. */
  readonly handedOver: boolean;
  /** Where the service was started last, by the memories of its nodes. */
  readonly lastStart: 'here' | 'there' | 'unknown';
  readonly wishes: { readonly autoTakeover: boolean; readonly forceSync: boolean; readonly maxDelayMs: number };
}

/** A start or swap of ours turned the roles and was cut before it started the replication again. */
export function isHalfTurned(scene: Scene): boolean {
  return isTurnedByUs(scene) && scene.near.status === 'Stopped';
}

/** The same, cut when the array had started it again and before it could say so. */
export function isWhollyTurned(scene: Scene): boolean {
  return isTurnedByUs(scene) && scene.near.status === 'Started';
}

function isTurnedByUs({ near, far, link, handedOver }: Scene): boolean {
  const isSource = near.role.startsWith('Primary') && far.kind === 'group' && far.group.role.startsWith('Secondary');
  return handedOver && isSource && link === 'joined';
}

/** A half with several targets, in words; undefined: both have one. What becomes of the others is not known, so it is only looked at. */
export function severalTargets({ near, far, array, target }: Scene): string | undefined {
  const halves = [[array, near] as const, ...(far.kind === 'group' ? [[target, far.group] as const] : [])];
  const found = halves.find(([, { others }]) => others.length > 0);
  if (found === undefined) return undefined;
  const [where, group] = found;
  const targets = rowsOf(group).map((row) => row.target);
  return `rcopy group ${group.name} on ${where} has several targets (${targets.join(', ')}): only pairs are driven`;
}

/** The source of all its targets, each of them running: a start has nothing to change. */
export function isSourceOfAll({ near }: Scene): boolean {
  return rowsOf(near).every(({ role, status }) => role === 'Primary' && status === 'Started');
}

function rowsOf({ others, ...first }: NamedGroup): readonly Group[] {
  return [first, ...others];
}

export function farRoleOf(far: Far): FarRole {
  return far.kind === 'group' ? far.group.role : 'unknown';
}

/** What shows that the other side lives; empty: nothing does. */
export function signsOfLife({ far, nodes, target }: Scene): readonly string[] {
  const ofArray = {
    group: () => [`array ${target} answers`],
    absent: () => [`array ${target} answers`],
    silent: () => [],
    troubled: (text: string) => [`array ${target}: ${text}`],
  }[far.kind]('text' in far ? far.text : '');
  return [
    ...ofArray,
    ...nodes.flatMap(({ node, alive, state, text }) => (alive ? [`${node}${state === 'unknown' ? '' : ' answers'}: ${text}`] : [])),
  ];
}

/** What was asked and did not answer. */
export function silence({ far, nodes, target }: Scene): readonly string[] {
  return [
    ...(far.kind === 'silent' ? [`array ${target}: ${far.text}`] : []),
    ...nodes.flatMap(({ node, alive, text }) => (alive ? [] : [`${node}: ${text}`])),
  ];
}
