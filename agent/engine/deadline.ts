/** A time limit that holds even when the work never settles. */
import { SvcError } from '../errors.ts';

/**
 * Runs `work` with a signal that aborts with the parent's or after `limitMs`.
 * @throws SvcError TIMEOUT "no answer in N s" as soon as the limit passes, whatever `work` does with its signal
 */
export async function withDeadline<V>(
  parent: AbortSignal,
  limitMs: number,
  what: string,
  work: (signal: AbortSignal) => Promise<V>,
): Promise<V> {
  parent.throwIfAborted();
  const own = new AbortController();
  const timer = setTimeout(() => own.abort(timedOut(what, limitMs)), limitMs);
  const onAbort = () => own.abort(parent.reason);
  parent.addEventListener('abort', onAbort, { once: true });
  try {
    const aborted = new Promise<never>((_resolve, reject) => {
      own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true });
    });
    const result = work(own.signal).catch((error: unknown) => {
      throw own.signal.aborted ? own.signal.reason : error;
    });
    return await Promise.race([result, aborted]);
  } finally {
    clearTimeout(timer);
    parent.removeEventListener('abort', onAbort);
  }
}

/**
 * Like withDeadline, but waits for `work` to settle after the abort (up to `graceMs`): an action must not go on behind our back.
 */
export async function withFirmDeadline<V>(
  parent: AbortSignal,
  limitMs: number,
  what: string,
  graceMs: number,
  work: (signal: AbortSignal) => Promise<V>,
): Promise<V> {
  const running: { promise?: Promise<V> } = {};
  try {
    return await withDeadline(parent, limitMs, what, (signal) => {
      running.promise = work(signal);
      return running.promise;
    });
  } catch (error) {
    if (running.promise !== undefined) await settledWithin(running.promise, graceMs);
    throw error;
  }
}

async function settledWithin(promise: Promise<unknown>, graceMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, graceMs);
  });
  await Promise.race([promise.then(noop, noop), limit]);
  clearTimeout(timer);
}

const noop = () => undefined;

function timedOut(what: string, limitMs: number): SvcError {
  return new SvcError('TIMEOUT', `${what}: no answer in ${limitMs / 1000} s`);
}
