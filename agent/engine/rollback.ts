/** Undoing a failed start, newest first (design/driver-contract.md rule 3). */
import { asSvcError } from '../errors.ts';
import type { Action } from './action-state.ts';
import { perform } from './perform.ts';

/**
 * Stops only resources that were down when the walk reached them and that this action (or the interrupted one it completes) changed.
 * What was up before is never touched; a role change is never undone; errors are logged and the rest goes on.
 * @returns the rids that could not be stopped
 */
export async function rollBack(action: Action): Promise<readonly string[]> {
  const candidates = undoable(action);
  if (candidates.length === 0) action.run.log().info('rollback: nothing was started');
  const left: string[] = [];
  for (const rid of candidates) {
    if (!(await undoOne(action, rid))) left.push(rid);
  }
  return left;
}

/** What a rollback would stop, newest first. */
export function undoable(action: Action): readonly string[] {
  return [...action.reachedDown].flatMap(([rid, before]) => (action.ledger.countOf(rid) > before ? [rid] : [])).reverse();
}

/** False when it may still be up. */
async function undoOne(action: Action, rid: string): Promise<boolean> {
  const log = action.run.log(rid);
  const resource = action.run.instance.resources.find((one) => one.rid === rid);
  if (resource === undefined) {
    log.error('rollback: the interrupted action had started it, but it is not in the service file any more');
    return false;
  }
  if (resource.driver.promotes === true) {
    log.warn('rollback: the role change is kept');
    return true;
  }
  if (resource.traits.standby) return true;
  try {
    log.info('rollback: stop');
    // The action's own signal may be aborted (Ctrl-C, time-out): undoing must go on all the same.
    await perform(action, resource, 'stop', new AbortController().signal);
    return true;
  } catch (thrown) {
    log.error(`rollback: ${asSvcError(thrown).message}`);
    return false;
  }
}
