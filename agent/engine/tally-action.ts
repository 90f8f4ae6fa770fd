/** Counts an action that has ended; its lock is still held. */
import type { SvcError } from '../errors.ts';
import { type Action, verbText } from './action-state.ts';
import { addToTally } from './tally.ts';

/** Never throws: on a full disk a count is the least that is lost. */
export async function tallyAction({ run, request, outcomes }: Action, error: SvcError | undefined, seconds: number): Promise<void> {
  const result = error === undefined ? 'ok' : error.code === 'CANCELLED' ? 'aborted' : 'failed';
  try {
    await addToTally(run.world, run.instance.name, { verb: verbText(request), result, seconds, sent: outcomes });
  } catch (thrown) {
    run.log().debug(`not counted: ${String(thrown)}`);
  }
}
