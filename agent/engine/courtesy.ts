/** Actions go first: looks that have not begun wait for an action that just has, and not for long (spec/status.md "Freshness"). */
import { setTimeout as delay } from 'node:timers/promises';

/** A look waits this long at most. */
const waitMs = 250;
/** An action that runs longer waits for tools itself, and leaves the processor to the looks. */
const youngMs = 1000;

export interface Courtesy {
  /** Runs an action before the looks that have not begun. */
  during<V>(action: () => Promise<V>): Promise<V>;
  /** @returns when a look may begin */
  turn(): Promise<void>;
}

export function createCourtesy(nowMs: () => number): Courtesy {
  const running = new Set<Promise<unknown>>();
  let newestMs = Number.NEGATIVE_INFINITY;
  return {
    during(action) {
      newestMs = nowMs();
      const ended = action();
      running.add(ended);
      const forget = (): void => void running.delete(ended);
      ended.then(forget, forget);
      return ended;
    },
    async turn() {
      if (running.size === 0 || nowMs() - newestMs > youngMs) return;
      await Promise.race([Promise.allSettled(running), delay(waitMs, undefined, { ref: false })]);
    },
  };
}
