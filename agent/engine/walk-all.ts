/** The inside of an action: look at everything, ask what refuses, walk with the triggers of the service around it. */
import type { Batch } from '../state/order.ts';
import { asSvcError } from '../errors.ts';
import { type Action, resourceOf } from './action-state.ts';
import { askBlockers, askOwnBlockers } from './blockers.ts';
import { lookAtAll } from './look.ts';
import { clear, type Step } from './perform.ts';
import { type Selected, selectWalk } from './select-walk.ts';
import { walkSync } from './sync.ts';
import { runTriggers } from './triggers.ts';
import { walk } from './walk.ts';

/** @throws SvcError when something refuses (nothing was changed then) or fails */
export async function walkAll(action: Action, selected: Selected): Promise<void> {
  const { run, request } = action;
  if (run.instance.definition.settings.disable) {
    run.log().info('the service is disabled: nothing is done');
    return;
  }
  for (const { rid, reason, unable } of selected.left) run.log(rid)[unable ? 'debug' : 'info'](`left alone: ${reason}`);
  await lookAtAll(run, run.instance.resources, action.signal);
  if (request.verb === 'restart') return restart(action, selected);
  if (request.verb === 'sync') return walkSync(action, selected);
  if (request.verb === 'boot') await clearLeftovers(action);
  const step = stepOf(request.verb);
  await askBlockers(action, resourcesOf(action, selected.batches), [step]);
  await walkWithTriggers(action, selected.batches, step, selected.partial);
}

/** In the order of a stop. What cannot be taken back keeps nothing from coming up. */
async function clearLeftovers(action: Action): Promise<void> {
  const { run, request, signal } = action;
  const { batches } = selectWalk(run.instance, { ...request, verb: 'stop' }, 'stop');
  for (const resource of resourcesOf(action, batches)) {
    try {
      await clear(action, resource, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      run.log(resource.rid).warn(`what the last boot left is not taken back: ${asSvcError(thrown).message}`);
    }
  }
}

/** Asks about the start before the stop: a service must not be stopped that may not start again. */
async function restart(action: Action, stopping: Selected): Promise<void> {
  const starting = selectWalk(action.run.instance, { ...action.request, verb: 'start' }, 'start');
  const rids = new Set(ridsOf(stopping.batches));
  const again = starting.batches.map((batch) => ({ ...batch, rids: batch.rids.filter((rid) => rids.has(rid)) }));
  await askBlockers(action, resourcesOf(action, stopping.batches), ['stop', 'start']);
  await walkWithTriggers(action, stopping.batches, 'stop', stopping.partial);
  if (!action.request.dryRun) await askOwnBlockers(action, resourcesOf(action, again), ['start']);
  await walkWithTriggers(action, again, 'start', stopping.partial);
}

/** The triggers of the service belong to the whole service, and to an action that has something to do. */
async function walkWithTriggers(action: Action, batches: readonly Batch[], step: Step, partial: boolean): Promise<void> {
  const isAround = !partial && hasWork(action, batches, step);
  if (isAround) await runTriggers(action, 'pre', step, undefined, action.signal);
  await walk(action, batches, step);
  if (isAround) await runTriggers(action, 'post', step, undefined, action.signal);
}

function hasWork(action: Action, batches: readonly Batch[], step: Step): boolean {
  const reached = { start: 'up', stop: 'down', provision: undefined, unprovision: undefined, run: undefined } as const satisfies Record<
    Step,
    unknown
  >;
  return ridsOf(batches).some((rid) => reached[step] === undefined || action.run.reports.get(rid)?.state !== reached[step]);
}

function ridsOf(batches: readonly Batch[]): readonly string[] {
  return batches.flatMap((batch) => batch.rids);
}

function resourcesOf(action: Action, batches: readonly Batch[]): ReturnType<typeof resourceOf>[] {
  return ridsOf(batches).map((rid) => resourceOf(action.run, rid));
}

function stepOf(verb: Exclude<Action['request']['verb'], 'sync'>): Step {
  if (verb === 'boot') return 'start';
  if (verb === 'shutdown' || verb === 'restart') return 'stop';
  return verb;
}
