/** What the past says of the next relocation: when data was last complete elsewhere, how long actions took. */
import { isSameNode } from '../config/scope.ts';
import { foldHistory } from '../journal/history.ts';
import type { JournalRecord } from '../journal/record.ts';
import { type Duration, medianDuration, type SyncFacts } from '../state/readiness.ts';
import type { Resource } from './instance.ts';
import { recordsOf } from './recover.ts';
import type { Run } from './run.ts';
import type { World } from './world.ts';

/** Every sync resource with what this node remembers: drivers keep `last_sync_NODE` (spec/storage-drivers.md §6.1). */
export async function syncFacts(run: Run): Promise<readonly SyncFacts[]> {
  const syncs = run.instance.resources.filter(({ group, traits, rid }) => group === 'sync' && !traits.disabled && rid !== configSync);
  return Promise.all(syncs.map((resource) => factsOf(run, resource)));
}

/** It carries the service file, not data. */
export const configSync = 'sync#i0';

async function factsOf(run: Run, resource: Resource): Promise<SyncFacts> {
  const { nodes, drpnodes } = run.instance.definition.settings;
  const { rid, type, driver, config } = resource;
  const roles = Array.isArray(config['target']) ? config['target'] : ['nodes', 'drpnodes'];
  const members = [...new Set([...nodes, ...drpnodes])];
  const targets = [...(roles.includes('nodes') ? nodes : []), ...(roles.includes('drpnodes') ? drpnodes : [])];
  const stamps = await Promise.all(members.map(async (node) => [node, await recallStamp(run, rid, node)] as const));
  return {
    rid,
    type,
    promotes: driver.promotes === true,
    targets: members.filter((node) => targets.includes(node)),
    stamps: Object.fromEntries(stamps.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

/** A node is remembered by the name of the file, or by the one it has itself. */
async function recallStamp(run: Run, rid: string, node: string): Promise<string | undefined> {
  const own = isSameNode(node, run.instance.node) ? run.instance.node : node;
  return (await run.memory.recall(rid, `last_sync_${node}`)) ?? (await run.memory.recall(rid, `last_sync_${own}`));
}

/** Whole actions of this kind that succeeded and changed something; a journal that cannot be read knows none. */
export async function actionDurations(world: World, service: string, verb: 'start' | 'stop'): Promise<Duration> {
  const records = await recordsOf(world, service).catch((): readonly JournalRecord[] => []);
  const partial = new Set(records.flatMap((record) => (record.kind === 'begin' && isPartial(record.options) ? [record.sid] : [])));
  const done = foldHistory(records).filter((entry) => entry.verb === verb && entry.result === 'ok' && !partial.has(entry.sid));
  return medianDuration(done.flatMap(({ changed, durationMs }) => (changed.length > 0 && durationMs !== undefined ? [durationMs] : [])));
}

/** Options that name only some of the resources. */
const selections = ['rid', 'tag', 'subset', 'upto', 'downto'] as const;

function isPartial(options: Readonly<Record<string, unknown>>): boolean {
  return selections.some((name) => options[name] !== undefined);
}
