/** Is the service up here, seen by what it stands on: without app, sync, task and companions (spec/storage-drivers.md §6). */
import { type AggregateResource, aggregateInstance } from '../state/aggregate.ts';
import { canonicalGroup } from '../state/groups.ts';
import type { Status } from '../state/status.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { Instance, Resource } from './instance.ts';
import type { Run } from './run.ts';

const leftOut: ReadonlySet<string> = new Set(['app', 'sync', 'task']);

type StateOf = (rid: string) => Status | undefined;

/** From the newest reports of a run. A service of nothing but applications is judged by them. */
export function serviceState({ instance, reports }: Run): Status {
  return judge(instance.resources, (rid) => reports.get(rid)?.state);
}

/** The same, from a status. */
export function shownServiceState(instance: Instance, { resources }: Pick<StatusDocument, 'resources'>): Status {
  return judge(instance.resources, (rid) => resources[rid]?.status);
}

function judge(resources: readonly Resource[], stateOf: StateOf): Status {
  const reference = resources.filter(({ group, implied }) => !leftOut.has(group) && implied === undefined);
  const avail = availOf(reference, stateOf);
  return avail === 'n/a'
    ? availOf(
        resources.filter(({ group }) => group !== 'sync' && group !== 'task'),
        stateOf,
      )
    : avail;
}

/** Whether all that data lies on is up; what has nothing to say is no obstacle. */
export function isDataUp({ instance, reports }: Run): boolean {
  const stores = instance.resources.filter(({ group, traits }) => ['vg', 'fs'].includes(canonicalGroup(group)) && !traits.disabled);
  return stores.every(({ rid }) => ['up', 'n/a'].includes(reports.get(rid)?.state ?? 'undef'));
}

function availOf(resources: readonly Resource[], stateOf: StateOf): Status {
  return aggregateInstance(resources.map((resource) => partOf(resource, stateOf))).avail;
}

function partOf({ rid, group, traits, container }: Resource, stateOf: StateOf): AggregateResource {
  const { disabled, standby, optional, encap } = traits;
  return { rid, group, status: stateOf(rid) ?? 'undef', disabled, standby, optional, encap, container: container ?? null };
}
