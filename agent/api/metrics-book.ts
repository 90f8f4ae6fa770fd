/** What metrics are written from, kept between two texts: in a call of the command line for one, in the daemon for all scrapes. */
import type { Resident, ResidentPart } from '../engine/resident.ts';
import { nothingDone, readTally, type Tally } from '../engine/tally.ts';
import type { World } from '../engine/world.ts';
import { createMetrics, type Metrics } from './metrics.ts';

export interface MetricsBook extends Metrics {
  tallyOf(service: string): Promise<Tally>;
}

/** Reads each tally when it is asked for. */
export function openMetricsBook(world: World): MetricsBook {
  return { ...createMetrics(), tallyOf: (service) => readTally(world, service) };
}

/** In the daemon a scrape reads nothing: each look renews the tally of its service, behind it. */
export function standingMetricsBook(world: () => World): { readonly book: MetricsBook; readonly part: ResidentPart } {
  const tallies = new Map<string, Tally>();
  const reading = new Set<string>();
  const renew = async ({ name }: Resident): Promise<void> => {
    if (reading.has(name)) return;
    reading.add(name);
    try {
      tallies.set(name, await readTally(world(), name));
    } finally {
      reading.delete(name);
    }
  };
  return {
    book: { ...createMetrics(), tallyOf: async (service) => tallies.get(service) ?? nothingDone },
    part: {
      name: 'metrics',
      onStatus: (resident) => void renew(resident),
      onGone: (service) => void tallies.delete(service),
    },
  };
}
