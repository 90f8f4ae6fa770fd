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
/** A real clock looks again at least so often, as `elapse` may have moved it. */
const longestTimerMs = 60_000;

export function makeClock(mode: ClockMode, startMs: number): Clock {
  return new QueueClock(mode, startMs);
}

class QueueClock implements Clock {
  readonly mode: ClockMode;
  readonly #queue: Due[] = [];
  readonly #waiters = new Set<() => void>();
  #now: number;
  /** How far the arrays are ahead of the wall clock. */
  #aheadMs: number;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(mode: ClockMode, startMs: number) {
    this.mode = mode;
    this.#now = startMs;
    this.#aheadMs = startMs - Date.now();
  }

  nowMs(): number {
    return this.mode === 'real' ? Date.now() + this.#aheadMs : this.#now;
  }

  after(delayMs: number, act: () => void): () => void {
    const due = { atMs: this.nowMs() + delayMs, act };
    const behind = this.#queue.findIndex((other) => other.atMs > due.atMs);
    this.#queue.splice(behind === -1 ? this.#queue.length : behind, 0, due);
    this.#arm();
    return () => {
      const index = this.#queue.indexOf(due);
      if (index !== -1) this.#queue.splice(index, 1);
    };
  }

  elapse(ms: number): void {
    const endMs = this.nowMs() + ms;
    if (this.mode === 'real') this.#aheadMs += ms;
    this.#fireUpTo(endMs);
    this.#now = Math.max(this.#now, endMs);
    this.changed();
    this.#arm();
  }

  async until(holds: () => boolean): Promise<void> {
    const limitMs = this.nowMs() + longestStepMs;
    const next = () => this.#queue[0]?.atMs ?? Number.POSITIVE_INFINITY;
    while (this.mode === 'stepped' && !holds() && next() <= limitMs) this.#fireUpTo(next());
    if (holds()) return;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#waiters.delete(look);
        resolve();
      };
      this.#waiters.add(look);
    });
  }

  changed(): void {
    for (const look of this.#waiters) look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #fireUpTo(limitMs: number): void {
    for (let due = this.#queue[0]; due !== undefined && due.atMs <= limitMs; due = this.#queue[0]) {
      this.#queue.shift();
      this.#now = Math.max(this.#now, due.atMs);
      due.act();
      this.changed();
    }
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const next = this.#queue[0];
    if (this.mode !== 'real' || this.#stopped || next === undefined) return;
    const waitMs = Math.min(Math.max(0, next.atMs - this.nowMs()), longestTimerMs);
    this.#timer = setTimeout(() => {
      this.#fireUpTo(this.nowMs());
      this.#arm();
    }, waitMs);
  }
}
