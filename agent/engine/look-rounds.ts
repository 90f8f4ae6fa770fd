/** Who is looked at now: everything that is due, a few at a time, and nobody waits for one that hangs. */
import { setTimeout as delay } from 'node:timers/promises';
import { createSemaphore } from '../io/semaphore.ts';
import { isLookDue, isRoundDue, monitorIntervalMs } from '../state/look-due.ts';
import type { ServiceWatch } from './service-watch.ts';

export interface RoundsInput {
  watches(): Iterable<ServiceWatch>;
  /** Ms, does not jump with the clock. */
  readonly nowMs: () => number;
  /** Ms since 1970. */
  readonly wallMs: () => number;
  /** A round begins: what was shared in the one before is old. */
  begin(): void;
  /** Resolves when a look may begin. */
  turn(): Promise<void>;
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

/** All services that have no schedule of their own, looked at since one moment: what they ask of an array is asked once. */
interface Round {
  readonly begunMs: number;
  /** Services whose look has not ended. */
  left: number;
}

/** Nothing to compare with before the first round. */
function isMonitored(watch: ServiceWatch): boolean {
  return watch.rounds().endedMs !== undefined && watch.monitored().size > 0;
}

export function createLookRounds(input: RoundsInput): LookRounds {
  const gate = createSemaphore(parallelServices);
  const inRound = new Set<ServiceWatch>();
  const inMonitor = new Set<ServiceWatch>();
  const monitoredMs = new WeakMap<ServiceWatch, number>();
  let round: Round | undefined;
  let lastMs: number | undefined;
  const ended = (one: Round): void => {
    one.left -= 1;
    if (one.left === 0) lastMs = input.nowMs() - one.begunMs;
  };
  const queue = (watch: ServiceWatch, among: Set<ServiceWatch>, look: () => Promise<unknown>, member?: Round): void => {
    among.add(watch);
    if (member !== undefined) member.left += 1;
    const guarded = async (): Promise<void> => {
      try {
        await look();
      } catch (error) {
        input.failed(watch.resident().name, error);
      } finally {
        among.delete(watch);
        if (member !== undefined) ended(member);
      }
    };
    void gate.run(async () => {
      await input.turn();
      await Promise.race([guarded(), delay(slotMs, undefined, { ref: false })]);
    });
  };
  return {
    beat() {
      const nowMs = input.nowMs();
      const isRound = isRoundDue(nowMs, round?.begunMs);
      if (isRound) round = { begunMs: nowMs, left: 0 };
      let begun = false;
      const beginOnce = (): void => {
        if (!begun) input.begin();
        begun = true;
      };
      for (const watch of input.watches()) {
        const schedule = watch.resident().instance.definition.settings.status_schedule;
        if (!inRound.has(watch) && isLookDue({ nowMs, begunMs: watch.rounds().begunMs, wallMs: input.wallMs(), schedule, isRound })) {
          beginOnce();
          monitoredMs.set(watch, nowMs);
          queue(watch, inRound, watch.lookInRound, isRound ? round : undefined);
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
