/** Waiting for something to become true: the only place that sleeps. */
import { setTimeout as delay } from 'node:timers/promises';
import { SvcError } from '../errors.ts';

export interface PollOptions {
  readonly timeoutMs: number;
  readonly intervalMs: number;
  /** What is waited for: "address 10.0.0.1 to answer". */
  readonly what: string;
  readonly signal?: AbortSignal;
  /** Once it settles no pause is waited for any more: the next probe must see the end. */
  readonly until?: Promise<unknown>;
  /** Injected by tests: how to wait, and what time it is (ms). */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  readonly now?: () => number;
}

/**
 * Repeats `probe` until it returns a value. A probe that throws ends the wait with its error. TIMEOUT when the limit passes
 * (the probe is asked once more at the limit), CANCELLED when the signal fires, also while a probe hangs.
 */
export async function poll<V>(probe: () => Promise<V | undefined>, options: PollOptions): Promise<V> {
  const now = options.now ?? (() => performance.now());
  const sleep = wakened(options.sleep ?? pause, options.until);
  const endsAt = now() + options.timeoutMs;
  for (;;) {
    if (options.signal?.aborted) throw cancelled(options.what);
    const value = await untilAborted(probe(), options);
    if (value !== undefined) return value;
    const leftMs = endsAt - now();
    if (leftMs <= 0) throw timedOut(options);
    await untilAborted(sleep(Math.min(options.intervalMs, leftMs), options.signal), options);
  }
}

type Sleep = NonNullable<PollOptions['sleep']>;

/** A pause that ends as soon as `until` has settled. */
function wakened(sleep: Sleep, until: Promise<unknown> | undefined): Sleep {
  if (until === undefined) return sleep;
  const woken = new AbortController();
  const wake = (): void => woken.abort();
  until.then(wake, wake);
  return async (ms, signal) => {
    const either = signal === undefined ? woken.signal : AbortSignal.any([signal, woken.signal]);
    await sleep(ms, either).catch((error: unknown) => {
      if (!woken.signal.aborted) throw error;
    });
  };
}

async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal });
}

/** The work's result, or CANCELLED as soon as the signal fires even if the work never settles. */
async function untilAborted<V>(work: Promise<V>, options: PollOptions): Promise<V> {
  const { signal, what } = options;
  if (signal === undefined) return work;
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(cancelled(what));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } catch (error) {
    throw signal.aborted ? cancelled(what) : error;
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop);
  }
}

function cancelled(what: string): SvcError {
  return new SvcError('CANCELLED', `stopped waiting for ${what}`);
}

function timedOut({ what, timeoutMs }: PollOptions): SvcError {
  const seconds = Math.round(timeoutMs / 100) / 10;
  return new SvcError('TIMEOUT', `waited ${seconds} s for ${what}, in vain`, { facts: { what, timeoutMs } });
}
