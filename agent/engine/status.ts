/** The status of an instance: look at everything, aggregate, remember since when (spec/status.md). */
import { openJournal } from '../journal/journal.ts';
import { type Aggregate, type AggregateResource, aggregateInstance, effectiveStatus } from '../state/aggregate.ts';
import { encapStatus } from '../state/encap.ts';
import type { Status } from '../state/status.ts';
import type { ResourceStatus, StatusDocument } from '../state/status-document.ts';
import type { Note } from '../driver/contract.ts';
import type { Resource } from './instance.ts';
import { isFrozen, type KeptResource, type KeptState, nothingKept } from './kept-state.ts';
import { type Look, lookAtAll } from './look.ts';
import { aroundLooks, monitorOf } from './monitor.ts';
import { provisionedOf } from './provisioned.ts';
import type { Run } from './run.ts';

export interface StatusOptions {
  /** The caller holds the lock itself: the running action is its own, and done. */
  readonly ignoreLock?: boolean;
  /** Why the file is not valid, when the last good definition is looked at. */
  readonly invalid?: string;
  /** Looks only at these, and takes the others from `known`; those it does not know are looked at all the same. */
  readonly only?: ReadonlySet<string>;
  /** The newest look at each resource, by rid; this one's are added. */
  readonly known?: KnownLooks;
  /** False once what was looked at is history: then nothing of it is kept or journaled. */
  readonly isCurrent?: () => boolean;
}

/** Looks that overlap end in any order: the one that began last counts. */
export type KnownLooks = Map<string, Seen & { readonly begunMs: number }>;

/** Looks now; never throws for a resource. What changed since the last look is kept and journaled, as far as this user may. */
export async function evaluateStatus(run: Run, signal: AbortSignal, options: StatusOptions = {}): Promise<StatusDocument> {
  const { world, instance } = run;
  const { nodes, drpnodes } = instance.definition.settings;
  const ignoreOwn = options.ignoreLock === true;
  const before = await monitorOf(run, ignoreOwn);
  const seen = await lookAtStatus(run, signal, options);
  const kept = await run.kept.read().catch((): KeptState => nothingKept);
  const now = world.now();
  const aggregate = aggregateInstance(seen);
  const resources = Object.fromEntries(
    seen.map((one, at) => [one.rid, resourceStatus(instance.resources[at] as Resource, one, kept, now)]),
  );
  if (options.isCurrent?.() !== false) await keep(run, kept, resources, now);
  return {
    schema: 1,
    service: instance.name,
    ...totalsOf(aggregate),
    node: instance.node,
    updated: now.toISOString(),
    stale: false,
    frozen: await isFrozen(world, instance.name),
    nodes,
    drpnodes,
    configSha256: instance.configSha256,
    invalid: options.invalid ?? null,
    monitor: aroundLooks(before, await monitorOf(run, ignoreOwn)),
    resources,
    instances: {},
    unanswered: {},
    split: [],
  };
}

/** What is known of every resource, in the order of the file. */
async function lookAtStatus(run: Run, signal: AbortSignal, { only, known = new Map() }: StatusOptions): Promise<readonly Seen[]> {
  const { resources } = run.instance;
  const begunMs = performance.now();
  // A status round of its own: what an earlier one in this run was told by a tool says nothing about now.
  run.shared.forgetAll();
  const asked = resources.filter(({ rid }) => only === undefined || only.has(rid) || !known.has(rid));
  const looks = await lookAtAll(run, asked, signal);
  const seen = await Promise.all(looks.map((look, at) => seeResource(run, asked[at] as Resource, look, signal)));
  for (const one of seen) if ((known.get(one.rid)?.begunMs ?? 0) <= begunMs) known.set(one.rid, { ...one, begunMs });
  return resources.map(({ rid }) => known.get(rid) as Seen);
}

export type Seen = AggregateResource & {
  readonly shown: Status;
  readonly label: string;
  readonly facts: ResourceStatus['facts'];
  readonly notes: readonly Note[];
};

async function seeResource(run: Run, resource: Resource, look: Look, signal: AbortSignal): Promise<Seen> {
  const { disabled, standby, optional, encap } = resource.traits;
  const container = resource.container === undefined ? undefined : run.reports.get(resource.container)?.state;
  const own = { status: look.report.state, standby, disabled };
  const status = container === undefined ? effectiveStatus(own) : encapStatus(container, resource.group, effectiveStatus(own));
  return {
    rid: resource.rid,
    group: resource.group,
    status: look.report.state,
    shown: status,
    optional,
    disabled,
    standby,
    encap,
    container: resource.container ?? null,
    notes: look.report.notes ?? [],
    facts: look.report.facts ?? {},
    label: look.report.label ?? resource.label,
    provisioned: await provisionedOf(run, resource, look, signal),
  };
}

function totalsOf(aggregate: Aggregate): Pick<StatusDocument, 'overall' | 'avail' | 'optional' | 'sync' | 'hb' | 'provisioned'> {
  const { overall, avail, optional, sync, hb, provisioned } = aggregate;
  return { overall, avail, optional, sync, hb, provisioned };
}

function resourceStatus(resource: Resource, seen: Seen, kept: KeptState, now: Date): ResourceStatus {
  const before = kept.resources[resource.rid];
  const { common } = resource;
  return {
    group: resource.group,
    type: resource.type,
    label: seen.label,
    status: seen.shown,
    since: sinceWhen(seen.shown, before) ?? now.toISOString(),
    flags: {
      monitor: resource.traits.monitored,
      disable: seen.disabled,
      optional: resource.optionalInFile,
      encap: resource.traits.encap,
      standby: resource.traits.standby,
    },
    provisioned: seen.provisioned ?? null,
    notes:
      seen.shown === 'undef' && before !== undefined && before.status !== 'undef' ? [...seen.notes, lastKnown(before, now)] : seen.notes,
    facts: seen.facts,
    subset: common.subset === undefined ? null : `${resource.group}:${common.subset}`,
    tags: common.tags ?? [],
    container: resource.container ?? null,
  };
}

/** Undefined when it was another state until now. */
function sinceWhen(status: Status, before: KeptResource | undefined): string | undefined {
  if (status === 'undef' && before?.unknownSince !== undefined) return before.unknownSince;
  return before?.status === status ? before.since : undefined;
}

function lastKnown(before: { status: string; seen: string }, now: Date): Note {
  const seconds = Math.max(0, Math.round((now.getTime() - Date.parse(before.seen)) / 1000));
  return { level: 'info', text: `last known: ${before.status}, ${seconds} s ago` };
}

/** Keeps since-when and journals what changed. A reader without the right to write sees the same status all the same. */
async function keep(run: Run, kept: KeptState, resources: Readonly<Record<string, ResourceStatus>>, now: Date): Promise<void> {
  const seen = now.toISOString();
  const entries = Object.entries(resources).map(([rid, one]) => [rid, keptOf(one, kept.resources[rid], seen)] as const);
  const changed = Object.entries(resources).flatMap(([rid, { status }]) => {
    const before = kept.resources[rid];
    const from = before?.unknownSince === undefined ? (before?.status ?? 'n/a') : 'undef';
    return from === status ? [] : [{ rid, from, to: status }];
  });
  try {
    if (changed.length > 0) journalChanges(run, changed);
    await run.kept.keep(Object.fromEntries(entries));
  } catch (error) {
    run.log().debug(`status not kept: ${String(error)}`);
  }
}

/** While a state cannot be told, the last known one is what stays remembered. */
function keptOf({ status, since }: ResourceStatus, before: KeptResource | undefined, seen: string): KeptResource {
  if (status !== 'undef' || before === undefined || before.status === 'undef') return { status, since: since ?? seen, seen };
  return { ...before, unknownSince: since ?? seen };
}

function journalChanges(run: Run, changed: readonly { readonly rid: string; readonly from: string; readonly to: string }[]): void {
  const journal = openJournal({ folder: run.world.paths.journal, service: run.instance.name });
  try {
    for (const one of changed) journal.appendLazy({ kind: 'state', ...one, notes: [] });
  } finally {
    journal.close();
  }
}
