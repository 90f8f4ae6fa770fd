/** What the scheduler knows of the jobs of each service. */
import { asSvcError } from '../errors.ts';
import type { JobPast, JobQuestion } from '../state/schedule/due.ts';
import type { Zone } from '../state/schedule/zone.ts';
import type { Instance } from './instance.ts';
import { jobPast } from './job-past.ts';
import type { Job } from './jobs.ts';
import { report } from './report.ts';
import type { Residence } from './resident.ts';
import { type JobRecord, type JobRecords, keepJobRecords, readJobRecords, settleCut } from './schedule-store.ts';
import type { World } from './world.ts';

/** One job while the daemon lives; changed in place. */
export interface JobState {
  /** Another one once the file changed. */
  job: Job;
  record: JobRecord;
  past: JobPast;
  /** The schedule need not be asked before, ms since 1970. */
  askAgainMs: number;
  isDue: boolean;
  /** Due, but held off by the state of its service. */
  gated: boolean;
  dueMs: number;
  missed: boolean;
  why: string | undefined;
}

export interface ServiceJobs {
  readonly instance: Instance;
  states: readonly JobState[];
  /** Until what is remembered was read. */
  loading: Promise<void> | undefined;
  /** Writes, one after the other. */
  writing: Promise<void>;
}

export type JobsByService = Map<string, ServiceJobs>;

export function questionOf(residence: Residence, zone: Zone, { job, past }: JobState, nowMs: number): JobQuestion {
  const { name } = residence.world().node;
  return { schedule: job.schedule, name: jobName(name, job), zone, nowMs, past };
}

/** Draws the same instants here and in `print schedule`. */
export function jobName(node: string, { service, resource }: Pick<Job, 'service' | 'resource'>): string {
  return `${node}/${service}/${resource.rid}`;
}

/** Takes the jobs of a service that is new, or whose file changed; what was remembered of new ones is read. */
export function learnJobs(
  residence: Residence,
  all: JobsByService,
  service: string,
  instance: Instance,
  jobs: readonly Job[],
  learned: (states: readonly JobState[]) => void,
): void {
  const before = all.get(service);
  const own: ServiceJobs = { instance, states: [], loading: undefined, writing: before?.writing ?? Promise.resolve() };
  all.set(service, own);
  if (jobs.length === 0) return;
  own.loading = load(residence, own, jobs, before)
    .then(() => learned(own.states))
    .catch((thrown: unknown) => {
      const text = `its schedules are not known: ${asSvcError(thrown).message}`;
      report(residence, { kind: 'schedule', service, rid: null, level: 'error', text });
    })
    .finally(() => {
      own.loading = undefined;
    });
}

async function load(residence: Residence, own: ServiceJobs, jobs: readonly Job[], before: ServiceJobs | undefined): Promise<void> {
  await before?.loading;
  const world = residence.world();
  const service = own.instance.name;
  const records = await readJobRecords(world, service);
  const nowMs = world.now().getTime();
  own.states = await Promise.all(
    jobs.map(async (job) => {
      const known = before?.states.find((state) => state.job.key === job.key);
      if (known !== undefined) return renew(known, job, nowMs);
      const record = recordOf(records[job.resource.rid], job, nowMs);
      const past = await jobPast(world, service, job.resource.rid, record);
      return { job, record, past, askAgainMs: 0, isDue: false, gated: false, dueMs: nowMs, missed: false, why: undefined };
    }),
  );
  const kept = recordsOf(own.states);
  if (JSON.stringify(kept) !== JSON.stringify(records)) await writeRecords(world, own);
}

/** It may run just now: it stays the same state, so that its end is remembered. */
function renew(state: JobState, job: Job, nowMs: number): JobState {
  const { text } = job.schedule;
  if (state.record.schedule !== text) {
    state.record = { ...state.record, schedule: text, sinceMs: nowMs };
    state.past = { ...state.past, sinceMs: nowMs };
  }
  state.job = job;
  state.askAgainMs = 0;
  return state;
}

/** What is remembered of a job; new from now on when it, or its schedule, is. */
export function recordOf(known: JobRecord | undefined, { schedule: { text } }: Job, nowMs: number): JobRecord {
  if (known === undefined) return { sinceMs: nowMs, schedule: text, failures: 0 };
  const settled = settleCut(known);
  return settled.schedule === text ? settled : { ...settled, schedule: text, sinceMs: nowMs };
}

function recordsOf(states: readonly JobState[]): JobRecords {
  return Object.fromEntries(states.map(({ job, record }) => [job.resource.rid, record]));
}

/** Writes what is known of all jobs of a service; rejects when it is not on the disk. */
export async function writeRecords(world: World, own: ServiceJobs): Promise<void> {
  const written = own.writing.then(() => keepJobRecords(world, own.instance.name, recordsOf(own.states)));
  own.writing = written.catch(() => undefined);
  return written;
}
