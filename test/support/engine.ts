/** The engine in a temporary home, with doubles for drivers: what its tests begin with. */
import type { ActionRequest, Verb } from '../../agent/engine/action-state.ts';
import { type ActionResult, runAction } from '../../agent/engine/action.ts';
import { loadNode } from '../../agent/engine/node.ts';
import { statusOf } from '../../agent/engine/service-status.ts';
import type { World } from '../../agent/engine/world.ts';
import type { Driver } from '../../agent/driver/contract.ts';
import type { Doors } from '../../agent/driver/doors.ts';
import type { Line } from '../../agent/driver/log-line.ts';
import { createRegistry } from '../../agent/driver/registry.ts';
import { SvcError } from '../../agent/errors.ts';
import { createDoors } from '../../agent/io/doors.ts';
import { findWho } from '../../agent/io/identity.ts';
import { openScopes } from '../../agent/io/scope.ts';
import { findPaths } from '../../agent/paths.ts';
import type { StatusDocument } from '../../agent/state/status-document.ts';
import { readRecords } from '../../agent/journal/read.ts';
import type { JournalRecord } from '../../agent/journal/record.ts';
import { createStage, doubleDriver, type Stage } from './doubles.ts';
import { type Home, useHome } from './home.ts';
import { createPeerStage, type PeerStage } from './peers.ts';

export interface Bench {
  readonly home: Home;
  readonly world: World;
  readonly stage: Stage;
  /** The service's other nodes: down and of one mind with us, until the test says otherwise. */
  readonly peers: PeerStage;
  /** Every log line so far. */
  readonly lines: readonly Line[];
  /** The service of most tests; replaces its file. */
  service(text: string, name?: string): void;
  act(verb: Verb, options?: Partial<ActionRequest>, signal?: AbortSignal): Promise<ActionResult>;
  actOn(service: string, verb: Verb, options?: Partial<ActionRequest>, signal?: AbortSignal): Promise<ActionResult>;
  /** The error of an action that is refused before it begins. */
  refusal(verb: Verb, options?: Partial<ActionRequest>): Promise<SvcError>;
  status(service?: string): Promise<StatusDocument>;
  journal(service?: string): Promise<readonly JournalRecord[]>;
  /** Moves the clock of the world, ms. */
  wait(ms: number): void;
}

export interface BenchOptions {
  /** Besides GROUP.double for every group. */
  readonly drivers?: (stage: Stage) => Readonly<Record<string, Driver>>;
  /** Its name; node1 when not given. */
  readonly node?: string;
  /** Another machine in the place of this one. */
  readonly doors?: (real: Doors) => Doors;
  /** Text of etc/svcmgr.conf. */
  readonly nodeText?: string;
}

export const svc = 'svc1';

/** Inside `describe`: a fresh bench for each test. */
export function useBench(options: BenchOptions = {}): () => Bench {
  const home = useHome();
  let bench: Bench | undefined;
  beforeEach('build a world', async () => {
    bench = await createBench(home(), options);
  });
  return () => {
    if (bench === undefined) throw new Error('the bench exists only inside a test');
    return bench;
  };
}

export function requestFor(verb: Verb, options: Partial<ActionRequest> = {}): ActionRequest {
  return { verb, allow: [], force: false, dryRun: false, rollback: true, waitMs: 5000, ...options };
}

export async function createBench(home: Home, options: BenchOptions = {}): Promise<Bench> {
  const stage = createStage();
  const lines: Line[] = [];
  const clock = { ms: Date.parse('2026-11-21T12:29:15.123Z') };
  const peers = createPeerStage(() => world);
  const world: World = await createWorld(home, stage, peers, lines, clock, options);
  const actOn: Bench['actOn'] = (service, verb, request, signal = new AbortController().signal) =>
    runAction(world, service, requestFor(verb, request), signal);
  return {
    home,
    world,
    stage,
    peers,
    lines,
    service: (text, name = svc) => void home.service(name, text),
    act: (verb, request, signal) => actOn(svc, verb, request, signal),
    actOn,
    refusal: (verb, request) => errorOf(actOn(svc, verb, request)),
    status: (service = svc) => statusOf(world, service, new AbortController().signal),
    journal: (service = svc) => readJournal(world, service),
    wait: (ms) => {
      clock.ms += ms;
    },
  };
}

async function createWorld(
  home: Home,
  stage: Stage,
  peers: PeerStage,
  lines: Line[],
  clock: { ms: number },
  options: BenchOptions,
): Promise<World> {
  const paths = findPaths({ SVCMGR_HOME: home.folder });
  if (options.nodeText !== undefined) home.node(options.nodeText);
  const node = await loadNode(paths.nodeFile, { SVCMGR_NODENAME: options.node ?? 'node1' });
  return {
    paths,
    node: node.definition,
    registry: createRegistry({ folder: home.path('no-drivers'), extra: { ...plainDoubles(stage), ...options.drivers?.(stage) } }),
    doors: options.doors?.(createDoors(openScopes(paths.state))) ?? createDoors(openScopes(paths.state)),
    peers: peers.peers,
    now: () => new Date(clock.ms),
    sink: (line) => void lines.push(line),
    who: findWho({}),
    reservedNames: [],
  };
}

function plainDoubles(stage: Stage): Record<string, Driver> {
  const walked = ['ip', 'vg', 'fs', 'share', 'container', 'app'];
  return {
    ...Object.fromEntries(walked.map((group) => [`${group}.double`, doubleDriver(stage)])),
    'task.double': doubleDriver(stage, { methods: ['run'] }),
    'sync.double': doubleDriver(stage, { methods: [] }),
    'sync.promoter': doubleDriver(stage, { promotes: true }),
    'fs.made': doubleDriver(stage, { methods: ['start', 'stop', 'provision', 'unprovision'] }),
  };
}

async function readJournal(world: World, service: string): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of readRecords({ folder: world.paths.journal, service })) records.push(record);
  return records;
}

/** The SvcError that a promise rejects with; fails the test when it fulfils. */
export async function errorOf(promise: Promise<unknown>): Promise<SvcError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof SvcError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** The texts of log lines of a level. */
export function textsOf(bench: Bench, level: Line['level']): readonly string[] {
  return bench.lines
    .filter((line) => line.level === level)
    .map((line) => (line.rid === undefined ? line.text : `${line.rid}: ${line.text}`));
}
