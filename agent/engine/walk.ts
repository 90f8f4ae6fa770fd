/** Walks the batches of an order: serial batches one by one, parallel ones together; the first failure ends the walk. */
import { asSvcError, SvcError } from '../errors.ts';
import type { Batch } from '../state/order.ts';
import { type Action, resourceOf } from './action-state.ts';
import { perform, type Step } from './perform.ts';

/** @throws the first error of a resource whose errors count */
export async function walk(action: Action, batches: readonly Batch[], step: Step): Promise<void> {
  for (const batch of batches) {
    action.signal.throwIfAborted();
    if (batch.parallel) await walkTogether(action, batch.rids, step);
    else for (const rid of batch.rids) await walkOne(action, rid, step, action.signal);
  }
}

async function walkTogether(action: Action, rids: readonly string[], step: Step): Promise<void> {
  const settled = await Promise.allSettled(rids.map((rid) => walkOne(action, rid, step, action.signal)));
  const failed = settled.flatMap((one) => (one.status === 'rejected' ? [asSvcError(one.reason)] : []));
  const [first] = failed;
  if (first === undefined) return;
  if (failed.length === 1) throw first;
  throw new SvcError(first.code, failed.map((error) => error.message).join('; '), { cause: first });
}

async function walkOne(action: Action, rid: string, step: Step, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const resource = resourceOf(action.run, rid);
  const begun = Date.now();
  action.journal?.appendLazy({ kind: 'step', sid: action.sid, rid, name: step, phase: 'begin' });
  try {
    const done = await perform(action, resource, step, signal);
    action.steps.push(done);
    action.run.log(rid).debug(done.text);
    action.journal?.appendLazy({ kind: 'step', sid: action.sid, rid, name: step, phase: 'end', message: done.text, durationMs: Date.now() - begun });
  } catch (thrown) {
    const error = asSvcError(thrown);
    action.journal?.appendLazy({ kind: 'step', sid: action.sid, rid, name: step, phase: 'failed', message: error.message, durationMs: Date.now() - begun });
    if (resource.traits.optional && !signal.aborted) {
      action.run.log(rid).warn(`${step} failed, ignored because optional: ${error.message}`);
      action.steps.push({ rid, outcome: 'ignored', text: error.message });
      return;
    }
    action.run.log(rid).error(`${step} failed: ${error.message}`);
    action.steps.push({ rid, outcome: 'failed', text: error.message });
    throw error;
  }
}
