/** Undoing a failed start, newest first (design/driver-contract.md rule 3). */
import { asSvcError } from '../errors.ts';
import { type Action, resourceOf } from './action-state.ts';
import { perform } from './perform.ts';

/**
 * Stops only resources that were down when the walk reached them and that this action (or the interrupted one it completes) changed.
 * What was up before is never touched; a role change is never undone; errors are logged and the rest goes on.
 * @returns the rids that could not be stopped
 */
export async function rollBack(action: Action): Promise<readonly string[]> {
  const candidates = [...action.reachedDown].filter((rid) => action.ledger.changed().has(rid)).reverse();
  const log = action.run.log();
  if (candidates.length === 0) {
    log.info('rollback: nothing was started');
    return [];
  }
  const left: string[] = [];
  // The action's own signal may be aborted (Ctrl-C, time-out): undoing must go on all the same.
  const { signal } = new AbortController();
  for (const rid of candidates) {
    const resource = resourceOf(action.run, rid);
    if (resource.driver.promotes === true) {
      action.run.log(rid).warn('rollback: the role change is kept');
      continue;
    }
    if (resource.traits.standby) continue;
    try {
      action.run.log(rid).info('rollback: stop');
      await perform(action, resource, 'stop', signal);
    } catch (thrown) {
      action.run.log(rid).error(`rollback: ${asSvcError(thrown).message}`);
      left.push(rid);
    }
  }
  return left;
}
