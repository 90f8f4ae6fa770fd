/** Counts an action or a relocation that has ended; its lock is still held. */
import type { SvcError } from '../errors.ts';
import { type Action, verbText } from './action-state.ts';
import type { Run } from './run.ts';
import { addToTally, type Deed } from './tally.ts';

export function tallyAction({ run, request, outcomes }: Action, error: SvcError | undefined, seconds: number): Promise<void> {
  return tally(run, { verb: verbText(request), seconds, sent: outcomes }, error);
}

/** Never throws: on a full disk a count is the least that is lost. */
export async function tally(run: Run, deed: Omit<Deed, 'result'>, error: SvcError | undefined): Promise<void> {
  const result = error === undefined ? 'ok' : error.code === 'CANCELLED' ? 'aborted' : 'failed';
  try {
    await addToTally(run.world, run.instance.name, { ...deed, result });
  } catch (thrown) {
    run.log().debug(`not counted: ${String(thrown)}`);
  }
}
