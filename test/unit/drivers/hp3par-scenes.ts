/** Scenes of a remote copy group, with what a test does not say filled in: seen from the recovery side. */
import type { NamedGroup } from '../../../drivers/lib/hp3par/rcopy.ts';
import type { GroupRow, SyncState } from '../../../drivers/lib/hp3par/rows.ts';
import type { Far, FarNode, Scene } from '../../../drivers/lib/hp3par/scene.ts';

export function group(row: Partial<GroupRow> & Partial<Pick<NamedGroup, 'others'>>, states: readonly SyncState[] = ['Synced']): NamedGroup {
  return {
    name: 'MYRCG.r12345',
    target: 'hp3par1',
    others: [],
    status: 'Started',
    role: 'Secondary',
    mode: 'Periodic',
    options: [],
    lastSync: undefined,
    periodSeconds: 300,
    policies: ['auto_recover'],
    volumes: states.map((syncStatus, at) => ({
      localVV: `vv${at}`,
      localId: at,
      remoteVV: `vv${at}`,
      remoteId: at,
      syncStatus,
      syncPercent: undefined,
      lastSyncTime: '2014-03-25 13:32:11 CET',
    })),
    ...row,
  };
}

export function farGroup(row: Parameters<typeof group>[0]): Far {
  return { kind: 'group', group: group({ name: 'MYRCG', target: 'hp3par2', ...row }) };
}

export const silent: Far = { kind: 'silent', text: 'no answer' };

export function farNode(given: Partial<FarNode> = {}): FarNode {
  return { node: 'node1', state: 'down', alive: true, text: 'down', ...given };
}

export function scene(given: Partial<Scene> = {}): Scene {
  return {
    service: 'svc1',
    rid: 'sync#1',
    rcg: 'MYRCG.r12345',
    array: 'hp3par2',
    target: 'hp3par1',
    farRcg: 'MYRCG',
    rcgs: ['MYRCG.r12345', 'MYRCG'],
    link: 'joined',
    targetStatus: 'ready',
    near: group({}),
    far: farGroup({ role: 'Primary' }),
    nodes: [],
    ageMs: 10_000,
    handedOver: false,
    lastStart: 'here',
    wishes: { autoTakeover: true, forceSync: false, maxDelayMs: 300_000 },
    ...given,
  };
}
