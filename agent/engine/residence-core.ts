/** What the parts of the daemon's engine share. */
import { asSvcError } from '../errors.ts';
import type { Courtesy } from './courtesy.ts';
import type { EventHub } from './event-hub.ts';
import type { PeersTold } from './peer-round.ts';
import type { Residence, ResidentPart } from './resident.ts';
import type { createShared } from './run.ts';
import type { ServiceFiles } from './service-files.ts';
import type { ServiceWatch } from './service-watch.ts';
import type { World } from './world.ts';

export interface ResidenceInput {
  readonly world: World;
  /** The world after the node file changed; undefined: it is not valid, and the one of before serves on. */
  renew(before: World): Promise<World | undefined>;
  readonly parts?: (residence: Residence) => readonly ResidentPart[];
  /** Ms, does not jump with the clock; default performance.now. */
  readonly nowMs?: () => number;
}

export interface Core {
  readonly input: ResidenceInput;
  readonly nowMs: () => number;
  readonly stopping: AbortController;
  readonly watches: Map<string, ServiceWatch>;
  readonly events: EventHub;
  readonly files: ServiceFiles;
  /** Automatic actions that run. */
  readonly working: Set<Promise<unknown>>;
  readonly courtesy: Courtesy;
  world: World;
  parts: readonly ResidentPart[];
  shared: ReturnType<typeof createShared>;
  filesDueMs: number;
  peersDueMs: number;
  readonly told: PeersTold;
  scanning: Promise<unknown>;
  /** Nothing automatic begins any more. */
  closing: boolean;
}

/** A part that throws is named in the log, and the others go on. */
export function forParts(core: Core, work: (part: ResidentPart) => void): void {
  for (const part of core.parts) {
    try {
      work(part);
    } catch (error) {
      say(core, 'error', `${part.name}: ${asSvcError(error).message}`);
    }
  }
}

export function say({ world }: Core, level: 'info' | 'warn' | 'error', text: string, service?: string): void {
  world.sink({ at: world.now(), level, text, ...(service === undefined ? {} : { service }) });
}
