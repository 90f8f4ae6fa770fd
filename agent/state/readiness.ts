/** Could a service start on a node, what would be lost, how long would it take: from plain facts (design/product.md "Readiness"). Pure. */
import type { Blocker } from '../driver/contract.ts';
import type { VerdictState } from './instance-verdict.ts';

/** A refusal with the resource it belongs to; null = the instance. */
export interface StandingBlocker extends Blocker {
  readonly rid: string | null;
}

/** When the data of a sync resource was complete on its targets, as one node knows it. */
export interface SyncFacts {
  readonly rid: string;
  readonly type: string;
  /** Its start makes a replica writable: a last update belongs behind the stop. Files are copied while they are still mounted. */
  readonly promotes: boolean;
  /** Nodes it sends to. */
  readonly targets: readonly string[];
  /** By node: the begin of the last sync of which everything arrived there (ISO 8601). */
  readonly stamps: Readonly<Record<string, string>>;
  /** By node: why a copy there would be refused now. Only where the service is up: nobody else would send. */
  readonly obstacles?: Readonly<Record<string, readonly Blocker[]>>;
}

/**
 * What stands against the last copy to a node, as the nodes know it that would send it. All of it may be waived: by its own name,
 * or by going without that copy.
 */
export function copyBlockers(node: string, known: readonly SyncFacts[], allow: readonly string[] = []): readonly StandingBlocker[] {
  const isWithout = allow.includes('stale-data');
  return known.flatMap(({ rid, obstacles = {} }) =>
    (obstacles[node] ?? []).map((one) => ({ ...one, rid, allow: isWithout ? 'stale-data' : (one.allow ?? 'stale-data') })),
  );
}

/** How long actions took that succeeded and changed something. */
export interface Duration {
  /** Null: none is known. */
  readonly medianMs: number | null;
  readonly samples: number;
}

export interface PeerState {
  readonly node: string;
  readonly state: VerdictState | 'unreachable';
  readonly text: string;
}

/**
 * running: it is up here. start: nothing is in the way. switch: only that it is up elsewhere. takeover: only that other nodes cannot be
 * asked. blocked: something must be mended first.
 */
export type Way = 'running' | 'start' | 'switch' | 'takeover' | 'blocked';

/** Refusals that end when the service is stopped where it is up: what it holds there is free then. */
const endsWithStop: ReadonlySet<string> = new Set(['peer-up', 'address-alive', 'foreign-tag', 'foreign-reservation']);

/** Refusals that `takeover` waives: what only the dead side could have answered, or holds (cli.md "Safety before a start" 3). */
export const takeoverAllowances = {
  'peer-unreachable': 'nodes of the service that do not answer may still run it',
  'stale-data': 'the data here may be older than what was written there last',
  'foreign-tag': 'volume groups still carry the tag of another node',
  'foreign-reservation': 'disks are still reserved by another node',
} as const;

export function wayOf(here: VerdictState, blockers: readonly Blocker[], peers: readonly PeerState[]): Way {
  if (here === 'up') return 'running';
  if (blockers.length === 0) return 'start';
  const isUpElsewhere = peers.some(({ state }) => state === 'up' || state === 'starting');
  if (isUpElsewhere) return blockers.every((blocker) => endsWithSwitch(blocker, peers)) ? 'switch' : 'blocked';
  return blockers.every(({ allow }) => allow !== undefined && Object.hasOwn(takeoverAllowances, allow)) ? 'takeover' : 'blocked';
}

/** This one ends by itself with the stop of a switch: nobody has to mend it. */
export function endsWithSwitch({ allow }: Blocker, peers: readonly PeerState[]): boolean {
  return allow !== undefined && endsWithStop.has(allow) && peers.some(({ state }) => state === 'up' || state === 'starting');
}

export function isReady(way: Way): boolean {
  return way === 'running' || way === 'start' || way === 'switch';
}

/** What is left of the refusals once the service is stopped where it is up. */
export function afterStop<B extends Blocker>(blockers: readonly B[]): readonly B[] {
  return blockers.filter(({ allow }) => allow === undefined || !endsWithStop.has(allow));
}

export interface DataAge {
  readonly rid: string;
  /** ISO 8601; null: never, or nobody knows. */
  readonly at: string | null;
  readonly ageMs: number | null;
}

export interface DataLoss {
  /** What would be lost by going on from the data of this node, ms; null = not known. 0: it is up here, or nothing is copied. */
  readonly ms: number | null;
  readonly syncs: readonly DataAge[];
}

/** The age of what a node has, by the newest stamp that anybody knows of each sync resource that sends to it. */
export function dataLossOn(node: string, known: readonly SyncFacts[], nowMs: number): DataLoss {
  const rids = [...new Set(known.filter(({ targets }) => targets.includes(node)).map(({ rid }) => rid))];
  const syncs = rids.map((rid): DataAge => {
    const times = known.flatMap((one) => (one.rid === rid ? timeOf(one.stamps[node]) : []));
    if (times.length === 0) return { rid, at: null, ageMs: null };
    const atMs = Math.max(...times);
    return { rid, at: new Date(atMs).toISOString(), ageMs: Math.max(0, nowMs - atMs) };
  });
  const ages = syncs.map(({ ageMs }) => ageMs);
  return { ms: ages.includes(null) ? null : Math.max(0, ...ages.map((ageMs) => ageMs ?? 0)), syncs };
}

function timeOf(stamp: string | undefined): readonly number[] {
  const ms = Date.parse(stamp ?? '');
  return Number.isNaN(ms) ? [] : [ms];
}

/** Older actions say little about the next one. */
const newestSamples = 10;

/** The median of the newest durations, which come oldest first. */
export function medianDuration(durationsMs: readonly number[]): Duration {
  const sorted = durationsMs.slice(-newestSamples).sort((a, b) => a - b);
  const high = sorted[Math.floor(sorted.length / 2)];
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  return { medianMs: high === undefined || low === undefined ? null : Math.round((low + high) / 2), samples: sorted.length };
}
