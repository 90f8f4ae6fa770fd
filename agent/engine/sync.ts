/** Sync verbs: each resource that has the verb, and in it each target, gets its turn; any that failed fails the action. */
import { SvcError } from '../errors.ts';
import { createSemaphore } from '../io/semaphore.ts';
import { whyNotSync } from '../state/sync-gate.ts';
import { type Action, resourceOf, syncMethod } from './action-state.ts';
import { askBlockers } from './blockers.ts';
import type { Resource } from './instance.ts';
import type { Selected } from './select-walk.ts';
import { isDataUp, serviceState } from './service-state.ts';
import { syncOne } from './sync-one.ts';
import { pauseText } from './sync-pause.ts';
import { createTargetLocks } from './target-locks.ts';
import { syncPlace } from './sync-place.ts';
import { runTriggers } from './triggers.ts';

/** @throws SvcError when something refuses (nothing was changed then), or when any target failed (after all had their turn) */
export async function walkSync(action: Action, selected: Selected): Promise<void> {
  const { request, signal } = action;
  const method = syncMethod(request.sync ?? 'all');
  const chosen = selected.batches.flatMap(({ rids }) => rids.map((rid) => resourceOf(action.run, rid)));
  const going: Resource[] = [];
  for (const resource of chosen) if (!(await isHeldOff(action, resource, method))) going.push(resource);
  await askBlockers(action, going, [`sync ${method}`]);
  if (going.length === 0) return;
  const isWhole = !selected.partial;
  if (isWhole) await runTriggers(action, 'pre', 'sync', undefined, signal);
  const failures = await syncEach(action, going, method);
  if (failures.length > 0) throw together(failures);
  if (isWhole) await runTriggers(action, 'post', 'sync', undefined, signal);
}

/** What changes roles, or only compares, is no copy. */
const pausable: ReadonlySet<string> = new Set(['update', 'full']);

/** Not an error: on most nodes, most of the time, there is nothing to send. */
async function isHeldOff(action: Action, resource: Resource, method: string): Promise<boolean> {
  const { run, request } = action;
  const { rid, driver } = resource;
  const isNamed = request.automatic !== true && (request.rid ?? '').split(',').some((word) => word.trim() === rid);
  const reason = whyNotSync({
    ...syncPlace(run.world, run.instance, resource),
    paused: pausable.has(method) ? await pauseText(run.world, run.instance.name, rid) : undefined,
    named: driver.anytime === true && isNamed,
    service: serviceState(run),
    isDataUp: isDataUp(run),
    allow: request.allow,
  });
  if (reason === undefined) return false;
  run.log(rid).info(reason);
  action.steps.push({ rid, outcome: 'skipped', text: reason });
  return true;
}

/** Waits for all, also when the action is aborted: nothing may go on behind it. */
async function syncEach(action: Action, resources: readonly Resource[], method: string): Promise<readonly SvcError[]> {
  const gate = createSemaphore(action.request.parallel ?? 1);
  const locks = createTargetLocks(action);
  const settled = await Promise.allSettled(
    resources.map((resource) => gate.run(() => syncOne(action, resource, method, locks), action.signal)),
  );
  for (const one of settled) if (one.status === 'rejected') throw one.reason;
  return settled.flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
}

function together(failures: readonly SvcError[]): SvcError {
  const [first] = failures;
  if (first === undefined || failures.length === 1) return first ?? new SvcError('BUG', 'no failure');
  const codes = new Set(failures.map(({ code }) => code));
  const hints = [...new Set(failures.flatMap(({ hint }) => hint ?? []))];
  return new SvcError(codes.size === 1 ? first.code : 'COMMAND', failures.map(({ message }) => message).join('; '), {
    cause: first,
    ...(hints.length === 0 ? {} : { hint: hints.join('; ') }),
  });
}
