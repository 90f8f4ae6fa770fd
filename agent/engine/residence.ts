/** The daemon's memory and heart: services, looks in rounds, changed files, parts that live on them. */
import { asSvcError, SvcError } from '../errors.ts';
import { statusIntervalMs } from '../state/look-due.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { type Courtesy, createCourtesy } from './courtesy.ts';
import { settledWithin } from './deadline.ts';
import { createEventHub, type EventHub } from './event-hub.ts';
import { scan } from './file-round.ts';
import { createLookRounds, type LookRounds } from './look-rounds.ts';
import { actByItself, listenerOf } from './own-actions.ts';
import { askPeers } from './peer-round.ts';
import { type Core, forParts, type ResidenceInput, say } from './residence-core.ts';
import type { Residence } from './resident.ts';
import { createShared } from './run.ts';
import { createServiceFiles } from './service-files.ts';
import { shownNow } from './shown-status.ts';
import type { ActionListener } from './world.ts';

export interface Reloaded {
  readonly services: number;
  /** What is wrong with files that were read. */
  readonly invalid: readonly string[];
}

export interface Daemon extends Residence {
  readonly events: EventHub;
  /** Reads every file and begins the first round. Touches nothing. */
  open(): Promise<void>;
  /** About every second, by the composition root. */
  beat(): void;
  /** Files may have changed: they are looked at with the next beat. */
  filesChanged(): void;
  /** Takes what is in the files now. */
  reload(): Promise<Reloaded>;
  /** The newest status, as it may be shown now: with its age, and with what runs here. */
  shown(service: string): StatusDocument | undefined;
  /** Another process acted: what is in memory is not shown before it was looked at again. */
  touched(service: string): void;
  readonly actions: ActionListener;
  /** Runs an action of somebody else: looks that have not begun wait for it a little. */
  readonly first: Courtesy['during'];
  /** Services looked at or waiting for it. */
  busyLooks(): number;
  lastRoundMs(): number | undefined;
  /** Begins nothing automatic any more; what runs of it is aborted after `graceMs`. */
  stop(reason: SvcError, graceMs: number): Promise<void>;
}

export function createResidence(input: ResidenceInput): Daemon {
  const core = createCore(input);
  const rounds = roundsOf(core);
  const daemon: Daemon = {
    ...memoryOf(core),
    act: (service, asked, reason) => actByItself(core, daemon.actions, service, asked, reason),
    actions: listenerOf(core),
    first: core.courtesy.during,
    open: async () => {
      core.parts = input.parts?.(daemon) ?? [];
      await scan(core, true);
      rounds.beat();
    },
    beat: () => beat(core, rounds),
    filesChanged: () => {
      core.filesDueMs = 0;
    },
    reload: () => reload(core),
    busyLooks: () => rounds.busy(),
    lastRoundMs: () => rounds.lastMs(),
    stop: async (reason, graceMs) => {
      core.closing = true;
      await Promise.all([settledWithin(Promise.allSettled(core.working), graceMs), ...core.parts.map((part) => part.stop?.())]);
      core.stopping.abort(reason);
      await Promise.allSettled(core.working);
      await Promise.allSettled([...core.watches.values()].map((watch) => watch.end()));
    },
  };
  return daemon;
}

function createCore(input: ResidenceInput): Core {
  const nowMs = input.nowMs ?? (() => performance.now());
  const core: Core = {
    input,
    nowMs,
    stopping: new AbortController(),
    watches: new Map(),
    events: createEventHub(() => core.world.now()),
    files: createServiceFiles(() => core.world, nowMs),
    working: new Set(),
    courtesy: createCourtesy(nowMs),
    world: input.world,
    parts: [],
    shared: createShared(),
    filesDueMs: 0,
    peersDueMs: 0,
    told: new WeakMap(),
    scanning: Promise.resolve(),
    closing: false,
  };
  return core;
}

function memoryOf(core: Core): Pick<Daemon, 'world' | 'all' | 'get' | 'signal' | 'events' | 'tell' | 'look' | 'shown' | 'touched'> {
  const { watches, events, stopping, nowMs } = core;
  return {
    world: () => core.world,
    all: () => [...watches.values()].map((watch) => watch.resident()).sort((a, b) => (a.name < b.name ? -1 : 1)),
    get: (service) => watches.get(service)?.resident(),
    signal: stopping.signal,
    events,
    tell: events.tell,
    look: async (service) => {
      const watch = watches.get(service);
      if (watch === undefined) throw new SvcError('NOT_FOUND', `no service ${service}`);
      return watch.look();
    },
    shown: (service) => shownNow(watches.get(service), nowMs(), core.world.now().getTime()),
    touched: (service) => {
      const watch = watches.get(service);
      watch?.acted(undefined);
      void watch?.look().catch(() => undefined);
    },
  };
}

function roundsOf(core: Core): LookRounds {
  return createLookRounds({
    watches: () => core.watches.values(),
    nowMs: core.nowMs,
    wallMs: () => core.world.now().getTime(),
    begin: () => {
      core.shared = createShared();
    },
    turn: () => core.courtesy.turn(),
    failed: (service, error) => {
      if (!core.stopping.signal.aborted) say(core, 'error', `the status could not be evaluated: ${asSvcError(error).message}`, service);
    },
  });
}

function beat(core: Core, rounds: LookRounds): void {
  const nowMs = core.nowMs();
  if (nowMs >= core.filesDueMs) void scan(core, false).catch(() => undefined);
  rounds.beat();
  if (nowMs >= core.peersDueMs) {
    // Not before the questions of this round have ended.
    core.peersDueMs = Number.POSITIVE_INFINITY;
    const next = (): void => {
      core.peersDueMs = nowMs + statusIntervalMs;
    };
    askPeers(core.world, core.watches.values(), core.told, core.stopping.signal).then(next, next);
  }
  forParts(core, (part) => part.beat?.(core.world.now()));
}

async function reload(core: Core): Promise<Reloaded> {
  const { loaded, unreadable } = await scan(core, true);
  const invalid = [...loaded].flatMap(([name, shown]) => (shown.invalid === undefined ? [] : [`${name}: ${shown.invalid}`]));
  return { services: core.watches.size, invalid: [...invalid, ...[...unreadable].map(([name, { message }]) => `${name}: ${message}`)] };
}
