/** When a job ran last, by whomever: the scheduler's own record, and what every sync and run remembers. */
import type { JobPast } from '../state/schedule/due.ts';
import { openMemory } from './memory.ts';
import type { JobRecord } from './schedule-store.ts';
import type { World } from './world.ts';

/** What a run that began remembers of its begin comes this much later, at most. */
const sameRunMs = 5000;

export async function jobPast(world: World, service: string, rid: string, record: JobRecord): Promise<JobPast> {
  const { sinceMs, lastMs, failures, failedMs, cutMs } = record;
  const remembered = await rememberedMs(world, service, rid);
  // What a run that was cut remembered of itself is no run.
  const isCut = cutMs !== undefined && remembered !== undefined && Math.abs(remembered - cutMs) < sameRunMs;
  const both = [lastMs, isCut ? undefined : remembered].filter((one) => one !== undefined);
  return { sinceMs, failures, failedMs, ...(both.length === 0 ? {} : { lastMs: Math.max(...both) }) };
}

async function rememberedMs(world: World, service: string, rid: string): Promise<number | undefined> {
  const text = await openMemory(world, service)
    .recall(rid, 'last_run_at')
    .catch(() => undefined);
  const atMs = Date.parse(text ?? '');
  return Number.isNaN(atMs) ? undefined : atMs;
}
