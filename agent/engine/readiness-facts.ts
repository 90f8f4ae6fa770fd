/** What the past says of the next relocation: when data was last complete elsewhere, how long actions took. */
import { isSameNode } from '../config/scope.ts';
import { foldHistory } from '../journal/history.ts';
import type { JournalRecord } from '../journal/record.ts';
import { createObserve } from '../driver/context.ts';
import { asSvcError } from '../errors.ts';
import { type Duration, medianDuration, type SyncFacts } from '../state/readiness.ts';
import { withDeadline } from './deadline.ts';
import type { Resource } from './instance.ts';
import { recordsOf } from './recover.ts';
import { contextInput, type Run } from './run.ts';
import type { World } from './world.ts';

/** Every sync resource with what this node remembers: drivers keep `last_sync_NODE` (spec/storage-drivers.md §6.1). */
export async function syncFacts(run: Run, signal: AbortSignal): Promise<readonly SyncFacts[]> {
  const syncs = run.instance.resources.filter(({ group, traits, rid }) => group === 'sync' && !traits.disabled && rid !== configSync);
  return Promise.all(syncs.map((resource) => factsOf(run, resource, signal)));
}

/** It carries the service file, not data. */
export const configSync = 'sync#i0';

async function factsOf(run: Run, resource: Resource, signal: AbortSignal): Promise<SyncFacts> {
  const { nodes, drpnodes } = run.instance.definition.settings;
  const { rid, type, driver, config } = resource;
  const roles = Array.isArray(config['target']) ? config['target'] : ['nodes', 'drpnodes'];
  const members = [...new Set([...nodes, ...drpnodes])];
  const targets = [...(roles.includes('nodes') ? nodes : []), ...(roles.includes('drpnodes') ? drpnodes : [])];
  const told = await storageStamps(run, resource, signal);
  const stamps = await Promise.all(members.map(async (node) => [node, later(await recallStamp(run, rid, node), told[node])] as const));
  return {
    rid,
    type,
    promotes: driver.promotes === true,
    targets: members.filter((node) => targets.includes(node)),
    stamps: Object.fromEntries(stamps.filter((entry): entry is [string, string] => entry[1] !== undefined)),
  };
}

const askMs = 30_000;

/** What the storage itself says; nothing when it cannot be asked: an age that is not known is said to be unknown. */
async function storageStamps(run: Run, resource: Resource, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
  const ask = resource.driver.lastSyncs;
  if (ask === undefined) return {};
  try {
    return await withDeadline(signal, askMs, 'last syncs', (inner) => ask(createObserve(contextInput(run, resource, inner))));
  } catch (thrown) {
    signal.throwIfAborted();
    run.log(resource.rid).debug(`tells no last sync: ${asSvcError(thrown).message}`);
    return {};
  }
}

/** ISO 8601 of the same zone: their order is that of the texts. */
function later(a: string | undefined, b: string | undefined): string | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a;
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
