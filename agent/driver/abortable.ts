/** Looks at files end with the call they belong to: a dead disk or a lost server may never answer. */
import { SvcError } from '../errors.ts';

/** The work's result, or the reason of the abort as soon as the signal fires, even if the work never settles. Begins nothing after that. */
export async function unlessAborted<V>(signal: AbortSignal, what: string, work: () => Promise<V>): Promise<V> {
  if (signal.aborted) throw reasonOf(signal, what);
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(reasonOf(signal, what));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function reasonOf(signal: AbortSignal, what: string): SvcError {
  return signal.reason instanceof SvcError ? signal.reason : new SvcError('CANCELLED', `${what}: cancelled`, { cause: signal.reason });
}
