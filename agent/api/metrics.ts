/**
 * Metrics of the services of this node (spec/status.md "Scraping"). Labels are names of the configuration and words of tables, nothing
 * that grows by itself and nothing secret. Figures that are old are shown as `undef`: a scrape has no other way to say that it cannot tell.
 */
import { durationBounds, results, sumOfActions, type Tally } from '../engine/tally.ts';
import { type Status, statuses } from '../state/status.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { type Family, familyText, type Labels, sampleText } from './exposition.ts';

export interface MetricSource {
  readonly service: string;
  /** Undefined while nothing is known. */
  readonly status: StatusDocument | undefined;
  readonly tally: Tally;
}

export interface Build {
  readonly version: string;
  readonly node: string;
}

export interface Metrics {
  /** The whole text. What did not change since the text before is not rendered anew. */
  render(sources: readonly MetricSource[], build: Build, nowMs: number): string;
}

const families = {
  build: { name: 'svcmgr_build_info', type: 'gauge', help: 'Always 1; the version of the agent.' },
  service: {
    name: 'svcmgr_service_status',
    type: 'gauge',
    help: 'Overall status of the service on this node: 1 for the state it is in, 0 for the others; undef also when the figures are old.',
  },
  resource: {
    name: 'svcmgr_resource_status',
    type: 'gauge',
    help: 'Always 1, for the state that the resource is in; undef also when the figures are old.',
  },
  age: { name: 'svcmgr_status_age_seconds', type: 'gauge', help: 'Since the status of the service was evaluated; +Inf when it never was.' },
  syncAge: { name: 'svcmgr_sync_age_seconds', type: 'gauge', help: 'Age of the data that the last sync brought to a node.' },
  syncBytes: { name: 'svcmgr_sync_bytes_total', type: 'counter', help: 'Bytes that syncs of the resource have sent from this node.' },
  actions: { name: 'svcmgr_action_total', type: 'counter', help: 'Actions on services of this node, by verb and how they ended.' },
  durations: { name: 'svcmgr_action_duration_seconds', type: 'histogram', help: 'How long actions took, by verb.' },
} as const satisfies Record<string, Family>;

/** The lines of one service that only change with its looks. */
interface Kept {
  readonly resources: StatusDocument['resources'] | undefined;
  readonly overall: Status;
  readonly stale: boolean;
  readonly service: string;
  readonly resource: string;
}

export function createMetrics(): Metrics {
  let kept = new Map<string, Kept>();
  return {
    render(sources, build, nowMs) {
      const next = new Map<string, Kept>();
      for (const source of sources) next.set(source.service, keptOf(kept.get(source.service), source, build.node));
      // Services that are gone are forgotten with the text before.
      kept = next;
      const all = [...next.values()];
      return [
        familyText(families.build, sampleText(families.build.name, { version: build.version, node: build.node }, 1)),
        familyText(families.service, all.map(({ service }) => service).join('')),
        familyText(families.resource, all.map(({ resource }) => resource).join('')),
        familyText(families.age, sources.map((source) => ageText(source, build.node, nowMs)).join('')),
        familyText(families.syncAge, sources.map((source) => syncAges(source, build.node, nowMs)).join('')),
        familyText(families.syncBytes, sources.map((source) => syncBytes(source, build.node)).join('')),
        ...actionTexts(sources.map(({ tally }) => tally)),
      ].join('');
    },
  };
}

function keptOf(before: Kept | undefined, { service, status }: MetricSource, node: string): Kept {
  const stale = status?.stale !== false;
  const overall = status === undefined || stale ? 'undef' : status.overall;
  if (before !== undefined && before.resources === status?.resources && before.overall === overall && before.stale === stale) return before;
  const { name } = families.service;
  const states = statuses.map((state) => sampleText(name, { service, node, state }, state === overall ? 1 : 0));
  const resources = Object.entries(status?.resources ?? {}).map(([rid, one]) =>
    sampleText(families.resource.name, { service, node, rid, type: one.type, state: stale ? 'undef' : one.status }, 1),
  );
  return { resources: status?.resources, overall, stale, service: states.join(''), resource: resources.join('') };
}

function ageText({ service, status }: MetricSource, node: string, nowMs: number): string {
  const seconds = status === undefined ? Number.POSITIVE_INFINITY : ageSeconds(status.updated, nowMs);
  return sampleText(families.age.name, { service, node }, seconds);
}

/** A moment that lies ahead is one of a clock that was set: no age. */
function ageSeconds(iso: string, nowMs: number): number {
  return Math.max(0, (nowMs - Date.parse(iso)) / 1000);
}

const stamp = /^last_sync_(.+)$/;

/** Drivers keep when each target got its data in facts of that name (spec/storage-drivers.md §6.1). */
function syncAges({ service, status }: MetricSource, node: string, nowMs: number): string {
  return Object.entries(status?.resources ?? {})
    .flatMap(([rid, { group, facts }]) => {
      if (group !== 'sync') return [];
      return Object.entries(facts).flatMap(([fact, value]) => {
        const target = stamp.exec(fact)?.[1];
        if (target === undefined || typeof value !== 'string' || Number.isNaN(Date.parse(value))) return [];
        return [sampleText(families.syncAge.name, { service, node, rid, target }, ageSeconds(value, nowMs))];
      });
    })
    .join('');
}

function syncBytes({ service, tally }: MetricSource, node: string): string {
  return Object.entries(tally.bytes)
    .map(([rid, bytes]) => sampleText(families.syncBytes.name, { service, node, rid }, bytes))
    .join('');
}

function actionTexts(tallies: readonly Tally[]): readonly string[] {
  const sums = [...sumOfActions(tallies)];
  const { actions, durations } = families;
  const counts = sums.flatMap(([verb, sum]) =>
    results.map((result) => sampleText(actions.name, { verb, result }, sum.results[result] ?? 0)),
  );
  const classes = sums.flatMap(([verb, { classes: own, seconds }]) => {
    let below = 0;
    const buckets = [...durationBounds.map(String), '+Inf'].map((le, index) => {
      below += own[index] ?? 0;
      return sampleText(`${durations.name}_bucket`, { verb, le }, below);
    });
    const labels: Labels = { verb };
    return [...buckets, sampleText(`${durations.name}_sum`, labels, seconds), sampleText(`${durations.name}_count`, labels, below)];
  });
  return [familyText(actions, counts.join('')), familyText(durations, classes.join(''))];
}
