/** What is remembered of the last run of a task, or update of a sync, whoever began it: when, and how it ended. */
import { asSvcError, type SvcError } from '../errors.ts';
import type { Action } from './action-state.ts';
import { openMemory } from './memory.ts';
import type { World } from './world.ts';

export interface LastRun {
  readonly atMs: number;
  /** `ok`, or why not; undefined while it runs, and when nobody could remember its end. */
  readonly result: string | undefined;
}

const beginKey = 'last_run_at';
/** The begin that it belongs to, and how that run ended. */
const endKey = 'last_run_end';

/** Does the work, which is a run. @param failuresOf what went wrong without an error */
export async function rememberRun<V>(
  { run, ledger }: Action,
  rid: string,
  work: () => Promise<V>,
  failuresOf: (done: V) => readonly SvcError[] = () => [],
): Promise<V> {
  if (ledger.dryRun) return work();
  const at = run.world.now().toISOString();
  await run.memory.remember(rid, beginKey, at);
  const end = async (failures: readonly SvcError[]): Promise<void> => {
    const how = failures.some(({ code }) => code === 'CANCELLED')
      ? 'aborted'
      : failures.map(({ message }) => `failed: ${message}`).join('; ');
    try {
      await run.memory.remember(rid, endKey, `${at} ${how === '' ? 'ok' : how}`);
    } catch (thrown) {
      run.log(rid).warn(`how it ended is not remembered: ${asSvcError(thrown).message}`);
    }
  };
  try {
    const done = await work();
    await end(failuresOf(done));
    return done;
  } catch (thrown) {
    await end([asSvcError(thrown)]);
    throw thrown;
  }
}

/** Undefined when it never ran here. */
export async function recallRun(world: World, service: string, rid: string): Promise<LastRun | undefined> {
  const memory = openMemory(world, service);
  const [at = '', end = ''] = await Promise.all([beginKey, endKey].map((key) => memory.recall(rid, key).catch(() => undefined)));
  const atMs = Date.parse(at);
  if (Number.isNaN(atMs)) return undefined;
  return { atMs, result: end.startsWith(`${at} `) ? end.slice(at.length + 1) : undefined };
}
