/** What may end a command before it ends by itself: its time limit, silence, a cancelled action. The first reason wins. */
import { readFileSync } from 'node:fs';
import { SvcError } from '../errors.ts';
import { groupMembers, readStat } from './process.ts';

export interface WatchOptions {
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Watch {
  /** Never fulfils; rejects with the reason to end the command. */
  readonly stopped: Promise<never>;
  fail(error: SvcError): void;
  end(): void;
}

export const defaultTimeoutMs = 60_000;

/** Node fires a longer timer at once. */
export const longestTimerMs = 2_147_483_647;

/** Starts the clocks for the process group `pid`; `outputBytes` tells how much it has printed so far. */
export function watchLimits(pid: number, text: string, options: WatchOptions, outputBytes: () => number): Watch {
  const { signal, idleTimeoutMs } = options;
  const timeoutMs = options.timeoutMs ?? (idleTimeoutMs === undefined ? defaultTimeoutMs : undefined);
  let fail: (error: SvcError) => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    fail = reject;
  });
  stopped.catch(() => undefined); // nobody may be waiting for it any more
  const timers: NodeJS.Timeout[] = [];
  if (timeoutMs !== undefined) timers.push(setTimeout(() => fail(timedOut(text, pid, timeoutMs)), Math.min(timeoutMs, longestTimerMs)));
  if (idleTimeoutMs !== undefined) timers.push(watchProgress(pid, idleTimeoutMs, outputBytes, () => fail(stuck(text, pid, idleTimeoutMs))));
  const onAbort = (): void => fail(cancelled(text));
  signal?.addEventListener('abort', onAbort, { once: true });
  if (signal?.aborted) onAbort();
  return {
    stopped,
    fail,
    end() {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

/** fsck and mkfs may say nothing for an hour and still be at work, so I/O and processor time of the group count as progress too. */
function watchProgress(pid: number, limitMs: number, outputBytes: () => number, onStuck: () => void): NodeJS.Timeout {
  const look = (): string => `${outputBytes()} ${workDone(pid)}`;
  let last = look();
  let changedAt = performance.now();
  return setInterval(
    () => {
      const now = look();
      if (now !== last) {
        last = now;
        changedAt = performance.now();
      } else if (performance.now() - changedAt >= limitMs) onStuck();
    },
    Math.max(10, limitMs / 4),
  );
}

/** Changes whenever a member of the group did something. */
function workDone(group: number): string {
  return groupMembers(group)
    .map(({ pid }) => `${pid}:${readStat(pid)?.cpuTicks ?? 0}:${ioBytes(pid)}`)
    .join(' ');
}

function ioBytes(pid: number): string {
  try {
    return (readFileSync(`/proc/${pid}/io`, 'utf8').match(/^(?:rchar|wchar|read_bytes|write_bytes): (\d+)/gm) ?? []).join();
  } catch {
    return ''; // of another account: its processor time must do
  }
}

function timedOut(text: string, pid: number, timeoutMs: number): SvcError {
  return new SvcError('TIMEOUT', `${text}: no answer in ${seconds(timeoutMs)}, ended`, { facts: { pid, timeoutMs } });
}

function stuck(text: string, pid: number, idleTimeoutMs: number): SvcError {
  return new SvcError('TIMEOUT', `${text}: no progress in ${seconds(idleTimeoutMs)}, ended`, { facts: { pid, idleTimeoutMs } });
}

export function cancelled(text: string): SvcError {
  return new SvcError('CANCELLED', `${text}: cancelled`);
}

function seconds(ms: number): string {
  return `${Math.round(ms / 100) / 10} s`;
}
