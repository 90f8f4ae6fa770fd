/** Calls one driver as the engine does: typed by its own table, through the agent's own context, on doors with faults. */
import { parseDocument } from '../../agent/config/document.ts';
import { evaluateService } from '../../agent/config/evaluate.ts';
import { type ActInput, type ContextInput, createAct, createObserve, type Shared } from '../../agent/driver/context.ts';
import type { Blocker, Devices, Driver, Outcome, Report, ResourceView } from '../../agent/driver/contract.ts';
import type { Doors } from '../../agent/driver/doors.ts';
import type { Effects } from '../../agent/driver/host.ts';
import type { Registry } from '../../agent/driver/registry.ts';
import { SvcError } from '../../agent/errors.ts';
import { createDoors } from '../../agent/io/doors.ts';
import { openScopes } from '../../agent/io/scope.ts';
import type { Home } from '../support/home.ts';
import { placeOf } from '../../agent/driver/targets.ts';
import { type FaultDoors, type Faults, faultDoors } from './fault-doors.ts';
import type { Rig } from './rig.ts';

export type Verb = 'start' | 'stop' | 'run' | 'provision' | 'unprovision' | 'sync update';

export interface Options extends Faults {
  readonly dryRun?: true;
  readonly allow?: readonly string[];
  readonly signal?: AbortSignal;
  /** Doors made before, for a test that must watch them meanwhile. */
  readonly doors?: FaultDoors;
}

/** What one call came to; never thrown. */
export interface Attempt<V> {
  readonly value: V | undefined;
  readonly error: unknown;
  /** The effects as announced, in order: what journal, log and dry-run show. */
  readonly texts: readonly string[];
  readonly doors: FaultDoors;
}

export interface Stage {
  readonly label: string;
  readonly view: ResourceView;
  readonly reads: readonly (readonly string[])[];
  /** What drivers remember between actions; lives on like the file on the disk. */
  readonly memory: Map<string, string>;
  /** Every log line, announced text, error and printed line so far. */
  readonly said: string[];
  doors(faults?: Faults): FaultDoors;
  status(options?: Options): Promise<Attempt<Report>>;
  blockers(verb: string, options?: Options): Promise<Attempt<readonly Blocker[]>>;
  provisioned(): Promise<boolean>;
  devices(options?: Options): Promise<Attempt<unknown>>;
  act(verb: Verb, options?: Options): Promise<Attempt<void>>;
  /** The same with another service file. */
  with(text: string): Stage;
}

export interface Setting {
  readonly registry: Registry;
  readonly id: string;
  readonly home: Home;
  readonly text: string;
  readonly rig: Pick<Rig, 'doors' | 'netns' | 'peers' | 'reach' | 'instance' | 'role' | 'sections'>;
}

export function createStage(setting: Setting, memory = new Map<string, string>(), said: string[] = []): Stage {
  const driver = setting.registry.driver(setting.id);
  const views = viewsOf(setting);
  const [view] = views;
  if (view?.type !== setting.id) throw new Error(`the first section is of type ${view?.type}, not ${setting.id}`);
  const real = realDoors(setting);
  const input = (doors: FaultDoors, signal: AbortSignal): ContextInput =>
    contextInput(setting, driver, views, { doors, signal, memory, said });
  const observe = <V>(call: (at: never) => Promise<V>, options: Options = {}): Promise<Attempt<V>> =>
    attempt(real, said, options, (doors, _texts, signal) => call(createObserve(input(doors, signal)) as never));
  return {
    label: driver.label(view.config as never),
    view,
    reads: driver.reads(view.config as never),
    memory,
    said,
    doors: (faults) => faultDoors(real, faults),
    status: (options) => observe((at) => driver.status(at), options),
    blockers: (verb, options) => observe(async (at) => (await driver.blockers?.(at, verb)) ?? [], options),
    provisioned: async () => (await observe(async (at) => (await driver.provisioned?.(at)) ?? true)).value ?? false,
    devices: (options) => observe(async (at) => driver.devices?.(at), options),
    act: (verb, options = {}) =>
      attempt(real, said, options, async (doors, texts, signal) => {
        const allow = new Set(options.allow);
        const effects = effectsOf(texts, said, options.dryRun ?? false);
        const act: ActInput = { ...input(doors, signal), effects, allow, progress: () => undefined };
        if (verb === 'sync update') mustArrive((await driver.sync?.update?.(createAct(act))) ?? []);
        else await driver[verb]?.(createAct(act));
      }),
    with: (text) => createStage({ ...setting, text }, memory, said),
  };
}

/** A sync tells of each target; one that failed fails the action, as in the engine. */
function mustArrive(outcomes: readonly Outcome[]): void {
  const failed = outcomes.find(({ ok }) => !ok);
  if (failed !== undefined) throw new SvcError(failed.code ?? 'COMMAND', `${failed.target}: ${failed.note}`);
  if (outcomes.length === 0) throw new Error('the sync had no target');
}

async function attempt<V>(
  real: Doors,
  said: string[],
  options: Options,
  call: (doors: FaultDoors, texts: string[], signal: AbortSignal) => Promise<V>,
): Promise<Attempt<V>> {
  const doors = options.doors ?? faultDoors(real, options);
  const texts: string[] = [];
  const signal = options.signal ?? new AbortController().signal;
  try {
    return { value: await call(doors, texts, signal), error: undefined, texts, doors };
  } catch (error) {
    said.push(`error: ${error instanceof Error ? `${error.message} ${JSON.stringify(error)}` : String(error)}`);
    return { value: undefined, error: error ?? new Error('it threw nothing'), texts, doors };
  }
}

/** The sections of the service file as the engine would hand them over, the one under test first. */
function viewsOf({ registry, text }: Setting, node = 'node1'): readonly ResourceView[] {
  const env = { name: 'svc1', node, catalog: registry, fileMode: 0o600 };
  const { definition, problems } = evaluateService(parseDocument(text, 'svc1.conf'), env);
  if (definition === undefined)
    throw new Error(problems.map((problem) => `line ${problem.line}: ${problem.keyword} ${problem.text}`).join('; '));
  return definition.resources.map(({ rid, type, config }) => {
    return { rid, type, label: registry.driver(type).label(config as never), config, report: undefined };
  });
}

interface Call {
  readonly doors: FaultDoors;
  readonly signal: AbortSignal;
  readonly memory: Map<string, string>;
  readonly said: string[];
}

function contextInput(setting: Setting, driver: Driver, views: readonly ResourceView[], call: Call): ContextInput {
  const { doors, signal, memory, said } = call;
  const { rid = '', config = {} } = views[0] ?? {};
  const say = (level: string) => (text: string) => void said.push(`${level}: ${text}`);
  return {
    service: 'svc1',
    rid,
    node: 'node1',
    config,
    reads: driver.reads(config as never),
    peers: setting.rig.peers ?? [],
    role: setting.rig.role ?? 'nodes',
    isServiceUp: () => true,
    instanceOn: async (node) => setting.rig.instance ?? { state: 'down', text: `the instance on ${node} is down` },
    recallOn: (there, node, key) => there.file(`${setting.home.folder}/told/${node}/${key}`),
    toldFile: (node, key) => `${setting.home.folder}/told/${node}/${key}`,
    runFolder: `${setting.home.folder}/run/flags`,
    logFolder: `${setting.home.folder}/log`,
    scope: `svc1.${rid.replace('#', '.')}`,
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    signal,
    doors,
    doorsFor: (target) => {
      const there = setting.rig.reach?.(target, realDoors(setting));
      if (there === undefined) throw new SvcError('UNSUPPORTED', 'this rig has one node only');
      return doors.beside(there, placeOf(target).suffix, 'array' in target ? 'array' : undefined);
    },
    shared: createShared(),
    memory: {
      recall: async (id, key) => memory.get(`${id} ${key}`),
      remember: async (id, key, value) => void (value === undefined ? memory.delete(`${id} ${key}`) : memory.set(`${id} ${key}`, value)),
    },
    configOn: async (node) => viewsOf(setting, node)[0]?.config ?? {},
    section: (name) => {
      const values = setting.rig.sections?.[name];
      return values === undefined ? undefined : { name, values };
    },
    resources: () => views,
    devicesOf: async (sibling) => devicesOf(setting, views, sibling, call),
  };
}

/** A sibling is asked through doors of its own allow-list, as the engine does. */
async function devicesOf(setting: Setting, views: readonly ResourceView[], rid: string, call: Call): Promise<Devices> {
  const view = views.find((one) => one.rid === rid);
  if (view === undefined) return { uses: [], gives: [] };
  const driver = setting.registry.driver(view.type);
  const others = [view, ...views.filter((one) => one !== view)];
  const found = await driver.devices?.(createObserve(contextInput(setting, driver, others, call)));
  return found ?? { uses: [], gives: [] };
}

/** Inside a namespace every command enters it, and the kernel's settings are read there. */
function realDoors({ home, rig: { netns, doors: over } }: Setting): Doors {
  const own = createDoors(openScopes(home.folder));
  const doors = over?.(own) ?? own;
  if (netns === undefined) return doors;
  return {
    ...doors,
    run: (argv, options) => doors.run([...netns.enter, ...argv], options),
    readText: async (path) => (path.startsWith('/proc/sys/net/') ? netns.run('cat', path) : doors.readText(path)),
  };
}

function effectsOf(texts: string[], said: string[], dryRun: boolean): Effects {
  return {
    dryRun,
    announce: (_rid, text) => {
      texts.push(text);
      said.push(`announced: ${text}`);
      return { started: () => undefined, ended: () => undefined };
    },
    output: (_rid, line) => void said.push(`output: ${line}`),
    step: async (_rid, _name, s) => (await s.done()) ?? s.act(),
  };
}

function createShared(): Shared {
  const answers = new Map<string, Promise<unknown>>();
  return {
    once: <V>(key: string, probe: () => Promise<V>) => {
      const known = answers.get(key) ?? probe();
      answers.set(key, known);
      return known as Promise<V>;
    },
    forgetAll: () => answers.clear(),
  };
}
