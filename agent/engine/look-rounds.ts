/** Who is looked at now: everything that is due, a few at a time, and nobody waits for one that hangs. */
import { setTimeout as delay } from 'node:timers/promises';
import { createSemaphore } from '../io/semaphore.ts';
import { isLookDue, monitorIntervalMs } from '../state/look-due.ts';
import type { ServiceWatch } from './service-watch.ts';

export interface RoundsInput {
  watches(): Iterable<ServiceWatch>;
  /** Ms, does not jump with the clock. */
  readonly nowMs: () => number;
  /** Ms since 1970. */
  readonly wallMs: () => number;
  /** A round begins: what was shared in the one before is old. */
  begin(): void;
  failed(service: string, error: unknown): void;
}

export interface LookRounds {
  /** Starts the looks that are due; about every second. */
  beat(): void;
  /** Services looked at or waiting for it now. */
  busy(): number;
  /** How long the last round took, from its first look to the end of its last, ms; undefined before it ended. */
  lastMs(): number | undefined;
}

/** Services looked at together: enough to keep the disk busy, few enough that an action finds its turn at once. */
const parallelServices = 8;
/** A look that takes longer than this waits for something, and holds up nobody else. */
const slotMs = 250;

/** Nothing to compare with before the first round. */
function isMonitored(watch: ServiceWatch): boolean {
  return watch.rounds().endedMs !== undefined && watch.monitored().size > 0;
}

export function createLookRounds(input: RoundsInput): LookRounds {
  const gate = createSemaphore(parallelServices);
  const inRound = new Set<ServiceWatch>();
  const inMonitor = new Set<ServiceWatch>();
  const monitoredMs = new WeakMap<ServiceWatch, number>();
  let begunMs = 0;
  let lastMs: number | undefined;
  const queue = (watch: ServiceWatch, among: Set<ServiceWatch>, look: () => Promise<unknown>): void => {
    if (among === inRound && inRound.size === 0) begunMs = input.nowMs();
    among.add(watch);
    const guarded = async (): Promise<void> => {
      try {
        await look();
      } catch (error) {
        input.failed(watch.resident().name, error);
      } finally {
        among.delete(watch);
        if (among === inRound && inRound.size === 0) lastMs = input.nowMs() - begunMs;
      }
    };
    void gate.run(() => Promise.race([guarded(), delay(slotMs, undefined, { ref: false })]));
  };
  return {
    beat() {
      const nowMs = input.nowMs();
      let begun = false;
      const beginOnce = (): void => {
        if (!begun) input.begin();
        begun = true;
      };
      for (const watch of input.watches()) {
        const schedule = watch.resident().instance.definition.settings.status_schedule;
        if (!inRound.has(watch) && isLookDue({ nowMs, begunMs: watch.rounds().begunMs, wallMs: input.wallMs(), schedule })) {
          beginOnce();
          monitoredMs.set(watch, nowMs);
          queue(watch, inRound, watch.lookInRound);
        } else if (!inMonitor.has(watch) && nowMs - (monitoredMs.get(watch) ?? nowMs) >= monitorIntervalMs && isMonitored(watch)) {
          beginOnce();
          monitoredMs.set(watch, nowMs);
          queue(watch, inMonitor, watch.lookAtMonitored);
        }
      }
    },
    busy: () => inRound.size + inMonitor.size,
    lastMs: () => lastMs,
  };
}
