/** What happened lately in the daemon, for whoever follows: the last events are kept, so that a reader that comes back misses none. */
import type { DaemonEvent } from './resident.ts';

export interface NumberedEvent extends DaemonEvent {
  /** Counts from 1 since the daemon began. */
  readonly id: number;
}

export interface EventHub {
  tell(event: Omit<DaemonEvent, 'at'>): void;
  /** Events after this number that are still kept, oldest first. */
  after(id: number, limit?: number): readonly NumberedEvent[];
  /** Number of the newest one; 0 before the first. */
  last(): number;
  /** @returns ends the subscription */
  follow(listener: (event: NumberedEvent) => void): () => void;
}

const keptEvents = 1000;

export function createEventHub(now: () => Date): EventHub {
  const kept: NumberedEvent[] = [];
  const listeners = new Set<(event: NumberedEvent) => void>();
  let last = 0;
  return {
    tell(event) {
      last += 1;
      const numbered = { id: last, at: now().toISOString(), ...event };
      kept.push(numbered);
      if (kept.length > keptEvents) kept.shift();
      for (const listener of listeners) listener(numbered);
    },
    after: (id, limit = keptEvents) => eventsAfter(kept, id, limit),
    last: () => last,
    follow(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

/** Of a list of numbered events whose oldest were taken away. */
export function eventsAfter<E extends { readonly id: number }>(kept: readonly E[], id: number, limit: number): readonly E[] {
  const from = Math.max(0, id + 1 - (kept[0]?.id ?? 1));
  return kept.slice(from, from + limit);
}
