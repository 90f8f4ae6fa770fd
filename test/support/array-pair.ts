/** Two agents and the two arrays of the HP 3PAR document, in this process: the engine and the real ssh to simulated arrays; the other agent is asked without ssh. */
import path from 'node:path';
import type { ActionRequest } from '../../agent/engine/action-state.ts';
import { type ActionResult, runAction } from '../../agent/engine/action.ts';
import { openArrayWays } from '../../agent/engine/array-ways.ts';
import { loadNode } from '../../agent/engine/node.ts';
import type { Peers } from '../../agent/engine/peers.ts';
import { readinessHere } from '../../agent/engine/readiness.ts';
import { statusOf } from '../../agent/engine/service-status.ts';
import type { World } from '../../agent/engine/world.ts';
import type { Line } from '../../agent/driver/log-line.ts';
import { createRegistry } from '../../agent/driver/registry.ts';
import type { Doors } from '../../agent/driver/doors.ts';
import { SvcError } from '../../agent/errors.ts';
import { createDoors } from '../../agent/io/doors.ts';
import { findWho } from '../../agent/io/identity.ts';
import { openScopes } from '../../agent/io/scope.ts';
import { findPaths } from '../../agent/paths.ts';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { documentPair, type SimConfig } from '../sim/hp3par/config.ts';
import { makeStage, removeStage, type Stage as ArrayStage } from '../sim/hp3par/use.ts';
import { createStage, doubleDriver, type Stage } from './doubles.ts';
import { requestFor, svc } from './engine.ts';
import { type Home, makeHome } from './home.ts';
import { arraySections, documentService, documentSides } from './hp3par-document.ts';
import { projectRoot } from './imports.ts';

export interface Site {
  readonly name: 'node1' | 'node2';
  readonly array: string;
  readonly rcg: string;
  readonly home: Home;
  readonly world: World;
  readonly stage: Stage;
  readonly lines: Line[];
  /** Its agent does not answer. */
  dead: boolean;
  start(options?: Partial<ActionRequest>): Promise<ActionResult>;
  stop(): Promise<ActionResult>;
  sync(method: string, options?: Partial<ActionRequest>): Promise<ActionResult>;
  status(): Promise<StatusDocument>;
  /** Texts of its log about sync#1 since the last call, debug left out. */
  said(): readonly string[];
  close(): Promise<void>;
}

export interface Pair {
  readonly arrays: ArrayStage;
  readonly node1: Site;
  readonly node2: Site;
  /** Commands that changed something on either array so far: `hp3par1: stoprcopygroup -f MYRCG`. */
  changes(): readonly string[];
  role(site: Site): string;
  close(): Promise<void>;
}

export interface PairOptions {
  readonly config?: (config: SimConfig) => SimConfig;
  /** Lines behind those of [sync#1]. */
  readonly keywords?: string;
  /** Lines of each array section. */
  readonly section?: string;
}

/** Inside `describe`: both for each test, removed after it whatever happened. */
export function usePair(options: PairOptions = {}): () => Pair {
  let pair: Pair | undefined;
  beforeEach('make two nodes with two arrays', async () => {
    pair = await makePair(options);
  });
  afterEach('remove them', async () => {
    await pair?.close();
    pair = undefined;
  });
  return () => {
    if (pair === undefined) throw new Error('the pair exists only inside a test');
    return pair;
  };
}

export async function makePair({ config = (one) => one, keywords = '', section = '' }: PairOptions = {}): Promise<Pair> {
  const arrays = await makeStage((user) => config(documentPair(user)));
  const isDead = (array: string) => arrays.sim.controls.state()[array]?.alive === false;
  const sites: Site[] = [];
  const homes = documentSides.map(() => makeHome());
  for (const [at, side] of documentSides.entries()) {
    const home = homes[at] as Home;
    home.node(nodeText(arrays, homes, section));
    home.service(svc, documentService(keywords));
    sites.push(await makeSite(side, home, () => sites, isDead));
  }
  const [node1, node2] = sites as [Site, Site];
  return {
    arrays,
    node1,
    node2,
    changes: () =>
      arrays.sim.controls
        .log()
        .filter(({ line }) => !/^(show|setclienv|exit)/.test(line))
        .map(({ array, line }) => `${array.split('.')[0]}: ${line}`),
    role: ({ array, rcg }) => arrays.sim.controls.state()[array]?.groups[rcg]?.role ?? 'no group',
    close: async () => {
      for (const site of sites) await site.close();
      await removeStage(arrays);
    },
  };
}

/** What both nodes know: the arrays and each other. */
function nodeText({ sim, user, folder }: ArrayStage, homes: readonly Home[], section: string): string {
  const ofNodes = documentSides.map(({ name }, at) => `[host#${name}]\nhome = ${homes[at]?.folder}\n`);
  return `[node]\npeer_timeout = 5s\n${arraySections(folder, sim.ssh, user, section)}\n${ofNodes.join('\n')}`;
}

async function makeSite(
  side: (typeof documentSides)[number],
  home: Home,
  sites: () => readonly Site[],
  isDead: (array: string) => boolean,
): Promise<Site> {
  const paths = findPaths({ SVCMGR_HOME: home.folder });
  const { definition } = await loadNode(paths.nodeFile, { SVCMGR_NODENAME: side.name });
  const stage = createStage();
  const lines: Line[] = [];
  const doors = createDoors(openScopes(paths.state));
  const ways = openArrayWays(definition, doors);
  const siteNamed = (name: string): Site => {
    const found = sites().find((site) => site.name === name);
    if (found === undefined || found.dead)
      throw new SvcError('UNREACHABLE', `${name}: no route to host`, { facts: { level: 'client-socket' } });
    return found;
  };
  // A port that nobody listens at is an answer; a dead array gives none.
  const arrayDoors = async (array: string): Promise<Doors> => {
    if (isDead(array)) throw new SvcError('UNREACHABLE', `${array}: no route to host`, { facts: { level: 'client-socket' } });
    return ways.doorsFor(array);
  };
  const world: World = {
    paths,
    node: definition,
    registry: createRegistry({ folder: path.join(projectRoot, 'drivers'), extra: { 'fs.double': doubleDriver(stage) } }),
    doors,
    doorsFor: (target) => ('array' in target ? arrayDoors(target.array) : siteNamed('node' in target ? target.node : '').world.doors),
    peers: peersOf(siteNamed),
    now: () => new Date(),
    sink: (line) => void lines.push(line),
    who: findWho({}),
    reservedNames: [],
  };
  const act = (request: ActionRequest) => runAction(world, svc, request, new AbortController().signal);
  let told = 0;
  return {
    ...side,
    home,
    world,
    stage,
    lines,
    dead: false,
    start: (options) => act(requestFor('start', options)),
    stop: () => act(requestFor('stop')),
    sync: (sync, options) => act(requestFor('sync', { sync, rid: 'sync#1', ...options })),
    status: () => statusOf(world, svc, new AbortController().signal),
    said: () => {
      const fresh = lines.slice(told).filter(({ level, rid }) => level !== 'debug' && rid === 'sync#1');
      told = lines.length;
      return fresh.map(({ text }) => text);
    },
    close: async () => {
      await ways.close();
      home.remove();
    },
  };
}

function peersOf(siteNamed: (name: string) => Site): Peers {
  return {
    ask: async (node, service, { signal }) => {
      try {
        const status = await statusOf(siteNamed(node).world, service, signal);
        return { node, reachable: true, status, fault: undefined, skewMs: 0, askedMs: 1 };
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        return { node, reachable: false, status: undefined, fault: { kind: 'unreachable', text }, skewMs: undefined, askedMs: 1 };
      }
    },
    read: async (node, _argv, { signal }) => ({
      exitCode: 0,
      document: await readinessHere(siteNamed(node).world, svc, signal),
      stderr: '',
    }),
    act: () => Promise.reject(new SvcError('UNSUPPORTED', 'no remote actions in this pair')),
  };
}
