/** One line of `mon`: a service on each of its nodes. Pure. */
import type { Status } from './status.ts';
import type { InstanceStatus, StatusDocument } from './status-document.ts';

export interface MonCell {
  /** Undefined: that node was not asked, or gave no answer. */
  readonly status: Status | undefined;
  readonly frozen: boolean;
  /** The figures are older than they should be. */
  readonly stale: boolean;
  readonly interrupted: boolean;
}

export interface MonRow {
  readonly service: string;
  readonly overall: Status;
  /** By node, in the order of preference. */
  readonly nodes: Readonly<Record<string, MonCell>>;
  /** What runs now, and where; null when nothing does. */
  readonly doing: string | null;
  /** ISO 8601. */
  readonly updated: string;
  readonly stale: boolean;
  /** Why it is not up: the worst resource and its first note; null when there is nothing to say. */
  readonly why: string | null;
}

export function monRow(document: StatusDocument): MonRow {
  const { service, overall, node, nodes, drpnodes, instances, updated, stale, split } = document;
  const known = new Map<string, InstanceStatus>([...Object.entries(instances), [node, document]]);
  const names = [...new Set([...nodes, ...drpnodes, ...known.keys()])];
  const cells = names.map((name) => [name, cellOf(known.get(name))] as const);
  return {
    service,
    overall,
    nodes: Object.fromEntries(cells),
    doing: doingOf(known, node),
    updated,
    stale,
    why: split.length > 0 ? `split: up on ${split.join(' and ')}` : whyOf(document),
  };
}

function cellOf(instance: InstanceStatus | undefined): MonCell {
  if (instance === undefined) return { status: undefined, frozen: false, stale: false, interrupted: false };
  const { overall, frozen, stale, monitor } = instance;
  return { status: overall, frozen, stale, interrupted: monitor.interrupted !== null };
}

function doingOf(known: ReadonlyMap<string, InstanceStatus>, own: string): string | null {
  const busy = [...known].flatMap(([node, { monitor }]) => {
    if (monitor.action !== null) return [node === own ? monitor.state : `${monitor.state} on ${node}`];
    return monitor.interrupted === null ? [] : [`${monitor.interrupted.verb} interrupted${node === own ? '' : ` on ${node}`}`];
  });
  return busy.length === 0 ? null : busy.join(', ');
}

const rank = { up: 0, 'stdby up': 0, 'n/a': 0, 'stdby down': 1, warn: 2, down: 3, undef: 4 } as const satisfies Record<Status, number>;

function whyOf({ overall, resources, invalid }: StatusDocument): string | null {
  if (invalid !== null) return 'the service file is not valid';
  if (rank[overall] < 2) return null;
  const [worst] = Object.entries(resources).sort(([, a], [, b]) => rank[b.status] - rank[a.status]);
  if (worst === undefined || rank[worst[1].status] === 0) return null;
  const note = worst[1].notes[0]?.text;
  return `${worst[0]} ${worst[1].status}${note === undefined ? '' : `: ${note}`}`;
}
