/** One status round or one action on one service: what its resources share while it lasts. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ContextInput, createObserve, type Memory, type Shared } from '../driver/context.ts';
import type { Log, Report, ResourceView } from '../driver/contract.ts';
import type { Doors } from '../driver/doors.ts';
import type { Line } from '../driver/log-line.ts';
import { SvcError } from '../errors.ts';
import type { JournalRecord } from '../journal/record.ts';
import { lazyDoors, placeOf } from '../driver/targets.ts';
import { doorsOf, innerDoors, type Ways } from './entrances.ts';
import { type Instance, type Resource, scopeName } from './instance.ts';
import { type KeptStore, openKept } from './kept-state.ts';
import { openMemory } from './memory.ts';
import { openRecordsOf } from './open-records.ts';
import { roundDoors } from './round-doors.ts';
import { peerInput } from './peer-input.ts';
import type { World } from './world.ts';

export interface Run {
  readonly world: World;
  /** Of this node. */
  readonly doors: Doors;
  readonly instance: Instance;
  /** When it began, ms since 1970. */
  readonly begunMs: number;
  readonly memory: Memory;
  readonly shared: Shared;
  /** Of all services that are looked at in this round; undefined in an action, which looks for itself. */
  readonly round: Shared | undefined;
  /** The newest report of each resource in this run. */
  readonly reports: Map<string, Report>;
  /** Looks that have not settled yet, by rid, also when nobody waits for them any more. */
  readonly hanging: Map<string, HangingLook>;
  /** What is kept of the instance between two looks. */
  readonly kept: KeptStore;
  /** Records of the actions that have no end. */
  openRecords(): Promise<readonly JournalRecord[]>;
  /** Set in a run that only looks, for as long as the daemon lives. */
  readonly standing: Standing | undefined;
  log(rid?: string): Log;
}

/** A look that has not settled. */
export interface HangingLook {
  readonly run: Run;
  readonly asked: Promise<Report>;
  /** By performance.now(), ms. */
  readonly sinceMs: number;
}

/** What the run of a service in the daemon does not own alone, or keeps from round to round. */
export interface Standing {
  readonly hanging: Map<string, HangingLook>;
  /** Answers that every service of the round may use: of now, another round has others. */
  roundShared(): Shared;
  readonly kept: KeptStore;
  openRecords(): Promise<readonly JournalRecord[]>;
}

export interface RunFields {
  readonly action?: string;
  readonly sid?: string;
  readonly dryRun?: boolean;
}

export function createRun(world: World, instance: Instance, fields: RunFields = {}, standing?: Standing): Run {
  const base = { service: instance.name, ...fields };
  return {
    world,
    doors: roundDoors(world, standing),
    instance,
    begunMs: world.now().getTime(),
    memory: openMemory(world, instance.name),
    shared: createShared(),
    round: fields.action === undefined ? world.round : undefined,
    reports: new Map(),
    hanging: standing?.hanging ?? new Map(),
    kept: standing?.kept ?? openKept(world, instance.name),
    openRecords: standing?.openRecords ?? (() => openRecordsOf(world, instance.name)),
    standing,
    log: (rid) => {
      const say = (level: Line['level']) => (text: string) =>
        world.sink({ at: world.now(), level, text, ...base, ...(rid === undefined ? {} : { rid }) });
      return { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') };
    },
  };
}

/** What a context of this resource is built from. */
export function contextInput(run: Run, resource: Resource, signal: AbortSignal): ContextInput {
  const { world, instance } = run;
  return {
    service: instance.name,
    rid: resource.rid,
    config: resource.config,
    reads: resource.driver.reads(resource.config as never),
    ...peerInput(run, resource, signal),
    runFolder: join(world.paths.run, 'flags'),
    logFolder: world.paths.log,
    scope: scopeName(instance.name, resource.rid),
    log: run.log(resource.rid),
    signal,
    ...whereTo(run, resource, signal),
    shared: run.shared,
    round: run.standing?.roundShared() ?? run.round,
    outdates: world.round,
    memory: run.memory,
    configOn: (node) => configOn(run, resource, node),
    section: (name) => {
      const values = name === 'node' ? textsOf(world.node.settings) : world.node.sections.get(name);
      return values === undefined ? undefined : { name, values };
    },
    devicesOf: async (rid) => {
      const sibling = instance.resources.find((one) => one.rid === rid);
      const found = await sibling?.driver.devices?.(createObserve(contextInput(run, sibling, signal)));
      return found ?? { uses: [], gives: [] };
    },
    resources: () => instance.resources.map((sibling) => viewOf(sibling, run.reports.get(sibling.rid))),
  };
}

/** The settings of the node that are plain texts. */
function textsOf(settings: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(settings).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Its own doors, and the way to others: an encapsulated resource lives in its container, with nothing of ours installed in there. */
function whereTo(
  run: Run,
  resource: Resource,
  signal: AbortSignal,
): Pick<ContextInput, 'node' | 'doors' | 'doorsFor' | 'place' | 'marked'> {
  const { world, instance } = run;
  const ways: Ways = {
    world,
    instance,
    observe: (container) => createObserve(contextInput(run, container, signal)),
    once: run.shared.once,
  };
  const doorsFor: ContextInput['doorsFor'] = (target) => doorsOf(ways, target);
  const { inside } = resource;
  if (inside === undefined) return { node: instance.node, doors: run.doors, doorsFor, ...markedOnce(run) };
  return { node: inside.node, doors: lazyDoors(() => innerDoors(ways, resource)), doorsFor, place: placeOf(inside) };
}

/** In the daemon's rounds: a thousand applications that are down would each read the environment of every process. */
function markedOnce({ world, standing }: Run): Pick<ContextInput, 'marked'> {
  const read = world.doors.markedProcesses;
  return standing === undefined || read === undefined ? {} : { marked: () => standing.roundShared().once('marks of processes', read) };
}

/** Folders that drivers and launched applications write into. A disk without room must not keep a stop from going on. */
export async function prepareFolders({ world, log }: Run): Promise<void> {
  for (const folder of [world.paths.run, world.paths.log, world.paths.state]) {
    await mkdir(folder, { recursive: true, mode: 0o755 }).catch((error: unknown) => log().warn(`cannot make ${folder}: ${String(error)}`));
  }
}

function viewOf({ rid, type, label, config, traits }: Resource, report: Report | undefined): ResourceView {
  return { rid, type, label, config, report, standby: traits.standby };
}

/** The same section of the file, as another node reads it. */
async function configOn({ world, instance }: Run, { rid }: Resource, node: string): Promise<Readonly<Record<string, unknown>>> {
  const { openService } = await import('./services.ts');
  const found = (await openService(world, instance.name, node)).definition?.resources.find((one) => one.rid === rid);
  if (found === undefined)
    throw new SvcError('CONFIG', `${rid} cannot be read as ${node} would`, { hint: `svcmgr -s ${instance.name} validate` });
  return found.config;
}

/** One answer per key, until it is forgotten. */
export function createShared(): Shared {
  const answers = new Map<string, Promise<unknown>>();
  return {
    once: <V>(key: string, probe: () => Promise<V>) => {
      const known = answers.get(key);
      if (known !== undefined) return known as Promise<V>;
      const asked = probe();
      answers.set(key, asked);
      // A failure is no answer: it may only have been the time limit of the one who asked first.
      asked.catch(() => {
        if (answers.get(key) === asked) answers.delete(key);
      });
      return asked;
    },
    forgetAll: () => answers.clear(),
  };
}
