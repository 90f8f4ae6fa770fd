/** What is remembered of scheduled jobs, across restarts and reboots: a file per service, replaced atomically. */
import { join } from 'node:path';
import { keepText, serviceFolder } from './memory.ts';
import type { World } from './world.ts';

export type RunResult = 'ok' | 'failed' | 'refused' | 'nothing';

/** Times are milliseconds since 1970. */
export interface JobRecord {
  /** When the job became known here. */
  readonly sinceMs: number;
  /** Its schedule then: another text is another job. */
  readonly schedule: string;
  /** Start of the last scheduled run that came to its end. */
  readonly lastMs?: number;
  readonly durationMs?: number;
  readonly result?: RunResult;
  readonly text?: string;
  /** Runs that failed in a row, and when the last of them began. */
  readonly failures: number;
  readonly failedMs?: number;
  /** A run that has begun; without its end it was cut. */
  readonly begunMs?: number;
  /** When the last run began, if it was cut. */
  readonly cutMs?: number;
}

export type JobRecords = Readonly<Record<string, JobRecord>>;

const scheduleFile = (world: World, service: string): string => join(serviceFolder(world, service), 'schedule.json');

/** By rid; none when the file is missing or damaged: the runs are then remembered by the drivers' memory alone. */
export async function readJobRecords(world: World, service: string): Promise<JobRecords> {
  const text = await world.doors.readText(scheduleFile(world, service)).catch(() => undefined);
  try {
    return (JSON.parse(text ?? '{}') as { jobs?: JobRecords }).jobs ?? {};
  } catch {
    return {};
  }
}

export async function keepJobRecords(world: World, service: string, jobs: JobRecords): Promise<void> {
  await keepText(world, scheduleFile(world, service), `${JSON.stringify({ jobs }, undefined, 1)}\n`, 0o644);
}

/**
 * A run that was cut has not been one: it counts as a failure, and is done again. At once after the first time: a daemon that was
 * restarted is no reason to rest; one that dies of this very run is.
 */
export function settleCut(record: JobRecord): JobRecord {
  const { begunMs, failedMs: _failed, ...rest } = record;
  if (begunMs === undefined) return record;
  const isAgain = rest.failures > 0;
  return {
    ...rest,
    failures: rest.failures + 1,
    cutMs: begunMs,
    result: 'failed',
    text: 'the daemon ended while it ran',
    ...(isAgain ? { failedMs: begunMs } : {}),
  };
}
