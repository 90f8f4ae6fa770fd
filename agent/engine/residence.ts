/** The daemon's memory and heart: services, looks in rounds, changed files, parts that live on them. */
import { asSvcError, SvcError } from '../errors.ts';
import { statusIntervalMs } from '../state/look-due.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { ActionRequest } from './action-state.ts';
import { type ActionResult, runAction } from './action.ts';
import { createEventHub, type EventHub } from './event-hub.ts';
import { createLookRounds, type LookRounds } from './look-rounds.ts';
import { askPeers } from './peer-round.ts';
import type { Residence, ResidentPart } from './resident.ts';
import { createShared } from './run.ts';
import { createServiceFiles, type FileChanges, type ServiceFiles } from './service-files.ts';
import { createServiceWatch, type ServiceWatch, type WatchInput } from './service-watch.ts';
import { shownNow } from './shown-status.ts';
import { statusChanges } from './status-changes.ts';
import type { ActionListener, World } from './world.ts';

export interface ResidenceInput {
  readonly world: World;
  /** The world after the node file changed; undefined: it is not valid, and the one of before serves on. */
  renew(before: World): Promise<World | undefined>;
  readonly parts?: (residence: Residence) => readonly ResidentPart[];
  /** Ms, does not jump with the clock; default performance.now. */
  readonly nowMs?: () => number;
}

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
  /** Services looked at or waiting for it. */
  busyLooks(): number;
  stop(reason: SvcError): Promise<void>;
}

/** Files are looked at this often, also when nobody says that they changed. */
const filesIntervalMs = 10_000;

interface Core {
  readonly input: ResidenceInput;
  readonly nowMs: () => number;
  readonly stopping: AbortController;
  readonly watches: Map<string, ServiceWatch>;
  readonly events: EventHub;
  readonly files: ServiceFiles;
  /** Automatic actions that run. */
  readonly working: Set<Promise<unknown>>;
  world: World;
  parts: readonly ResidentPart[];
  shared: ReturnType<typeof createShared>;
  filesDueMs: number;
  peersDueMs: number;
  scanning: Promise<unknown>;
}

export function createResidence(input: ResidenceInput): Daemon {
  const core = createCore(input);
  const rounds = roundsOf(core);
  const daemon: Daemon = {
    ...memoryOf(core),
    act: (service, asked, reason) => actByItself(core, daemon.actions, service, { ...plainRequest, ...asked, reason }),
    actions: listenerOf(core),
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
    stop: async (reason) => {
      core.stopping.abort(reason);
      await Promise.allSettled([...core.parts.map((part) => part.stop?.()), ...core.working]);
      for (const watch of core.watches.values()) await watch.flush().catch(() => undefined);
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
    world: input.world,
    parts: [],
    shared: createShared(),
    filesDueMs: 0,
    peersDueMs: 0,
    scanning: Promise.resolve(),
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
    shown: (service) => shownNow(watches.get(service), nowMs()),
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
    core.peersDueMs = nowMs + statusIntervalMs;
    void askPeers(core.world, [...core.watches.values()], core.stopping.signal).catch(() => undefined);
  }
  forParts(core, (part) => part.beat?.(core.world.now()));
}

function forParts(core: Core, work: (part: ResidentPart) => void): void {
  for (const part of core.parts) {
    try {
      work(part);
    } catch (error) {
      say(core, 'error', `${part.name}: ${asSvcError(error).message}`);
    }
  }
}

function say({ world }: Core, level: 'info' | 'warn' | 'error', text: string, service?: string): void {
  world.sink({ at: world.now(), level, text, ...(service === undefined ? {} : { service }) });
}

/** One scan after the other. */
function scan(core: Core, atOnce: boolean): Promise<FileChanges> {
  core.filesDueMs = core.nowMs() + filesIntervalMs;
  const scanned = core.scanning.then(async () => {
    const changes = await core.files.scan(atOnce);
    await takeFiles(core, changes);
    return changes;
  });
  core.scanning = scanned.catch((error: unknown) => say(core, 'error', `files: ${asSvcError(error).message}`));
  return scanned;
}

async function takeFiles(core: Core, { loaded, unreadable, gone, nodeFile, unsettled }: FileChanges): Promise<void> {
  const { watches, events } = core;
  for (const [name, shown] of loaded) {
    const watch = watches.get(name);
    if (watch === undefined) watches.set(name, createServiceWatch(name, shown, watchInput(core)));
    watch?.replace(shown);
    void watch?.look().catch(() => undefined);
    const { invalid } = shown;
    if (invalid !== undefined) say(core, 'warn', `the file is not valid, the last good definition serves on: ${invalid}`, name);
    if (watch === undefined && invalid === undefined) continue;
    events.tell({ kind: 'config', service: name, rid: null, text: invalid ?? 'file read again', facts: { valid: invalid === undefined } });
  }
  for (const [name, error] of unreadable) say(core, 'error', error.message, name);
  for (const name of gone) {
    watches.delete(name);
    forParts(core, (part) => part.onGone?.(name));
    events.tell({ kind: 'config', service: name, rid: null, text: 'the file is gone; what runs is left alone', facts: {} });
  }
  if (nodeFile) core.world = (await core.input.renew(core.world)) ?? core.world;
  if (unsettled) core.filesDueMs = 0;
}

function watchInput(core: Core): WatchInput {
  return {
    world: () => core.world,
    roundShared: () => core.shared,
    signal: core.stopping.signal,
    nowMs: core.nowMs,
    published: (resident, previous) => {
      for (const change of statusChanges(resident, previous)) core.events.tell(change);
      forParts(core, (part) => part.onStatus?.(resident, previous));
    },
  };
}

async function reload(core: Core): Promise<Reloaded> {
  const { loaded, unreadable } = await scan(core, true);
  const invalid = [...loaded].flatMap(([name, shown]) => (shown.invalid === undefined ? [] : [`${name}: ${shown.invalid}`]));
  return { services: core.watches.size, invalid: [...invalid, ...[...unreadable].map(([name, { message }]) => `${name}: ${message}`)] };
}

/** As a bare command line has it, but that it does not wait for another action: what is automatic tries again. */
const plainRequest: Omit<ActionRequest, 'verb'> = { allow: [], force: false, dryRun: false, rollback: true, waitMs: 0 };

function actByItself(core: Core, onAction: ActionListener, service: string, request: ActionRequest): Promise<ActionResult> {
  const { signal } = core.stopping;
  const world: World = { ...core.world, who: { user: 'svcmgrd' }, onAction };
  const done = signal.aborted ? Promise.reject(signal.reason) : runAction(world, service, request, signal);
  core.working.add(done);
  const forget = (): void => void core.working.delete(done);
  done.then(forget, forget);
  return done;
}

function listenerOf(core: Core): ActionListener {
  return {
    begun: (service, verb) => {
      core.watches.get(service)?.setAction({ verb, sinceMs: core.world.now().getTime() });
      core.events.tell({ kind: 'action', service, rid: null, text: `${verb} began`, facts: { verb } });
    },
    ended: (service, status) => {
      // What tools said before is history.
      core.shared = createShared();
      const watch = core.watches.get(service);
      watch?.setAction(undefined);
      watch?.acted(status);
      if (status === undefined) void watch?.look().catch(() => undefined);
      core.events.tell({ kind: 'action', service, rid: null, text: 'an action ended', facts: { overall: status?.overall ?? null } });
    },
  };
}
