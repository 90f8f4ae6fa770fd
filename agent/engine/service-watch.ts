/** One service in the daemon: its definition of now, its looks, and the newest status (spec/status.md "Freshness"). */
import type { Shared } from '../driver/context.ts';
import { settledWithin } from './deadline.ts';
import { openStandingKept } from './kept-state.ts';
import { hostOf } from './hosted.ts';
import type { Instance } from './instance.ts';
import { joinInstances } from './instances.ts';
import { rememberedOpenRecords } from './open-records.ts';
import type { PeerAnswer } from './peers.ts';
import type { Resident, RunningAction } from './resident.ts';
import { createRun, createShared, type HangingLook, type Run, type Standing } from './run.ts';
import type { Shown } from './services.ts';
import { evaluateStatus, type KnownLooks } from './status.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { World } from './world.ts';

export interface WatchInput {
  world(): World;
  readonly roundShared: Standing['roundShared'];
  readonly signal: AbortSignal;
  /** Ms, does not jump with the clock. */
  readonly nowMs: () => number;
  /** A new status; `previous` is the one before. */
  published(resident: Resident, previous: StatusDocument | undefined): void;
}

export interface ServiceWatch {
  resident(): Resident;
  /** Resources that are looked at more often, and what must be known for it. */
  readonly monitored: () => ReadonlySet<string>;
  /** When the last look at everything began and ended, on the clock that does not jump; undefined before the first one. */
  readonly rounds: () => { readonly begunMs: number | undefined; readonly endedMs: number | undefined };
  replace(shown: Shown): void;
  /** Looks at everything. A look that is on its way already is good enough for a round, not for who asks for one now. */
  look(): Promise<StatusDocument>;
  lookInRound(): Promise<unknown>;
  lookAtMonitored(): Promise<void>;
  /** What was seen until now is history: an action ended, with this status. */
  acted(document: StatusDocument | undefined): void;
  /** The node is another one than before: everything is looked at again with the next round. */
  again(): void;
  setAction(action: RunningAction | undefined): void;
  setPeers(answers: readonly PeerAnswer[]): void;
  /** After the signal was aborted: looks have a moment to end, and what is known is written. */
  end(): Promise<void>;
}

/** How long an aborted look may take. */
const endMs = 1000;

/** The looks of one definition, until it or the service is changed. */
interface Epoch {
  readonly run: Run;
  readonly known: KnownLooks;
}

export function createServiceWatch(name: string, first: Shown, input: WatchInput): ServiceWatch {
  const kept = openStandingKept(input.world(), name);
  // A look that somebody asks for answers for now: what was told in the round is up to a status interval old.
  let fresh: Shared | undefined;
  const standing: Standing = {
    roundShared: () => fresh ?? input.roundShared(),
    hanging: new Map<string, HangingLook>(),
    kept,
    openRecords: rememberedOpenRecords(input.world(), name),
  };
  let shown = first;
  let epoch = begin(input, shown, standing);
  let monitored = monitoredIn(shown.instance);
  let own: StatusDocument | undefined;
  let resident: Resident = { name, instance: shown.instance, status: undefined, lookedMs: undefined, action: undefined };
  let peers: readonly PeerAnswer[] = [];
  let rounds: { begunMs: number | undefined; endedMs: number | undefined } = { begunMs: undefined, endedMs: undefined };
  let running: Promise<StatusDocument> | undefined;
  let next: Promise<StatusDocument> | undefined;

  const publish = (document: StatusDocument): void => {
    own = document;
    const previous = resident.status;
    const status = joinInstances(shown.instance, document, peers);
    resident = { ...resident, instance: shown.instance, status, lookedMs: input.world().now().getTime() };
    input.published(resident, previous);
  };
  const looking = new Set<Promise<unknown>>();
  const evaluate = (only: ReadonlySet<string> | undefined): Promise<StatusDocument> => {
    const look = lookAt(only);
    looking.add(look);
    const forget = (): void => void looking.delete(look);
    look.then(forget, forget);
    return look;
  };
  const lookAt = async (only: ReadonlySet<string> | undefined): Promise<StatusDocument> => {
    const { run, known } = epoch;
    const isCurrent = (): boolean => known === epoch.known;
    const invalid = shown.invalid === undefined ? {} : { invalid: shown.invalid };
    const document = await evaluateStatus(run, input.signal, { known, isCurrent, ...invalid, ...(only === undefined ? {} : { only }) });
    if (!isCurrent()) return resident.status ?? document;
    // A part of it is new: the whole is as old as its oldest look.
    publish(only === undefined ? document : { ...document, updated: own?.updated ?? document.updated });
    return resident.status ?? document;
  };
  const round = async (): Promise<StatusDocument> => {
    const begun = epoch;
    rounds = { ...rounds, begunMs: input.nowMs() };
    const document = await evaluate(undefined);
    if (begun === epoch) rounds = { ...rounds, endedMs: input.nowMs() };
    return document;
  };
  const start = (answers?: Shared): Promise<StatusDocument> => {
    fresh = answers;
    const started = round().finally(() => {
      if (running !== started) return;
      running = undefined;
      // Looks at what is monitored go on until the next round: what was told for this one is old by then.
      fresh = undefined;
    });
    running = started;
    return started;
  };
  const renew = (): void => {
    epoch = begin(input, shown, standing);
    running = undefined;
    rounds = { ...rounds, endedMs: undefined };
  };

  return {
    resident: () => resident,
    monitored: () => monitored,
    rounds: () => rounds,
    replace(other) {
      shown = other;
      monitored = monitoredIn(other.instance);
      resident = { ...resident, instance: other.instance };
      renew();
    },
    look() {
      if (running === undefined) return start(createShared());
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return start(createShared());
        });
      return next;
    },
    lookInRound: () => running ?? start(),
    async lookAtMonitored() {
      if (own !== undefined) await evaluate(monitored);
    },
    acted(document) {
      renew();
      if (document === undefined) return;
      rounds = { begunMs: input.nowMs(), endedMs: input.nowMs() };
      publish(document);
    },
    again() {
      renew();
      rounds = { begunMs: undefined, endedMs: undefined };
    },
    setAction(action) {
      resident = { ...resident, action };
    },
    setPeers(answers) {
      peers = answers;
      if (own !== undefined) publish(own);
    },
    async end() {
      await settledWithin(Promise.allSettled(looking), endMs);
      await kept.flush();
    },
  };
}

function begin(input: WatchInput, { instance }: Shown, standing: Standing): Epoch {
  return { run: createRun(input.world(), instance, {}, standing), known: new Map() };
}

/** With the containers they live in: what is inside cannot be told without. */
function monitoredIn({ resources }: Instance): ReadonlySet<string> {
  const monitored = resources.filter(({ traits }) => traits.monitored && !traits.disabled);
  return new Set(monitored.flatMap((resource) => [resource.rid, hostOf(resource) ?? resource.rid]));
}
