/**
 * What the daemon is made of, as types: the services it keeps in memory, and the parts that live on them (monitor, scheduler,
 * metrics). Parts get everything they may touch from here; they own no timer, no lock and no journal. Types only.
 */
import type { StatusDocument } from '../state/status-document.ts';
import type { ActionRequest } from './action-state.ts';
import type { ActionResult } from './action.ts';
import type { Instance } from './instance.ts';
import type { World } from './world.ts';

/** A service as the daemon knows it now. A new record replaces it at each change; it is never changed in place. */
export interface Resident {
  readonly name: string;
  /** Of the present file, or of the last good one while the file is not valid. */
  readonly instance: Instance;
  /** The newest status; undefined until the first look ended. */
  readonly status: StatusDocument | undefined;
  /** When that look ended, ms since 1970. */
  readonly lookedMs: number | undefined;
  /** The action that runs in this daemon; what other processes do stands in `status.monitor`. */
  readonly action: RunningAction | undefined;
}

export interface RunningAction {
  readonly verb: string;
  /** Ms since 1970. */
  readonly sinceMs: number;
}

/** The verb and what it is about; whatever is left out is as a bare command line would have it. */
export type AutomaticRequest = Pick<ActionRequest, 'verb'> & Partial<ActionRequest>;

/** What happened, for whoever follows the events. */
export interface DaemonEvent {
  /** ISO 8601. */
  readonly at: string;
  readonly kind: 'state' | 'action' | 'config' | 'monitor' | 'schedule' | 'daemon';
  /** Null: of the node. */
  readonly service: string | null;
  readonly rid: string | null;
  readonly text: string;
  readonly facts: Readonly<Record<string, string | number | boolean | null>>;
}

/** The daemon as its parts see it. */
export interface Residence {
  /** The world of now: it is another one after the node file changed. */
  world(): World;
  /** By name, sorted. */
  all(): readonly Resident[];
  get(service: string): Resident | undefined;
  /**
   * The way in for everything automatic: lock, blockers, journal (who = svcmgrd, with the reason) as any other action. Rejects as
   * runAction does; its result has the error of an action that ran and failed. CANCELLED once the daemon is being stopped.
   */
  act(service: string, request: AutomaticRequest, reason: string): Promise<ActionResult>;
  /** Looks now, at everything; the answer is in memory when it settles. */
  look(service: string): Promise<StatusDocument>;
  tell(event: Omit<DaemonEvent, 'at'>): void;
  /** Aborts when the daemon is being stopped. */
  readonly signal: AbortSignal;
}

/** A part of the daemon. What it throws is logged, and touches neither the other parts nor the status loop. */
export interface ResidentPart {
  readonly name: string;
  /**
   * After each look, also one at the monitored resources alone; `previous` is the status before, undefined for the first one. Must
   * return at once: what takes long goes on by itself.
   */
  onStatus?(resident: Resident, previous: StatusDocument | undefined): void;
  /** About every second. Must return at once. */
  beat?(now: Date): void;
  /** The service file is gone, or the daemon leaves: forget it. */
  onGone?(service: string): void;
  /** The daemon is being stopped: settles when nothing of this part is at work any more. */
  stop?(): Promise<void>;
}
