/** At most N at once, first come first served: spawning blocks the loop about 1 ms each (spec/floors.md §4). */

export interface Semaphore {
  /** Runs `work` when there is room; rejects with the abort reason when the signal fires while waiting. */
  run<V>(work: () => Promise<V>, signal?: AbortSignal): Promise<V>;
}

export function createSemaphore(limit: number): Semaphore {
  let running = 0;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next(); // hands the place over: `running` stays
  };
  return {
    async run(work, signal) {
      signal?.throwIfAborted();
      if (running < limit) running += 1;
      else await enter(waiting, signal);
      try {
        return await work();
      } finally {
        leave();
      }
    },
  };
}

function enter(waiting: (() => void)[], signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = (): void => {
      signal?.removeEventListener('abort', stop);
      resolve();
    };
    const stop = (): void => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(signal?.reason);
    };
    waiting.push(go);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
