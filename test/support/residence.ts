/** The daemon in memory, without its loop: a bench whose services are looked at when the test says so, with parts that live on them. */
import { runAction } from '../../agent/engine/action.ts';
import type { DaemonEvent, Residence, Resident, ResidentPart } from '../../agent/engine/resident.ts';
import { loadForStatus } from '../../agent/engine/services.ts';
import { statusOf } from '../../agent/engine/service-status.ts';
import type { ActionResult } from '../../agent/engine/action.ts';
import { type Bench, requestFor } from './engine.ts';

export interface TestResidence extends Residence {
  readonly events: readonly DaemonEvent[];
  /** Every action asked for, as `start app#1` or `sync update sync#1`. */
  readonly acts: readonly string[];
  live(part: ResidentPart): void;
  /** Moves the clock and beats. */
  beat(afterMs: number): void;
  forget(service: string): void;
  leave(): void;
}

export function createTestResidence(bench: Bench): TestResidence {
  const residents = new Map<string, Resident>();
  const parts: ResidentPart[] = [];
  const events: DaemonEvent[] = [];
  const acts: string[] = [];
  const leaving = new AbortController();
  const { world } = bench;
  const put = (next: Resident, previous: Resident | undefined): void => {
    residents.set(next.name, next);
    if (next.status !== undefined && next.status !== previous?.status) for (const part of parts) part.onStatus?.(next, previous?.status);
  };
  const look: Residence['look'] = async (service) => {
    const { instance } = await loadForStatus(world, service);
    const status = await statusOf(world, service, leaving.signal);
    const before = residents.get(service);
    put({ name: service, instance, status, lookedMs: world.now().getTime(), action: before?.action }, before);
    return status;
  };
  const act: Residence['act'] = async (service, request, reason): Promise<ActionResult> => {
    leaving.signal.throwIfAborted();
    acts.push([request.verb, request.sync, request.rid].filter((word) => word !== undefined).join(' '));
    const { verb, ...options } = request;
    const set = (action: Resident['action'], status?: Resident['status']): void => {
      const before = residents.get(service);
      if (before !== undefined) put({ ...before, action, status: status ?? before.status }, before);
    };
    set({ verb, sinceMs: world.now().getTime() });
    try {
      const result = await runAction(world, service, requestFor(verb, { ...options, reason, waitMs: 0 }), leaving.signal);
      set(undefined, result.status);
      return result;
    } catch (error) {
      set(undefined);
      throw error;
    }
  };
  return {
    events,
    acts,
    live: (part) => void parts.push(part),
    beat: (afterMs) => {
      bench.wait(afterMs);
      for (const part of parts) part.beat?.(world.now());
    },
    forget: (service) => {
      residents.delete(service);
      for (const part of parts) part.onGone?.(service);
    },
    leave: () => leaving.abort(),
    world: () => world,
    all: () => [...residents.values()],
    get: (service) => residents.get(service),
    act,
    look,
    tell: (event) => void events.push({ at: world.now().toISOString(), ...event }),
    signal: leaving.signal,
  };
}
