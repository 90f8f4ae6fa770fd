/** What is scheduled, for people: next, last, how it went, why not now. The same with a daemon and without one. */
import { decideDue } from '../state/schedule/due.ts';
import type { Zone } from '../state/schedule/zone.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { Instance } from './instance.ts';
import { jobPast } from './job-past.ts';
import { type Job, jobsOf, whyNotJob } from './jobs.ts';
import { type JobRecord, readJobRecords } from './schedule-store.ts';
import { jobName, recordOf } from './service-jobs.ts';
import type { World } from './world.ts';

/** Times are ISO 8601. */
export interface ScheduleRow {
  readonly service: string;
  readonly rid: string;
  readonly schedule: string;
  readonly last: string | null;
  /** How the last run ended, whoever began it; `running`; `not known` when nobody could remember it; null when there was none. */
  readonly result: string | null;
  readonly next: string | null;
  /** Why it does not run now; null when it is due. */
  readonly why: string | null;
  /** Runs that failed in a row. */
  readonly failures: number;
}

export async function scheduleRows(
  world: World,
  instance: Instance,
  status: StatusDocument | undefined,
  zone: Zone,
): Promise<readonly ScheduleRow[]> {
  const records = await readJobRecords(world, instance.name);
  return Promise.all(jobsOf(instance).map((job) => rowOf({ world, instance, status, zone }, job, records[job.resource.rid])));
}

interface Asked {
  readonly world: World;
  readonly instance: Instance;
  readonly status: StatusDocument | undefined;
  readonly zone: Zone;
}

async function rowOf({ world, instance, status, zone }: Asked, job: Job, known: JobRecord | undefined): Promise<ScheduleRow> {
  const { service, resource, schedule } = job;
  const nowMs = world.now().getTime();
  const record = recordOf(known, job, nowMs);
  const past = await jobPast(world, service, resource.rid, record);
  const { byHand } = past;
  const hasBegun = known?.begunMs !== undefined || (byHand !== undefined && byHand.result === undefined);
  const isRunning = hasBegun && status?.monitor.action !== null;
  const due = decideDue({ schedule, name: jobName(world.node.name, job), zone, nowMs, past });
  const gate = whyNotJob(world, instance, status, job);
  return {
    service,
    rid: resource.rid,
    schedule: schedule.text,
    last: iso(past.lastMs),
    result: isRunning ? 'running' : byHand === undefined ? resultText(record) : (byHand.result ?? 'not known'),
    next: due.kind === 'never' ? null : iso(due.kind === 'later' ? due.atMs : nowMs),
    why: isRunning ? 'it runs' : (gate ?? (due.kind === 'due' ? null : due.why)),
    failures: past.failures,
  };
}

function iso(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}

function resultText({ result, text, failures }: JobRecord): string | null {
  if (result === undefined) return null;
  if (result === 'ok') return 'ok';
  const often = failures > 1 ? ` ${failures} times` : '';
  return `${result}${often}${text === undefined ? '' : `: ${text}`}`;
}
