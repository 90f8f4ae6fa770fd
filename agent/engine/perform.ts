/** One resource, one verb: look, decide, triggers, driver, verify. */
import { createObserve } from '../driver/context.ts';
import type { Act, State } from '../driver/contract.ts';
import { defaultLimits } from '../driver/limits.ts';
import { SvcError } from '../errors.ts';
import { describeMissing, missingRequirements } from '../state/requirements.ts';
import { type Status, standbyOf } from '../state/status.ts';
import { type Action, actOn, type StepResult } from './action-state.ts';
import { withDeadline, withFirmDeadline } from './deadline.ts';
import { forgivingMemory } from './forgiving-memory.ts';
import { askOwnBlockers } from './blockers.ts';
import { hostOf, isHostAssumed, isReachable, mustBeReachable } from './hosted.ts';
import type { Resource } from './instance.ts';
import { rememberRun } from './last-run.ts';
import { type Look, lookAt, statusLimitMs } from './look.ts';
import { contextInput } from './run.ts';
import { runTriggers } from './triggers.ts';

/** What a walk does to each resource it reaches. */
export type Step = 'start' | 'stop' | 'provision' | 'unprovision' | 'run';

/** A command that is being ended needs this long before we stop waiting for it. */
const graceMs = 8_000;

/** Performs one step; throws when it failed (the walk decides whether that ends it). */
export async function perform(action: Action, resource: Resource, step: Step, signal: AbortSignal): Promise<StepResult> {
  if (action.ledger.dryRun && isHostAssumed(action.run, resource)) return planBlindly(action, resource, step);
  return performers[step](action, resource, signal);
}

/** In a container that a dry-run only thinks started nothing can be looked at. */
function planBlindly(action: Action, resource: Resource, step: Step): StepResult {
  const { rid } = resource;
  action.run.log(rid).info(`${step}: its commands are known only once ${hostOf(resource)} really runs`);
  action.run.reports.set(rid, { state: step === 'stop' || step === 'unprovision' ? 'down' : 'up', facts: { assumed: true } });
  return { rid, outcome: 'skipped', text: 'not known yet' };
}

/** It ends with its container: that is down, or cannot be told, and about to be stopped by this very walk. Undefined: it is stopped itself. */
function stopWithContainer(action: Action, resource: Resource, wasDown: boolean): StepResult | undefined {
  const { rid, container = '' } = resource;
  if (isReachable(action.run, resource)) return undefined;
  if (wasDown) return { rid, outcome: 'unchanged', text: `${container} is down` };
  if (!action.walked.has(container)) return undefined;
  action.run.log(rid).warn(`cannot be stopped by itself while ${container} is undef: it ends with it`);
  return { rid, outcome: 'skipped', text: `ends with ${container}` };
}

/** What could not be asked before the walk, because its container did not run. */
async function askLate(action: Action, resource: Resource, step: Step): Promise<void> {
  mustBeReachable(action.run, resource);
  if (action.unasked.delete(resource.rid)) await askOwnBlockers(action, [resource], [step]);
}

const performers = { start, stop, provision, unprovision, run } as const satisfies Record<Step, unknown>;

async function start(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const before = await lookBefore(action, resource, signal);
  // A replica in good order is up on both sides: only its driver knows whether this one is writable.
  if (before.report.state === 'up' && driver.promotes !== true) return { rid, outcome: 'unchanged', text: 'already up' };
  const make = driver.start;
  if (make === undefined) return { rid, outcome: 'skipped', text: 'nothing to start' };
  await askLate(action, resource, 'start');
  checkRequirements(action, resource, resource.common.start_requires);
  // Rule 3 of the contract stands on this record: only what was down when we came may be stopped by a rollback.
  const changes = action.ledger.countOf(rid);
  const isUndone = before.report.state === 'down' || driver.promotes === true;
  if (isUndone && !action.reachedDown.has(rid)) action.reachedDown.set(rid, changes);
  await runTriggers(action, 'pre', 'start', resource, signal);
  if (isAssumed(before)) action.run.log(rid).info('start: its commands are known only once it is really stopped');
  else await limited(action, resource, 'start', signal, (at) => make(at));
  await verify(action, resource, 'start', ['up', 'warn', 'n/a'], signal);
  await runTriggers(action, 'post', 'start', resource, signal);
  return result(action, rid, changes, 'started');
}

async function stop(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const end = driver.stop;
  if (end === undefined) return { rid, outcome: 'skipped', text: 'nothing to stop' };
  const before = await lookBefore(action, resource, signal);
  // A resource that is down may still be half-started: the driver is asked all the same, triggers are not.
  const wasDown = before.report.state === 'down';
  const gone = stopWithContainer(action, resource, wasDown);
  if (gone !== undefined) return gone;
  if (!wasDown) checkRequirements(action, resource, resource.common.stop_requires);
  const changes = action.ledger.countOf(rid);
  if (!wasDown) await runTriggers(action, 'pre', 'stop', resource, signal);
  await limited(action, resource, 'stop', signal, (at) => end(at));
  if (!wasDown || action.ledger.countOf(rid) > changes) await verify(action, resource, 'stop', ['down', 'warn', 'n/a'], signal);
  if (!wasDown) await runTriggers(action, 'post', 'stop', resource, signal);
  return result(action, rid, changes, 'stopped');
}

async function provision(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const changes = action.ledger.countOf(rid);
  const make = driver.provision;
  if (make !== undefined) await askLate(action, resource, 'provision');
  if (make !== undefined && !(await isProvisioned(action, resource, signal))) {
    await runTriggers(action, 'pre', 'provision', resource, signal);
    await limited(action, resource, 'provision', signal, (at) => make(at));
    await runTriggers(action, 'post', 'provision', resource, signal);
  }
  await start(action, resource, signal);
  return result(action, rid, changes, 'provisioned');
}

async function isProvisioned(action: Action, resource: Resource, signal: AbortSignal): Promise<boolean> {
  const ask = resource.driver.provisioned;
  if (ask === undefined) return false;
  return withDeadline(signal, statusLimitMs(action.run, resource), 'provisioned', (inner) =>
    ask(createObserve(contextInput(action.run, resource, inner))),
  );
}

async function unprovision(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const changes = action.ledger.countOf(rid);
  const destroy = driver.unprovision;
  await stop(action, resource, signal);
  if (destroy !== undefined) {
    mustBeReachable(action.run, resource);
    await runTriggers(action, 'pre', 'unprovision', resource, signal);
    await limited(action, resource, 'unprovision', signal, (at) => destroy(at));
    await runTriggers(action, 'post', 'unprovision', resource, signal);
  }
  return result(action, rid, changes, 'unprovisioned');
}

async function run(action: Action, resource: Resource, signal: AbortSignal): Promise<StepResult> {
  const { rid, driver } = resource;
  const task = driver.run;
  if (task === undefined) return { rid, outcome: 'skipped', text: 'not a task' };
  await askLate(action, resource, 'run');
  checkRequirements(action, resource, resource.common.run_requires);
  await runTriggers(action, 'pre', 'run', resource, signal);
  await rememberRun(action, rid, () => limited(action, resource, 'run', signal, (at) => task(at)));
  await runTriggers(action, 'post', 'run', resource, signal);
  return { rid, outcome: 'done', text: 'ran' };
}

/** Of a resource that other nodes may want: what a crash of this one left in their way. */
export async function clear(action: Action, resource: Resource, signal: AbortSignal): Promise<void> {
  const tidy = resource.driver.clear;
  if (tidy !== undefined) await limited(action, resource, 'stop', signal, (at) => tidy(at));
}

function result(action: Action, rid: string, changesBefore: number, text: string): StepResult {
  const hasChanged = action.ledger.countOf(rid) > changesBefore;
  return hasChanged ? { rid, outcome: 'done', text } : { rid, outcome: 'unchanged', text: 'nothing to do' };
}

/**
 * The user's start_timeout and stop_timeout hold for the whole step. The default only counts the time in which no command runs:
 * each command has its own limit, and an fsck or a data move may take its time (rule 10).
 */
async function limited(
  action: Action,
  resource: Resource,
  step: Step,
  signal: AbortSignal,
  work: (at: Act<never>) => Promise<void>,
): Promise<void> {
  const { firmMs, softMs } = limitsOf(action, resource, step);
  const memory = step === 'stop' ? forgivingMemory(action.run.memory, action.run.log(resource.rid)) : undefined;
  await withFirmDeadline(signal, firmMs ?? softMs, step, graceMs, (inner, clock) =>
    work(actOn(action, resource, inner, firmMs === undefined ? clock : undefined, memory)),
  );
}

/** A driver with a start_timeout or stop_timeout of its own keeps it itself, in each of its waits: after the one of a stop it still has to kill. */
function limitsOf(action: Action, resource: Resource, step: Step): { firmMs: number | undefined; softMs: number } {
  const { settings } = action.run.instance.definition;
  const { common, driver } = resource;
  if (step !== 'start' && step !== 'stop') return { firmMs: undefined, softMs: defaultLimits.actionMs };
  const keyword = `${step}_timeout` as const;
  const askedMs = common[keyword] ?? settings[keyword];
  if (!Object.hasOwn(driver.keywords, keyword)) return { firmMs: askedMs, softMs: defaultLimits.actionMs };
  return { firmMs: undefined, softMs: defaultLimits.actionMs + 3 * (askedMs ?? 0) };
}

/** A dry-run goes on from what it has planned so far; everything else is looked at for real. */
async function lookBefore(action: Action, resource: Resource, signal: AbortSignal): Promise<Look> {
  const known = action.run.reports.get(resource.rid);
  if (action.ledger.dryRun && known?.facts?.['assumed'] === true) return { rid: resource.rid, report: known, error: undefined };
  return lookAt(action.run, resource, signal);
}

function isAssumed(look: Look): boolean {
  return look.report.facts?.['assumed'] === true;
}

async function verify(
  action: Action,
  resource: Resource,
  step: 'start' | 'stop',
  accepted: readonly State[],
  signal: AbortSignal,
): Promise<void> {
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

/** @throws SvcError REFUSED naming each requirement that does not hold */
export function checkRequirements(action: Action, resource: Resource, requirements: Resource['common']['start_requires']): void {
  if (requirements === undefined || requirements.length === 0) return;
  const missing = missingRequirements(requirements, (rid) => statusOf(action, rid));
  if (missing.length === 0) return;
  throw new SvcError('REFUSED', `${resource.rid}: ${missing.map(describeMissing).join('; ')}`);
}
