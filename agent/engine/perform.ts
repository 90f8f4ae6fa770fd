/** One resource, one verb: look, decide, triggers, driver, verify. */
import type { State } from '../driver/contract.ts';
import { defaultLimits } from '../driver/limits.ts';
import { SvcError } from '../errors.ts';
import { type Status, standbyOf } from '../state/status.ts';
import { describeMissing, missingRequirements } from '../state/requirements.ts';
import { type Action, actOn, type StepResult } from './action-state.ts';
import { withFirmDeadline } from './deadline.ts';
import type { Resource } from './instance.ts';
import { type Look, lookAt } from './look.ts';
import { runTriggers } from './triggers.ts';

/** What a walk does to each resource it reaches. */
export type Step = 'start' | 'stop' | 'provision' | 'unprovision' | 'run';

/** A command that is being ended needs this long before we stop waiting for it. */
const graceMs = 8_000;

/** Performs one step; throws when it failed (the walk decides whether that ends it). */
export async function perform(action: Action, resource: Resource, step: Step, signal: AbortSignal): Promise<StepResult> {
  const done = performers[step];
  return done(action, resource, signal);
}

const performers = { start, stop, provision, unprovision, run } as const satisfies Record<Step, unknown>;

async function start(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const before = await lookAt(action.run, resource, signal);
  if (before.report.state === 'up') return { rid, outcome: 'unchanged', text: 'already up' };
  if (driver.start === undefined) return { rid, outcome: 'skipped', text: 'nothing to start' };
  checkRequirements(action, resource, resource.common.start_requires);
  noteReached(action, resource, before);
  const changes = action.ledger.count();
  await runTriggers(action, 'pre', 'start', resource, signal);
  await limited(action, resource, 'start', signal, (inner) => driver.start?.(actOn(action, resource, inner)) ?? Promise.resolve());
  await verify(action, resource, 'start', ['up', 'warn', 'n/a'], signal);
  await runTriggers(action, 'post', 'start', resource, signal);
  return result(action, rid, changes, 'started');
}

async function stop(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  if (driver.stop === undefined) return { rid, outcome: 'skipped', text: 'nothing to stop' };
  checkRequirements(action, resource, resource.common.stop_requires);
  const before = await lookAt(action.run, resource, signal);
  const changes = action.ledger.count();
  // A resource that is down may still be half-started: the driver is asked all the same, triggers are not.
  const wasDown = before.report.state === 'down';
  if (!wasDown) await runTriggers(action, 'pre', 'stop', resource, signal);
  await limited(action, resource, 'stop', signal, (inner) => driver.stop?.(actOn(action, resource, inner)) ?? Promise.resolve());
  if (action.ledger.count() > changes) await verify(action, resource, 'stop', ['down', 'warn', 'n/a'], signal);
  else if (before.report.state === 'undef') throw cannotTell(rid, before);
  if (!wasDown) await runTriggers(action, 'post', 'stop', resource, signal);
  return result(action, rid, changes, 'stopped');
}

async function provision(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const changes = action.ledger.count();
  const make = driver.provision;
  if (make !== undefined && !((await driver.provisioned?.(actOn(action, resource, signal))) ?? false)) {
    await runTriggers(action, 'pre', 'provision', resource, signal);
    await limited(action, resource, 'provision', signal, (inner) => make(actOn(action, resource, inner)));
    await runTriggers(action, 'post', 'provision', resource, signal);
  }
  await start(action, resource, signal);
  return result(action, rid, changes, 'provisioned');
}

async function unprovision(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const changes = action.ledger.count();
  const destroy = driver.unprovision;
  await stop(action, resource, signal);
  if (destroy !== undefined) {
    await runTriggers(action, 'pre', 'unprovision', resource, signal);
    await limited(action, resource, 'unprovision', signal, (inner) => destroy(actOn(action, resource, inner)));
    await runTriggers(action, 'post', 'unprovision', resource, signal);
  }
  return result(action, rid, changes, 'unprovisioned');
}

async function run(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const task = driver.run;
  if (task === undefined) return { rid, outcome: 'skipped', text: 'not a task' };
  checkRequirements(action, resource, resource.common.run_requires);
  await runTriggers(action, 'pre', 'run', resource, signal);
  if (!action.ledger.dryRun) await action.run.memory.remember(rid, 'last_run_at', action.run.world.now().toISOString());
  await limited(action, resource, 'run', signal, (inner) => task(actOn(action, resource, inner)));
  await runTriggers(action, 'post', 'run', resource, signal);
  return { rid, outcome: 'done', text: 'ran' };
}

function result(action: Action, rid: string, changesBefore: number, text: string): StepResult {
  return action.ledger.count() > changesBefore ? { rid, outcome: 'done', text } : { rid, outcome: 'unchanged', text: 'nothing to do' };
}

/** Rule 3 of the contract stands on this record: only what was down when we came may be stopped by a rollback. */
function noteReached(action: Action, resource: Resource, before: Look): void {
  if (before.report.state === 'down') action.reachedDown.add(resource.rid);
}

async function limited(
  action: Action,
  resource: Resource,
  step: Step,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { settings } = action.run.instance.definition;
  const own = step === 'start' || step === 'provision' ? resource.common.start_timeout : resource.common.stop_timeout;
  const general = step === 'start' || step === 'provision' ? settings.start_timeout : settings.stop_timeout;
  await withFirmDeadline(signal, own ?? general ?? defaultLimits.actionMs, step, graceMs, work);
}

async function verify(action: Action, resource: Resource, step: 'start' | 'stop', accepted: readonly State[], signal: AbortSignal): Promise<void> {
  if (action.ledger.dryRun) {
    // Later resources of the plan may count on this one.
    action.run.reports.set(resource.rid, { state: step === 'start' ? 'up' : 'down', facts: { assumed: true } });
    return;
  }
  const after = await lookAt(action.run, resource, signal);
  if (accepted.includes(after.report.state)) return;
  if (after.report.state === 'undef') throw cannotTell(resource.rid, after);
  throw new SvcError('COMMAND', `${resource.rid} is ${after.report.state} after ${step}${notesOf(after)}`);
}

function cannotTell(rid: string, look: Look): SvcError {
  const cause = look.error;
  return new SvcError(cause?.code ?? 'TIMEOUT', `cannot tell the state of ${rid}${notesOf(look)}`, { cause });
}

function notesOf(look: Look): string {
  const text = (look.report.notes ?? []).map((note) => note.text).join('; ');
  return text === '' ? '' : `: ${text}`;
}

/** As the status shows it: standby resources are `stdby up` or `stdby down`. */
function statusOf(action: Action, rid: string): Status | undefined {
  const resource = action.run.instance.resources.find((sibling) => sibling.rid === rid);
  const state = action.run.reports.get(rid)?.state;
  return resource === undefined || state === undefined ? undefined : standbyOf(state, resource.traits.standby);
}

function checkRequirements(action: Action, resource: Resource, requirements: Resource['common']['start_requires']): void {
  if (requirements === undefined || requirements.length === 0) return;
  const missing = missingRequirements(requirements, (rid) => statusOf(action, rid));
  if (missing.length === 0) return;
  throw new SvcError('REFUSED', `${resource.rid}: ${missing.map(describeMissing).join('; ')}`);
}
