/** A time limit that holds even when the work never settles. */
import { setMaxListeners } from 'node:events';
import { SvcError } from '../errors.ts';

/** Lets work that has a limit of its own not count. */
export interface Clock {
  /** While `work` runs the limit does not run; it begins anew behind it. */
  hold<V>(work: () => Promise<V>): Promise<V>;
}

type Work<V> = (signal: AbortSignal, clock: Clock) => Promise<V>;

/**
 * Runs `work` with a signal that aborts with the parent's or after `limitMs`.
 * @throws SvcError TIMEOUT "no answer in N s" as soon as the limit passes, whatever `work` does with its signal
 */
export async function withDeadline<V>(parent: AbortSignal, limitMs: number, what: string, work: Work<V>): Promise<V> {
  parent.throwIfAborted();
  const own = new AbortController();
  // Many resources listen to the signal of one action; that is no leak.
  for (const signal of [parent, own.signal]) setMaxListeners(0, signal);
  const clock = startClock(limitMs, () => own.abort(timedOut(what, limitMs)));
  const onAbort = () => own.abort(parent.reason);
  parent.addEventListener('abort', onAbort, { once: true });
  try {
    const aborted = new Promise<never>((_resolve, reject) => {
      own.signal.addEventListener('abort', () => reject(own.signal.reason), { once: true });
    });
    return await Promise.race([outcomeOf(own.signal, () => work(own.signal, clock)), aborted]);
  } finally {
    clock.end();
    parent.removeEventListener('abort', onAbort);
  }
}

/** Also of work that throws before its first await; after an abort the reason of the abort is the error. */
async function outcomeOf<V>(signal: AbortSignal, work: () => Promise<V>): Promise<V> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}

/** Node fires a longer timer at once. */
const longestTimerMs = 2_147_483_647;

function startClock(limitMs: number, onEnd: () => void): Clock & { end(): void } {
  let holds = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const begin = (): void => {
    timer = setTimeout(onEnd, Math.min(limitMs, longestTimerMs));
  };
  begin();
  return {
    hold: async (work) => {
      holds += 1;
      clearTimeout(timer);
      try {
        return await work();
      } finally {
        holds -= 1;
        if (holds === 0 && !ended) begin();
      }
    },
    end: () => {
      ended = true;
      clearTimeout(timer);
    },
  };
}

/**
 * Like withDeadline, but waits for `work` to settle after the abort (up to `graceMs`): an action must not go on behind our back.
 */
export async function withFirmDeadline<V>(parent: AbortSignal, limitMs: number, what: string, graceMs: number, work: Work<V>): Promise<V> {
  const running: { promise?: Promise<V> } = {};
  try {
    return await withDeadline(parent, limitMs, what, (signal, clock) => {
      running.promise = outcomeOf(signal, () => work(signal, clock));
      return running.promise;
    });
  } catch (error) {
    if (running.promise !== undefined) await settledWithin(running.promise, graceMs);
    throw error;
  }
}

/** Waits for a promise to fulfil or reject, up to `graceMs`; false when it did neither. */
export async function settledWithin(promise: Promise<unknown>, graceMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, graceMs, false);
  });
  const settled = () => true;
  const hasSettled = await Promise.race([promise.then(settled, settled), limit]);
  clearTimeout(timer);
  return hasSettled;
}

function timedOut(what: string, limitMs: number): SvcError {
  return new SvcError('TIMEOUT', `${what}: no answer in ${limitMs / 1000} s`);
}
