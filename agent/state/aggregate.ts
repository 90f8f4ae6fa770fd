/** From the statuses of resources to the status of the instance (spec/status.md "Aggregation"). Pure. */
import type { Note } from '../driver/contract.ts';
import { encapStatus } from './encap.ts';
import { canonicalGroup, placeOf } from './groups.ts';
import { isDown, isUp, type Merged, merge, mergeAll, type Status, settle, standbyOf } from './status.ts';

export interface AggregateResource {
  readonly rid: string;
  readonly group: string;
  /** As the driver or the engine gave it; the standby form and n/a of a disabled one are applied here too. */
  readonly status: Status;
  readonly optional: boolean;
  readonly disabled: boolean;
  readonly standby: boolean;
  readonly encap?: boolean;
  /** Rid of the container an encap resource lives in. */
  readonly container?: string | null;
  readonly notes?: readonly Note[];
  /** Undefined or null: has nothing to provision, or cannot tell; ignored. */
  readonly provisioned?: boolean | null | undefined;
}

export interface Aggregate {
  readonly avail: Status;
  readonly optional: Status;
  readonly sync: Status;
  readonly overall: Status;
  readonly hb: Status;
  /** Status per group, groups that are n/a left out. */
  readonly groups: Readonly<Record<string, Status>>;
  /** Null when no resource can say. */
  readonly provisioned: boolean | 'mixed' | null;
}

/** Aggregates one instance. Inner resources of a container are aggregated by themselves and merged into the host's. */
export function aggregateInstance(resources: readonly AggregateResource[]): Aggregate {
  const outer = resources.filter((resource) => resource.encap !== true);
  const containers = new Map(outer.map((resource) => [resource.rid, effectiveStatus(resource)]));
  const own = totalsOf(outer);
  const totals = [...innerInstances(resources, containers)].reduce(
    (host, inner) => mapTotals((key) => settle(merge(host[key], inner[key]))),
    own,
  );
  return { ...totals, groups: groupsOf(resources, containers), provisioned: provisionedOf(outer) };
}

/** The status that counts: the standby form, n/a when disabled. */
export function effectiveStatus(resource: Pick<AggregateResource, 'status' | 'standby' | 'disabled'>): Status {
  return resource.disabled ? 'n/a' : standbyOf(resource.status, resource.standby);
}

const totalKeys = ['avail', 'optional', 'sync', 'overall', 'hb'] as const;
type TotalKey = (typeof totalKeys)[number];
type TotalSet = Readonly<Record<TotalKey, Status>>;

function mapTotals(value: (key: TotalKey) => Status): TotalSet {
  return { avail: value('avail'), optional: value('optional'), sync: value('sync'), overall: value('overall'), hb: value('hb') };
}

function totalsOf(resources: readonly AggregateResource[]): TotalSet {
  const sum: Record<'avail' | 'optional' | 'sync' | 'hb' | 'side', Merged> = {
    avail: 'n/a',
    optional: 'n/a',
    sync: 'n/a',
    hb: 'n/a',
    side: 'n/a',
  };
  const add = (key: keyof typeof sum, status: Merged) => {
    sum[key] = merge(sum[key], status);
  };
  for (const resource of resources) {
    const status = effectiveStatus(resource);
    const group = canonicalGroup(resource.group);
    if (group === 'sync' || group === 'hb') add(group, status);
    if (!placeOf(group).available) add('side', degradeOnly(status));
    else add(resource.optional ? 'optional' : 'avail', status);
    if (isAlerted(resource, status)) add('side', 'warn');
  }
  const settled = { avail: settle(sum.avail), optional: settle(sum.optional), sync: settle(sum.sync), hb: settle(sum.hb) };
  return { ...settled, overall: settle(mergeAll([settled.avail, settled.optional, sum.side])) };
}

/** A sync, task, repave or hb resource never raises a service that is down; it can only degrade it. */
function degradeOnly(status: Status): Status {
  if (isUp(status)) return 'n/a';
  return isDown(status) ? 'warn' : status;
}

/**
 * A warning on a resource whose state alone tells nothing makes `overall` warn, as the peer.
 * A down resource explains itself: the note why must not turn a stopped service into warn.
 */
function isAlerted(resource: AggregateResource, status: Status): boolean {
  if (resource.disabled || !(isUp(status) || status === 'n/a')) return false;
  return (resource.notes ?? []).some((note) => note.level !== 'info');
}

function* innerInstances(resources: readonly AggregateResource[], containers: ReadonlyMap<string, Status>): Generator<TotalSet> {
  const byContainer = new Map<string, AggregateResource[]>();
  for (const resource of resources) {
    if (resource.encap !== true) continue;
    const inner = byContainer.get(resource.container ?? '') ?? [];
    inner.push({ ...resource, status: innerStatus(resource, containers) });
    byContainer.set(resource.container ?? '', inner);
  }
  for (const inner of byContainer.values()) yield totalsOf(inner);
}

function innerStatus(resource: AggregateResource, containers: ReadonlyMap<string, Status>): Status {
  return encapStatus(containers.get(resource.container ?? '') ?? 'n/a', resource.group, resource.status);
}

function groupsOf(resources: readonly AggregateResource[], containers: ReadonlyMap<string, Status>): Record<string, Status> {
  const sums = new Map<string, Merged>();
  for (const resource of resources) {
    const group = canonicalGroup(resource.group);
    const status = resource.encap === true ? innerStatus(resource, containers) : resource.status;
    sums.set(group, merge(sums.get(group) ?? 'n/a', effectiveStatus({ ...resource, status })));
  }
  return Object.fromEntries([...sums].flatMap(([group, sum]) => (sum === 'n/a' ? [] : [[group, settle(sum)]])));
}

function provisionedOf(resources: readonly AggregateResource[]): boolean | 'mixed' | null {
  const known = resources
    .flatMap((resource) => (resource.disabled ? [] : [resource.provisioned ?? undefined]))
    .filter((value) => value !== undefined);
  if (known.length === 0) return null;
  if (known.every((value) => value)) return true;
  return known.some((value) => value) ? 'mixed' : false;
}
