/** One scheduled run: remembered before it begins, an action like any other, its end remembered too. */
import { asSvcError } from '../errors.ts';
import type { ActionResult } from './action.ts';
import { jobPast } from './job-past.ts';
import { report } from './report.ts';
import type { Residence } from './resident.ts';
import type { RunResult } from './schedule-store.ts';
import { type JobsByService, type JobState, writeRecords } from './service-jobs.ts';

/** A run that found the service busy, or could not be remembered, tries again after this. */
const againMs = 10_000;

interface Ended {
  readonly result: RunResult;
  readonly text: string;
}

/** Never rejects: how it ended stands in the record and in the events. */
export async function runJob(residence: Residence, all: JobsByService, state: JobState): Promise<void> {
  const { job, missed } = state;
  const { service, resource } = job;
  const begunMs = residence.world().now().getTime();
  const before = state.record;
  const { cutMs: _cut, ...rest } = before;
  state.isDue = false;
  state.why = 'it runs';
  try {
    state.record = { ...rest, begunMs };
    await write(residence, all, state);
  } catch (thrown) {
    return postpone(residence, state, before, `not run: it could not be remembered: ${asSvcError(thrown).message}`);
  }
  const reason = missed ? `scheduled: ${job.schedule.text}; it was missed` : `scheduled: ${job.schedule.text}`;
  const ended = await attempt(residence, state, reason);
  if (ended === 'leaving') return;
  if (ended === 'busy') {
    postpone(residence, state, before, undefined);
    return write(residence, all, state).catch(() => undefined);
  }
  const isFailure = ended.result === 'failed' || ended.result === 'refused';
  const { failedMs: _failed, failures: _failures, result: _result, text: _text, ...kept } = rest;
  const { failures } = state.past;
  // The file may have changed while it ran: the schedule is that of now.
  const { schedule, sinceMs } = state.record;
  state.record = {
    ...kept,
    ...ended,
    schedule,
    sinceMs,
    lastMs: begunMs,
    durationMs: residence.world().now().getTime() - begunMs,
    ...(isFailure ? { failures: failures + 1, failedMs: begunMs } : { failures: 0 }),
  };
  state.past = await jobPast(residence.world(), service, resource.rid, state.record);
  state.askAgainMs = 0;
  if (isFailure) tell(residence, state, `failed: ${ended.text}`);
  await write(residence, all, state).catch((thrown: unknown) =>
    tell(residence, state, `how it ended is not remembered: ${asSvcError(thrown).message}`),
  );
}

/** Put off without having been a run. */
function postpone(residence: Residence, state: JobState, before: JobState['record'], text: string | undefined): void {
  state.record = before;
  state.why = text ?? 'another action is at work on the service';
  state.askAgainMs = residence.world().now().getTime() + againMs;
  if (text !== undefined) tell(residence, state, text);
}

async function attempt(residence: Residence, { job }: JobState, reason: string): Promise<Ended | 'busy' | 'leaving'> {
  try {
    const done = await residence.act(job.service, job.request, reason);
    // What the daemon's end cut is done again by the next one: its begin is remembered.
    if (done.error?.code === 'CANCELLED' && residence.signal.aborted) return 'leaving';
    return endOf(done);
  } catch (thrown) {
    const { code, message } = asSvcError(thrown);
    if (code === 'BUSY') return 'busy';
    if (code === 'CANCELLED' && residence.signal.aborted) return 'leaving';
    return { result: code === 'REFUSED' ? 'refused' : 'failed', text: message };
  }
}

function endOf({ error, steps }: ActionResult): Ended {
  if (error !== undefined) return { result: error.code === 'REFUSED' ? 'refused' : 'failed', text: error.message };
  const skipped = steps.filter(({ outcome }) => outcome === 'skipped');
  const hasNothing = steps.length > 0 && skipped.length === steps.length;
  return hasNothing ? { result: 'nothing', text: skipped.map(({ text }) => text).join('; ') } : { result: 'ok', text: 'done' };
}

async function write(residence: Residence, all: JobsByService, { job }: JobState): Promise<void> {
  const own = all.get(job.service);
  if (own !== undefined) await writeRecords(residence.world(), own);
}

function tell(residence: Residence, { job }: JobState, text: string): void {
  const { service, resource, schedule } = job;
  report(residence, { kind: 'schedule', service, rid: resource.rid, level: 'warn', text, facts: { schedule: schedule.text } });
}
