/** What the sync verbs do to a remote copy group, and when they refuse (spec/hp3par.md §4). Pure. */
import type { Blocker, SyncVerb } from '../../../agent/driver/contract.ts';
import { decideStart } from './decide-start.ts';
import { farRoleOf, isHalfTurned, isWhollyTurned, type Scene, severalTargets } from './scene.ts';
import { isWritable, type Move } from './start-table.ts';

export type GroupVerb = Extract<SyncVerb, 'update' | 'break' | 'resume' | 'swap' | 'resync' | 'revert'>;

export type Step = 'stop' | 'start' | 'sync' | 'recover' | 'revert' | Move;

export interface SyncDecision {
  readonly steps: readonly Step[];
  readonly refusals: readonly Blocker[];
  /** Said instead of what is left out. */
  readonly skipped?: string;
}

/** @param isServiceUp here, seen by what it stands on */
export function decideSync(verb: GroupVerb, scene: Scene, isServiceUp: boolean): SyncDecision {
  const several = severalTargets(scene);
  if (several !== undefined) return refuse({ text: several });
  return { update, break: breakOff, resume, swap, resync, revert: (one: Scene) => revert(one, isServiceUp) }[verb](scene);
}

function refuse(...refusals: readonly Blocker[]): SyncDecision {
  return { steps: [], refusals };
}

function skip(text: string): SyncDecision {
  return { steps: [], refusals: [], skipped: text };
}

function mendOf({ service, rid }: Scene, verb: string): string {
  return `svcmgr -s ${service} sync ${verb} --rid ${rid}`;
}

function notPrimary(scene: Scene, what: string, verb: string): SyncDecision {
  return refuse({
    text: `rcopy group ${scene.rcg} role is not Primary. refuse to ${what}`,
    mend: `${mendOf(scene, verb)}, on a node of ${scene.target}`,
  });
}

function update(scene: Scene): SyncDecision {
  const { near, rcg } = scene;
  if (!isWritable(near.role)) return notPrimary(scene, 'sync', 'update');
  if (near.status !== 'Started')
    return refuse({ text: `rcopy group ${rcg} is not started (${near.status}). refuse to sync`, mend: mendOf(scene, startVerb(scene)) });
  const blockers = writableThere(scene, 'sync');
  if (blockers.length > 0) return refuse(...blockers);
  if (near.mode === 'Sync') return skip(`rcopy group ${rcg} is synchronous: every write is on both sides already. skip syncrcopy`);
  return { steps: ['sync'], refusals: [] };
}

/** What starts it again: behind a failover only a resync does. */
function startVerb({ near, far }: Scene): string {
  return near.role === 'Primary-Rev' && farRoleOf(far) === 'Primary' ? 'resync' : 'resume';
}

function breakOff(scene: Scene): SyncDecision {
  const { near, far, rcg, target, farRcg, rcgs } = scene;
  const source = isWritable(near.role) || far.kind !== 'group' ? near : far.group;
  if (source.status === 'Stopped') return skip(`rcopy group ${rcg} is already stopped. skip stoprcopygroup`);
  if (isWritable(near.role)) return { steps: ['stop'], refusals: [] };
  if (far.kind !== 'group')
    return refuse({
      text: `rcopy group ${rcg} is ${near.role} here, so it is stopped on ${target}, which does not answer`,
      mend: `svcmgr array show ${target}`,
    });
  if (farRcg === undefined) return refuse({ text: `target ${target} not found in rcg names (${rcgs.join(', ')})` });
  return { steps: ['stop'], refusals: [] };
}

function resume(scene: Scene): SyncDecision {
  const { near, far, rcg, target } = scene;
  if (!isWritable(near.role)) return notPrimary(scene, 'start rcopy', 'resume');
  if (near.status === 'Started') return skip(`rcopy group ${rcg} is already started. skip startrcopygroup`);
  const blockers = writableThere(scene, 'start rcopy');
  if (blockers.length > 0) return refuse(...blockers);
  if (scene.link === 'split') return refuse({ text: `the links to ${target} are down`, mend: `svcmgr array show ${target}` });
  if (far.kind === 'group') return { steps: ['start'], refusals: [] };
  const text = `${target} does not say whether rcopy group ${rcg} is writable there: its newer data would be overwritten`;
  return { steps: ['start'], refusals: [{ text, allow: 'peer-unreachable' }] };
}

/** A copy onto a side that is writable overwrites what was written there. */
function writableThere(scene: Scene, what: string): readonly Blocker[] {
  const { near, far, rcg, target } = scene;
  if (far.kind !== 'group' || !isWritable(far.group.role)) return [];
  if (near.role === 'Primary-Rev' && far.group.role === 'Primary')
    return [
      { text: `rcopy group ${rcg} is still Primary on ${target} since the failover. refuse to ${what}`, mend: mendOf(scene, 'resync') },
    ];
  return decideStart(scene).refusals;
}

function swap(scene: Scene): SyncDecision {
  const { near, rcg, target } = scene;
  if (isHalfTurned(scene)) return { steps: ['start'], refusals: [] };
  if (isWhollyTurned(scene)) return skip(`rcopy group ${rcg} is already swapped and started. skip`);
  if (isWritable(near.role))
    return refuse({
      text: `rcopy group ${rcg} role is ${near.role}. refuse to swap`,
      mend: `${mendOf(scene, 'swap')}, on a node of ${target}`,
    });
  if (scene.link === 'split')
    return refuse({ text: `the links to ${target} are down: roles cannot be swapped`, mend: `svcmgr array show ${target}` });
  const { move, refusals } = decideStart(scene);
  return { steps: move === undefined ? [] : [move, 'start'], refusals: [...refusals, ...runningThere(scene)] };
}

/** What writes over there must have ended: its disk becomes read-only, or is overwritten. */
function runningThere({ nodes }: Scene): readonly Blocker[] {
  return nodes.flatMap(({ node, state, text }): readonly Blocker[] => {
    if (state === 'down') return [];
    if (state === 'up') return [{ text: `the service is up on ${node} (${text})`, allow: 'peer-up' }];
    return [{ text: `${node} does not say whether the service is down there: ${text}`, allow: 'peer-unreachable' }];
  });
}

function resync(scene: Scene): SyncDecision {
  const { near, far, rcg, target } = scene;
  if (!isWritable(near.role)) return notPrimary(scene, 'resync', 'resync');
  if (scene.link === 'split') return refuse({ text: `the links to ${target} are down`, mend: `svcmgr array show ${target}` });
  if (far.kind !== 'group') return refuse({ text: `${target} does not answer, or has no such group`, mend: `svcmgr array show ${target}` });
  if (near.role === 'Primary-Rev' && far.group.role === 'Primary') {
    const newer =
      scene.lastStart === 'here'
        ? []
        : [
            {
              text: `the service may have been started on ${target} after rcopy group ${rcg} was failed over: what it wrote there would be lost`,
              allow: 'stale-data' as const,
            },
          ];
    return { steps: ['recover'], refusals: [...runningThere(scene), ...newer] };
  }
  if (isWritable(far.group.role)) return refuse(...decideStart(scene).refusals);
  return {
    steps: [...(near.status === 'Started' ? [] : ['start' as const]), ...(near.mode === 'Sync' ? [] : ['sync' as const])],
    refusals: [],
  };
}

/** Gives a failover up: this side becomes what it was before, and the other one, which was left as it was, is the source again. */
function revert(scene: Scene, isServiceUp: boolean): SyncDecision {
  const { near, far, rcg, target } = scene;
  if (near.role !== 'Primary-Rev') return refuse({ text: `rcopy group ${rcg} role is not Primary-Rev. refuse to revert` });
  if (isServiceUp) return refuse({ text: 'the service is up here, on the very data', mend: `svcmgr -s ${scene.service} stop` });
  if (far.kind === 'group' && !isWritable(far.group.role))
    return refuse({
      text: `rcopy group ${rcg} is ${far.group.role} on ${target}: neither side would be writable`,
      mend: `svcmgr -s ${scene.service} start, on a node of ${target}, keeps what was written here`,
    });
  const unknown: readonly Blocker[] =
    far.kind === 'group'
      ? []
      : [
          {
            text: `${target} does not say whether rcopy group ${rcg} is writable there`,
            allow: 'peer-unreachable',
            mend: `svcmgr array show ${target}`,
          },
        ];
  const lost: Blocker = { text: `what was written here since the failover of ${rcg} is lost`, allow: 'discard-writes' };
  return { steps: ['revert'], refusals: [lost, ...unknown] };
}
