/** Walks the batches of an order: serial batches one by one, parallel ones together; the first failure ends the walk. */
import { asSvcError, SvcError } from '../errors.ts';
import type { Batch } from '../state/order.ts';
import { type Action, resourceOf } from './action-state.ts';
import type { Resource } from './instance.ts';
import { perform, type Step } from './perform.ts';
import { foretellShutdown, foretellStop, wishOfStep } from './wishes.ts';

/** @throws the first error of a resource whose errors count; a task that failed counts after the other tasks had their turn */
export async function walk(action: Action, batches: readonly Batch[], step: Step): Promise<void> {
  const late: SvcError[] = [];
  if (wishOfStep(action, step) === 'down')
    await foretellStop(
      action,
      batches.flatMap(({ rids }) => rids),
    );
  if (action.request.verb === 'shutdown' && !action.request.dryRun) await foretellShutdown(action);
  for (const batch of batches) {
    action.signal.throwIfAborted();
    if (batch.parallel) late.push(...(await walkTogether(action, batch.rids, step)));
    else for (const rid of batch.rids) late.push(...(await walkOne(action, rid, step)));
  }
  throwAll(late);
}

/** Waits for all, also when one fails: nothing may go on while the walk is undone. */
async function walkTogether(action: Action, rids: readonly string[], step: Step): Promise<readonly SvcError[]> {
  const settled = await Promise.allSettled(rids.map((rid) => walkOne(action, rid, step)));
  throwAll(settled.flatMap((one) => (one.status === 'rejected' ? [asSvcError(one.reason)] : [])));
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

function throwAll(failed: readonly SvcError[]): void {
  const [first] = failed;
  if (first === undefined) return;
  if (failed.length === 1) throw first;
  const messages = [...new Set(failed.map((error) => error.message))];
  throw new SvcError(first.code, messages.join('; '), { ...(first.hint === undefined ? {} : { hint: first.hint }), cause: first });
}

/** Returns the error of a task, which ends nothing but is one. */
async function walkOne(action: Action, rid: string, step: Step): Promise<readonly SvcError[]> {
  action.signal.throwIfAborted();
  const resource = resourceOf(action.run, rid);
  const { journal, sid } = action;
  const begun = Date.now();
  journal?.appendLazy({ kind: 'step', sid, rid, name: step, phase: 'begin' });
  try {
    const unfit = action.unfit.get(rid);
    if (unfit !== undefined) throw unfit;
    const wish = wishOfStep(action, step);
    const done = await perform(action, resource, step, action.signal);
    if (wish === 'up') action.wished.set(rid, wish);
    action.steps.push(done);
    action.run.log(rid).debug(done.text);
    journal?.appendLazy({ kind: 'step', sid, rid, name: step, phase: 'end', message: done.text, durationMs: Date.now() - begun });
    return [];
  } catch (thrown) {
    const error = asSvcError(thrown);
    journal?.appendLazy({ kind: 'step', sid, rid, name: step, phase: 'failed', message: error.message, durationMs: Date.now() - begun });
    return stepFailed(action, resource, step, error);
  }
}

/**
 * An optional resource fails no start or stop (spec/config.md "Keywords every resource has"); a run is asked for the task itself,
 * so that its failure is one, though the other tasks are run all the same.
 * @throws the error of a resource that is not optional
 */
function stepFailed(action: Action, { rid, traits }: Resource, step: Step, error: SvcError): readonly SvcError[] {
  const log = action.run.log(rid);
  const goesOn = traits.optional && !action.signal.aborted;
  if (goesOn && step !== 'run') {
    log.warn(`${step} failed, ignored because optional: ${error.message}`);
    action.steps.push({ rid, outcome: 'ignored', text: error.message });
    return [];
  }
  log.error(`${step} failed: ${error.message}`);
  action.steps.push({ rid, outcome: 'failed', text: error.message });
  if (goesOn) return [error];
  throw error;
}
