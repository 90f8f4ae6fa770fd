/** Aggregation of 10,000 resources, as 1,000 services of ten and as one service. */
import { type AggregateResource, aggregateInstance } from '../agent/state/aggregate.ts';
import { statuses } from '../agent/state/status.ts';
import { type Bench, measure } from './lib/measure.ts';

const count = 10_000;
const groups = ['ip', 'vg', 'fs', 'app', 'app', 'task', 'sync', 'container', 'fs', 'share'] as const;

function makeResources(): readonly AggregateResource[] {
  return Array.from({ length: count }, (_, at) => ({
    rid: `${groups[at % groups.length]}#${at}`,
    group: groups[at % groups.length] ?? 'fs',
    status: statuses[(at * 7) % statuses.length] ?? 'up',
    optional: at % 11 === 0,
    disabled: at % 13 === 0,
    standby: at % 17 === 0,
    notes: at % 5 === 0 ? [{ level: 'warn', text: 'slow' } as const] : [],
    provisioned: at % 3 === 0,
  }));
}

/** The least anybody can do: look at every status once and keep a count of each. */
function countStatuses(resources: readonly AggregateResource[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { status } of resources) counts.set(status, (counts.get(status) ?? 0) + 1);
  return counts;
}

export async function bench(): Promise<Bench> {
  const resources = makeResources();
  const services = Array.from({ length: count / 10 }, (_, at) => resources.slice(at * 10, at * 10 + 10));
  const rows = await measure(
    [
      { name: 'floor: count the statuses', isFloor: true, run: () => countStatuses(resources) },
      { name: '1,000 services of ten', run: () => services.map((service) => aggregateInstance(service)) },
      { name: 'one service of 10,000', run: () => aggregateInstance(resources) },
    ],
    { rounds: 100, warmUps: 20 },
  );
  return { title: `aggregation of ${count} resources`, rows };
}
