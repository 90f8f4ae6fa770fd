/** Is the service up here, seen by what it stands on: without app, sync, task and companions (spec/storage-drivers.md §6). */
import { type AggregateResource, aggregateInstance } from '../state/aggregate.ts';
import { canonicalGroup } from '../state/groups.ts';
import type { Status } from '../state/status.ts';
import type { Resource } from './instance.ts';
import type { Run } from './run.ts';

const leftOut: ReadonlySet<string> = new Set(['app', 'sync', 'task']);

/** From the newest reports of a run. A service of nothing but applications is judged by them. */
export function serviceState(run: Run): Status {
  const { resources } = run.instance;
  const reference = resources.filter(({ group, implied }) => !leftOut.has(group) && implied === undefined);
  const avail = availOf(run, reference);
  return avail === 'n/a'
    ? availOf(
        run,
        resources.filter(({ group }) => group !== 'sync' && group !== 'task'),
      )
    : avail;
}

/** Whether all that data lies on is up; what has nothing to say is no obstacle. */
export function isDataUp({ instance, reports }: Run): boolean {
  const stores = instance.resources.filter(({ group, traits }) => ['vg', 'fs'].includes(canonicalGroup(group)) && !traits.disabled);
  return stores.every(({ rid }) => ['up', 'n/a'].includes(reports.get(rid)?.state ?? 'undef'));
}

function availOf(run: Run, resources: readonly Resource[]): Status {
  return aggregateInstance(resources.map((resource) => partOf(run, resource))).avail;
}

function partOf({ reports }: Run, { rid, group, traits, container }: Resource): AggregateResource {
  const { disabled, standby, optional, encap } = traits;
  return { rid, group, status: reports.get(rid)?.state ?? 'undef', disabled, standby, optional, encap, container: container ?? null };
}
