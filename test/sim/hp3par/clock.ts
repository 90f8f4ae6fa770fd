/**
 * The time of the simulated arrays: one queue of what is due. It is stepped by `elapse`, or it follows the wall clock.
 * `stepped`: a client that waits for something lets time pass itself. `manual`: only `elapse` does. `real`: the wall clock does.
 */
export type ClockMode = 'stepped' | 'manual' | 'real';

export interface Clock {
  readonly mode: ClockMode;
  nowMs(): number;
  /** Runs `act` once so many milliseconds have passed; returns how to call it off. */
  after(delayMs: number, act: () => void): () => void;
  /** Lets time pass at once, in any mode; what falls due happens at its own moment, in order. */
  elapse(ms: number): void;
  /** Resolves once it holds, which is looked at after every event and every `changed()`. */
  until(holds: () => boolean): Promise<void>;
  changed(): void;
  stop(): void;
}

interface Due {
  readonly atMs: number;
  readonly act: () => void;
}

/** A waiter of a stepped clock lets at most this much time pass, so that waiting for what never comes is a hang, as it should be. */
const longestStepMs = 3_600_000;

export function makeClock(mode: ClockMode, startMs: number): Clock {
  const queue: Due[] = [];
  const waiters = new Set<() => void>();
  const time = { nowMs: startMs, aheadMs: startMs - Date.now() };
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const nowMs = () => (mode === 'real' ? Date.now() + time.aheadMs : time.nowMs);
  const changed = () => {
    for (const look of waiters) look();
  };
  const fireUpTo = (limitMs: number) => {
    for (let due = queue[0]; due !== undefined && due.atMs <= limitMs; due = queue[0]) {
      queue.shift();
      time.nowMs = Math.max(time.nowMs, due.atMs);
      due.act();
      changed();
    }
  };
  const arm = () => {
    clearTimeout(timer);
    const next = queue[0];
    if (mode !== 'real' || stopped || next === undefined) return;
    timer = setTimeout(
      () => {
        fireUpTo(nowMs());
        arm();
      },
      Math.min(Math.max(0, next.atMs - nowMs()), 60_000),
    );
  };
  const elapse = (ms: number) => {
    const endMs = nowMs() + ms;
    if (mode === 'real') time.aheadMs += ms;
    fireUpTo(endMs);
    time.nowMs = Math.max(time.nowMs, endMs);
    changed();
    arm();
  };
  return {
    mode,
    nowMs,
    after: (delayMs, act) => {
      const due = { atMs: nowMs() + delayMs, act };
      const behind = queue.findIndex((other) => other.atMs > due.atMs);
      queue.splice(behind === -1 ? queue.length : behind, 0, due);
      arm();
      return () => {
        const index = queue.indexOf(due);
        if (index !== -1) queue.splice(index, 1);
      };
    },
    elapse,
    until: async (holds) => {
      const limitMs = nowMs() + longestStepMs;
      while (mode === 'stepped' && !holds() && queue[0] !== undefined && queue[0].atMs <= limitMs) fireUpTo(queue[0].atMs);
      if (holds()) return;
      await new Promise<void>((resolve) => {
        const look = () => {
          if (!holds()) return;
          waiters.delete(look);
          resolve();
        };
        waiters.add(look);
      });
    },
    changed,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
