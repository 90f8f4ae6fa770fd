/**
 * The part of the daemon that runs syncs and tasks when their schedules say so. Each minute all jobs are gone through for those whose
 * time may come in it; each second only those are asked.
 */
import { asSvcError } from '../errors.ts';
import { chooseRuns, type DueJob } from '../state/choose-runs.ts';
import { decideDue } from '../state/schedule/due.ts';
import { openZone, type Zone } from '../state/schedule/zone.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { jobPast } from './job-past.ts';
import { runJob } from './job-run.ts';
import { jobsOf, whyNotJob } from './jobs.ts';
import { report } from './report.ts';
import type { Residence, Resident, ResidentPart } from './resident.ts';
import { type JobState, learnJobs, questionOf, type ServiceJobs } from './service-jobs.ts';

export interface Scheduler extends ResidentPart {
  /** At the begin of each minute, and when the clock was set. Returns at once. */
  minute(now: Date): void;
  /** Why a job that is due does not run: `svc1 sync#1` -> text. */
  waiting(key: string): string | undefined;
  /** Settles when no job runs and nothing is being decided. */
  idle(): Promise<void>;
}

export interface SchedulerOptions {
  /** The zone of the schedules; this machine's when not given. */
  readonly zone?: Zone;
}

/** A job that is due but may not run is asked again after this, or when the state of its service changes. */
const gatedMs = 60_000;
/** A job that waits for its turn counts as due for so long without being asked. */
const waitingMs = 30_000;
const minuteMs = 60_000;
/** A minute may be late. */
const slackMs = 5000;

interface Core {
  readonly residence: Residence;
  readonly zone: Zone;
  readonly services: Map<string, ServiceJobs>;
  readonly running: Map<string, { readonly state: JobState; readonly done: Promise<void> }>;
  /** Jobs that may become due before the next minute. */
  soon: Set<JobState>;
  lastMinuteMs: number;
  beating: Promise<void> | undefined;
}

export function createScheduler(residence: Residence, options: SchedulerOptions = {}): Scheduler {
  const core: Core = {
    residence,
    zone: options.zone ?? openZone(undefined),
    services: new Map(),
    running: new Map(),
    soon: new Set(),
    lastMinuteMs: 0,
    beating: undefined,
  };
  const idle = async (): Promise<void> => {
    for (;;) {
      const work = [
        core.beating,
        ...[...core.services.values()].map(({ loading }) => loading),
        ...[...core.running.values()].map(({ done }) => done),
      ];
      const open = work.filter((one) => one !== undefined);
      if (open.length === 0) return;
      await Promise.all(open);
    }
  };
  return {
    name: 'scheduler',
    onStatus: (resident, previous) => seen(core, resident, previous),
    minute: (now) => {
      gatherSoon(core, now.getTime());
      beat(core, now.getTime());
    },
    beat: (now) => beat(core, now.getTime()),
    onGone: (service) => {
      forget(core, service, new Set());
      core.services.delete(service);
    },
    stop: idle,
    waiting: (key) => core.services.get(key.slice(0, key.lastIndexOf(' ')))?.states.find((state) => state.job.key === key)?.why,
    idle,
  };
}

function seen(core: Core, resident: Resident, previous: StatusDocument | undefined): void {
  const { name, instance, status } = resident;
  const known = core.services.get(name);
  if (known?.instance !== instance) {
    learnJobs(core.residence, core.services, name, instance, jobsOf(instance), (states) => {
      forget(core, name, new Set(states));
      askSoon(core, states);
    });
    return;
  }
  if (previous === undefined || gateOf(previous) === gateOf(status)) return;
  askSoon(
    core,
    known.states.filter(({ gated }) => gated),
  );
}

function askSoon(core: Core, states: readonly JobState[]): void {
  for (const state of states) {
    state.askAgainMs = 0;
    core.soon.add(state);
  }
}

/** A job that is not in the file any more does not run. */
function forget({ soon }: Core, service: string, still: ReadonlySet<JobState>): void {
  for (const state of soon) if (state.job.service === service && !still.has(state)) soon.delete(state);
}

function gatherSoon(core: Core, nowMs: number): void {
  const states = [...core.services.values()].flatMap((service) => service.states);
  // What was decided on a clock that was ahead is decided anew.
  if (nowMs < core.lastMinuteMs) for (const state of states) state.askAgainMs = 0;
  core.lastMinuteMs = nowMs;
  core.soon = new Set(states.filter(({ askAgainMs, isDue }) => isDue || askAgainMs < nowMs + minuteMs + slackMs));
}

function beat(core: Core, nowMs: number): void {
  if (core.beating !== undefined || core.soon.size === 0 || core.residence.signal.aborted) return;
  core.beating = beatOnce(core, nowMs).finally(() => {
    core.beating = undefined;
  });
}

function gateOf(status: StatusDocument | undefined): string {
  return `${status?.overall} ${status?.avail} ${status?.frozen} ${status?.invalid} ${status?.monitor.action}`;
}

/** Never rejects: it runs by itself. */
async function beatOnce(core: Core, nowMs: number): Promise<void> {
  try {
    const due = [...core.soon].filter((state) => !core.running.has(state.job.key) && isDue(core, state, nowMs));
    if (due.length > 0) await startSome(core, due, nowMs);
  } catch (thrown) {
    const text = `the scheduler could not decide: ${asSvcError(thrown).message}`;
    core.residence.tell({ kind: 'schedule', service: null, rid: null, text, facts: {} });
  }
}

/** Asks the schedule only when it can have changed its mind. */
function isDue(core: Core, state: JobState, nowMs: number): boolean {
  if (nowMs < state.askAgainMs) return state.isDue;
  const due = decideDue(questionOf(core.residence, core.zone, state, nowMs));
  const hasWaited = state.isDue && due.kind !== 'due';
  if (hasWaited) tellClosed(core, state);
  state.gated = false;
  state.isDue = due.kind === 'due';
  if (due.kind !== 'due') {
    state.why = due.why;
    state.askAgainMs = due.kind === 'later' ? due.atMs : Number.POSITIVE_INFINITY;
    return false;
  }
  state.dueMs = due.dueMs;
  state.missed = due.missed;
  const resident = core.residence.get(state.job.service);
  const why =
    resident === undefined ? 'the service is not known' : whyNotJob(core.residence.world(), resident.instance, resident.status, state.job);
  state.gated = why !== undefined;
  state.isDue = why === undefined;
  state.why = why;
  state.askAgainMs = nowMs + (why === undefined ? waitingMs : gatedMs);
  return why === undefined;
}

/** A range that closes while its job waits for its turn: somebody must hear of it. */
function tellClosed({ residence }: Core, { job, why }: JobState): void {
  const text = `not run: its range closed while it waited${why === undefined ? '' : ` (${why})`}`;
  report(residence, { kind: 'schedule', service: job.service, rid: job.resource.rid, level: 'warn', text });
}

async function startSome(core: Core, due: readonly JobState[], nowMs: number): Promise<void> {
  const limit = core.residence.world().node.settings.parallel_jobs;
  const byKey = new Map(due.map((state) => [state.job.key, state]));
  const dueJobs: DueJob[] = due.map(({ job: { key, service, priority, locks }, dueMs }) => ({ key, service, priority, locks, dueMs }));
  const { start, waiting } = chooseRuns(
    dueJobs,
    [...core.running.values()].map(({ state }) => state.job),
    limit,
  );
  for (const { job, why } of waiting) (byKey.get(job.key) as JobState).why = why;
  for (const { key } of start) {
    const state = byKey.get(key) as JobState;
    if (await isStillDue(core, state, nowMs)) begin(core, state);
  }
}

/** Somebody may have run it by hand meanwhile. */
async function isStillDue(core: Core, state: JobState, nowMs: number): Promise<boolean> {
  const { job, record } = state;
  state.past = await jobPast(core.residence.world(), job.service, job.resource.rid, record);
  state.isDue = false;
  state.askAgainMs = 0;
  return isDue(core, state, nowMs);
}

function begin(core: Core, state: JobState): void {
  const done = runJob(core.residence, core.services, state).finally(() => {
    core.running.delete(state.job.key);
    if (core.services.get(state.job.service)?.states.includes(state) === true) core.soon.add(state);
  });
  core.running.set(state.job.key, { state, done });
}
