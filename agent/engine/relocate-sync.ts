/** The last sync of a relocation, so that nothing is lost: files while they are still mounted, replicas once they are let go. */
import { isSameNode } from '../config/scope.ts';
import { canonicalGroup } from '../state/groups.ts';
import { isDown } from '../state/status.ts';
import type { SyncFacts } from '../state/readiness.ts';
import type { ReadinessReport } from './readiness.ts';
import type { Relocation } from './relocate.ts';
import { mustNotRefuse } from './relocate-refusal.ts';
import { order, tryOrder } from './relocate-order.ts';
import { readinessOf } from './sites.ts';
import type { SurveyedNode } from './survey.ts';

export interface SyncScene {
  readonly from: string;
  readonly to: string;
  readonly nodes: readonly SurveyedNode[];
  readonly source: ReadinessReport;
}

/** What writes: it is stopped before the last copy, what it writes to stays. */
const writers: ReadonlySet<string> = new Set(['app', 'container', 'share']);

/** @throws SvcError REFUSED, by `stale-data`, when not everything arrived */
export async function copyFiles(relocation: Relocation, scene: SyncScene): Promise<void> {
  const syncs = syncsTo(scene, false);
  if (syncs.length === 0) return;
  const rids = writersOf(scene);
  if (rids.length > 0) await order(relocation, 'quiesce', scene.from, { verb: 'stop', rids });
  await lastSync(relocation, scene, syncs);
}

/** @throws SvcError REFUSED, by `stale-data`, when not everything arrived */
export async function updateReplicas(relocation: Relocation, scene: SyncScene): Promise<void> {
  const syncs = syncsTo(scene, true);
  if (syncs.length > 0) await lastSync(relocation, scene, syncs);
}

function syncsTo({ source, to }: SyncScene, promotes: boolean): readonly SyncFacts[] {
  return source.syncs.filter((sync) => sync.promotes === promotes && sync.targets.some((node) => isSameNode(node, to)));
}

/** Standby ones run on every node: they belong to the node, not to the instance that goes. */
function writersOf({ nodes, from }: SyncScene): readonly string[] {
  const resources = nodes.find(({ node }) => node === from)?.status?.resources ?? {};
  return Object.entries(resources).flatMap(([rid, { group, flags, status, container }]) => {
    const writes = writers.has(canonicalGroup(group)) || (container !== null && canonicalGroup(group) === 'task');
    return writes && !flags.standby && !flags.disable && !isDown(status) ? [rid] : [];
  });
}

async function lastSync(relocation: Relocation, scene: SyncScene, syncs: readonly SyncFacts[]): Promise<void> {
  const rids = syncs.map(({ rid }) => rid);
  const failure = await attemptSync(relocation, scene, rids);
  if (relocation.request.dryRun) return;
  const late = await withoutNewStamp(relocation, scene, syncs);
  if (late.length === 0) return;
  const text = `${scene.to} did not get the last copy of ${late.join(', ')}${failure === undefined ? '' : `: ${failure}`}`;
  const mend = `svcmgr -s ${relocation.run.instance.name} sync update --rid ${late.join(',')}, on ${scene.from}`;
  mustNotRefuse(relocation, [{ text, allow: 'stale-data', mend }]);
}

/** Whether it failed is decided by what arrived: another target that failed is no reason to stay. */
async function attemptSync(relocation: Relocation, { from }: SyncScene, rids: readonly string[]): Promise<string | undefined> {
  const acted = await tryOrder(relocation, 'last sync', from, { verb: 'sync update', rids, allow: ['quiesced'] });
  return acted.error?.message;
}

async function withoutNewStamp(
  { run, signal }: Relocation,
  { from, to }: SyncScene,
  before: readonly SyncFacts[],
): Promise<readonly string[]> {
  const after = await readinessOf(run, from, signal);
  const stampOf = (sync: SyncFacts | undefined) => Object.entries(sync?.stamps ?? {}).find(([node]) => isSameNode(node, to))?.[1];
  return before.flatMap((sync) => {
    const now = stampOf(after.syncs.find(({ rid }) => rid === sync.rid));
    return now === undefined || now === stampOf(sync) ? [sync.rid] : [];
  });
}
