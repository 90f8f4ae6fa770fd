/** What may end a remote command before it ends by itself: its time limit, silence, a cancelled action. The first reason wins. */
import { SvcError } from '../../errors.ts';
import { cancelled, longestTimerMs } from '../watch.ts';
import type { RemoteOptions } from './remote-exec.ts';

export interface RemoteWatch {
  /** Never fulfils; rejects with the reason to end the command. */
  readonly stopped: Promise<never>;
  end(): void;
}

export interface Watched {
  readonly text: string;
  readonly options: RemoteOptions;
}

/** `bytes` = what went over the channel so far; `askToEnd` is for one that survives us: it is asked, not ended. */
export function watchRemote({ text, options }: Watched, bytes: () => number, askToEnd: () => void): RemoteWatch {
  const { timeoutMs, idleTimeoutMs, signal, survive } = options;
  let fail: (error: SvcError) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    fail = reject;
  });
  stopped.catch(() => undefined); // nobody may be waiting for it any more
  const timers: NodeJS.Timeout[] = [];
  if (timeoutMs !== undefined)
    timers.push(setTimeout(() => fail(tooLong(text, timeoutMs, survive === true)), Math.min(timeoutMs, longestTimerMs)));
  if (idleTimeoutMs !== undefined)
    timers.push(watchSilence(idleTimeoutMs, bytes, () => fail(silent(text, idleTimeoutMs, survive === true))));
  const onAbort = (): void => (survive === true ? askToEnd() : fail(cancelled(text)));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    stopped,
    end() {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function watchSilence(limitMs: number, bytes: () => number, onSilent: () => void): NodeJS.Timeout {
  let last = bytes();
  let changedAt = performance.now();
  return setInterval(
    () => {
      const now = bytes();
      if (now !== last) {
        last = now;
        changedAt = performance.now();
      } else if (performance.now() - changedAt >= limitMs) onSilent();
    },
    Math.max(10, limitMs / 4),
  );
}

function tooLong(text: string, timeoutMs: number, survives: boolean): SvcError {
  return new SvcError('TIMEOUT', `${text}: no answer in ${seconds(timeoutMs)}, ${fate(survives)}`, {
    facts: { timeoutMs, ...(survives ? { unknown: true } : {}) },
  });
}

function silent(text: string, idleTimeoutMs: number, survives: boolean): SvcError {
  return new SvcError('TIMEOUT', `${text}: no sign of life in ${seconds(idleTimeoutMs)}, ${fate(survives)}`, {
    facts: { idleTimeoutMs, ...(survives ? { unknown: true } : {}) },
  });
}

function fate(survives: boolean): string {
  return survives ? 'it goes on over there' : 'ended';
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
