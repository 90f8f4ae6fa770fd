/** May this side be made writable now, how, and what speaks against it (spec/cli.md "Safety before a start", spec/hp3par.md §4). Pure. */
import type { Blocker } from '../../../agent/driver/contract.ts';
import { farRoleOf, isSourceOfAll, type Scene, severalTargets, signsOfLife, silence } from './scene.ts';
import { type Move, type Obstacle, startTable } from './start-table.ts';

export interface Decision {
  /** Undefined: nothing that we could do is right. */
  readonly move: Move | undefined;
  readonly refusals: readonly Blocker[];
  /** Worth saying although it goes on. */
  readonly remarks: readonly string[];
  /** Why the other side counts as dead, when the move rests on that. */
  readonly evidence: readonly string[];
}

export function decideStart(scene: Scene): Decision {
  const several = severalTargets(scene);
  if (several !== undefined) {
    const nothing = { remarks: [], evidence: [] };
    return isSourceOfAll(scene)
      ? { move: 'none', refusals: [], ...nothing }
      : { move: undefined, refusals: [{ text: several }], ...nothing };
  }
  const cell = startTable[scene.link][scene.near.role][farRoleOf(scene.far)];
  if ('obstacle' in cell) return { move: undefined, refusals: [obstacleOf(scene, cell.obstacle)], remarks: [], evidence: [] };
  const { move } = cell;
  const refusals = { none: keeping, reverse: turning, 'reverse-current': turning, failover: takingOver, 'reverse-local': takingOver }[move](
    scene,
  );
  const rests = move === 'failover' || move === 'reverse-local';
  return { move, refusals, remarks: remarksOf(scene, move), evidence: rests && signsOfLife(scene).length === 0 ? silence(scene) : [] };
}

function obstacleOf(scene: Scene, obstacle: Obstacle): Blocker {
  const { service, rcg, array, target, near, far } = scene;
  const there = `${farRoleOf(far)} on ${target}`;
  const verb = (name: string) => `svcmgr -s ${service} sync ${name} --rid ${scene.rid}`;
  switch (obstacle) {
    case 'older':
      return {
        text: `rcopy group ${rcg} was failed over: it is ${near.role} here and ${there}, and what was written there since is not here`,
        mend: `${verb('resync')}, on a node of ${target}, brings it here; ${verb('revert')} there gives it up`,
      };
    case 'both':
      return {
        text: `rcopy group ${rcg} is writable on both arrays (${near.role} on ${array}, ${there}): which side is newer cannot be told`,
        mend: 'decide which side to give up, then setrcopygroup reverse -local -current there',
      };
    case 'no-primary':
      return {
        text: `rcopy group ${rcg} is writable on neither array (${near.role} on ${array}, ${there})`,
        mend: 'showtask, on both arrays: wait for what runs; setrcopygroup reverse -natural, when nothing does',
      };
    case 'mixed':
      return {
        text: `rcopy group ${rcg} is ${near.role} on ${array} and ${there}: its directions do not fit together`,
        mend: 'setrcopygroup reverse -local -natural on one of the arrays',
      };
    case 'unstoppable':
      return {
        text: `the links to ${target} are up, so rcopy group ${rcg} must be stopped there first, and ${whyUnstoppable(scene)}`,
        mend: `svcmgr array show ${target}`,
      };
  }
}

function whyUnstoppable({ far, target }: Scene): string {
  return far.kind === 'absent' ? `${target} has no such group` : `${target} does not answer${'text' in far ? `: ${far.text}` : ''}`;
}

/** Nothing is to be changed: is this side really the newer one, and will it take writes? */
function keeping(scene: Scene): readonly Blocker[] {
  const { rcg, array, target, near, far, nodes, lastStart } = scene;
  const isUnproven = far.kind !== 'group' && near.status !== 'Started' && nodes.some(({ alive }) => alive);
  const isOvertaken = near.role === 'Primary-Rev' && farRoleOf(far) === 'Primary' && lastStart === 'there';
  const where = lastStart === 'there' ? `it was started there last` : `nobody knows where it was started last`;
  return [
    ...frozen(scene),
    ...(isOvertaken
      ? [
          {
            text: `rcopy group ${rcg} was failed over to ${array}, but it was started on ${target} after that: what was written there is not here`,
            allow: 'stale-data' as const,
          },
        ]
      : []),
    ...(isUnproven && lastStart !== 'here'
      ? [
          {
            text: `rcopy group ${rcg} is ${near.role} and ${near.status} on ${array}, ${target} does not say whether it was failed over, and ${where}`,
            allow: 'stale-data' as const,
          },
        ]
      : []),
  ];
}

function frozen({ rcg, near, array }: Scene): readonly Blocker[] {
  if (near.status !== 'Failsafe' && near.status !== 'Backup') return [];
  return [
    { text: `rcopy group ${rcg} is ${near.status} on ${array}: it takes no writes`, mend: `setrcopygroup override ${rcg}, on ${array}` },
  ];
}

/** The links are up: the copy may be as new as the other side, and must be. */
function turning(scene: Scene): readonly Blocker[] {
  const { near, far, target, farRcg, rcgs, service } = scene;
  const remote = far.kind === 'group' ? far.group.status : near.status;
  const resume = `svcmgr -s ${service} sync resume, on a node of ${target}`;
  return [
    ...frozen(scene),
    ...(farRcg === undefined ? [{ text: `target ${target} not found in rcg names (${rcgs.join(', ')})` }] : []),
    ...incomplete(scene),
    ...(remote === 'Stopped' && !scene.handedOver
      ? [
          {
            text: `rcopy group ${scene.rcg} is stopped: what was written on ${target} since ${lastText(scene)} would be lost`,
            allow: 'stale-data' as const,
            mend: resume,
          },
        ]
      : []),
    ...(remote === 'Started' && isLate(scene)
      ? [
          {
            text: `the last sync from ${target} is too old (${lastText(scene)}): what was written there since would be lost`,
            allow: 'stale-data' as const,
            mend: `svcmgr -s ${service} sync update, on a node of ${target}`,
          },
        ]
      : []),
  ];
}

/** A planned move may ask for the last seconds too (force_sync), then the age does not matter. */
function isLate({ near, ageMs, wishes }: Scene): boolean {
  return near.mode !== 'Sync' && !wishes.forceSync && ageMs !== undefined && ageMs > wishes.maxDelayMs;
}

/** The links are down: only when nothing over there lives, or the operator knows better. */
function takingOver(scene: Scene): readonly Blocker[] {
  const { target, wishes, near } = scene;
  const signs = signsOfLife(scene);
  const broken = near.volumes.filter(({ syncStatus }) => syncStatus === 'Syncing').map(({ localVV }) => localVV);
  return [
    ...frozen(scene),
    ...incomplete(scene),
    ...(broken.length === 0
      ? []
      : [{ text: `the sync of ${broken.join(', ')} was cut: the copy may be older than it looks`, allow: 'stale-data' as const }]),
    ...(signs.length === 0
      ? []
      : [
          {
            text: `the links to ${target} are down, but the other side lives (${signs.join('; ')}): both sides would be written`,
            allow: 'split' as const,
            mend: `stop it there, or mend the links: svcmgr array show ${target}`,
          },
        ]),
    ...(signs.length === 0 && !wishes.autoTakeover
      ? [{ text: `nothing over there answers (${silence(scene).join('; ')}), and auto_takeover = no`, allow: 'peer-unreachable' as const }]
      : []),
  ];
}

/** A copy that was never complete is no copy: nothing waives that. */
function incomplete({ near: { volumes } }: Scene): readonly Blocker[] {
  const never = volumes.filter(({ syncStatus }) => syncStatus === 'New' || syncStatus === 'NotSynced').map(({ localVV }) => localVV);
  const stale = volumes.filter(({ syncStatus }) => syncStatus === 'Stale').map(({ localVV }) => localVV);
  return [
    ...(never.length === 0 ? [] : [{ text: `${never.join(', ')} was never copied completely` }]),
    ...(stale.length === 0 ? [] : [{ text: `${stale.join(', ')} is stale`, allow: 'stale-data' as const }]),
  ];
}

function remarksOf(scene: Scene, move: Move): readonly string[] {
  const { near, far, target, wishes } = scene;
  const turns = move === 'reverse' || move === 'reverse-current';
  if (turns && near.mode !== 'Sync' && !wishes.forceSync && near.status === 'Started') {
    return [`what was written on ${target} after the last sync (${lastText(scene)}) is lost`];
  }
  if (near.role === 'Primary-Rev' && farRoleOf(far) === 'Primary') {
    return [
      `${target} is Primary too, with what was there before the failover: svcmgr -s ${scene.service} sync resync makes it a copy again`,
    ];
  }
  return [];
}

function lastText({ ageMs }: Scene): string {
  return ageMs === undefined ? 'at an unknown time' : `${Math.round(ageMs / 1000)} s ago`;
}

/**
 * What keeps the other nodes from writing whatever becomes of them, in words; undefined: nothing does. The role of an array does as
 * long as the array over there says that it is not writable or can be stopped; else only when nothing over there lives.
 */
export function guardOf(scene: Scene): string | undefined {
  const { move, evidence } = decideStart(scene);
  if (move === undefined) return undefined;
  const role = `the role of rcopy group ${scene.rcg}`;
  if (scene.far.kind === 'group' && (move === 'none' || move === 'reverse' || move === 'reverse-current')) {
    return move === 'none' && scene.far.group.role.startsWith('Primary') ? undefined : role;
  }
  const isDead = signsOfLife(scene).length === 0 && scene.wishes.autoTakeover && scene.link === 'split';
  return isDead
    ? `${role}, since nothing over there answers (${(evidence.length > 0 ? evidence : silence(scene)).join('; ')}),`
    : undefined;
}
