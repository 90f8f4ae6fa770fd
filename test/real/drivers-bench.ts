/** Runs one driver on the real machine through the agent's own context and doors, without the engine around it. */
import { type ActInput, type ContextInput, createAct, createObserve } from '../../agent/driver/context.ts';
import type { Act, Blocker, Driver, Observe, Report, ResourceView } from '../../agent/driver/contract.ts';
import type { Effect, Effects } from '../../agent/driver/host.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { createDoors } from '../../agent/io/doors.ts';
import { openScopes } from '../../agent/io/scope.ts';
import type { Netns } from '../support/netns.ts';
import { convertConfig } from '../unit/drivers/config.ts';

export interface BenchOptions {
  readonly folder: string;
  readonly rid: string;
  /** As a service file says it. */
  readonly config: Readonly<Record<string, string>>;
  readonly siblings?: readonly ResourceView[];
  readonly memory?: Map<string, string>;
  readonly netns?: Netns;
}

export interface Bench {
  status(): Promise<Report>;
  blockers(verb: string): Promise<readonly Blocker[]>;
  provisioned(): Promise<boolean>;
  /** Runs a verb and returns the changes it made, as logged. */
  act(verb: 'start' | 'stop' | 'provision' | 'unprovision' | 'run', ...allow: readonly string[]): Promise<readonly string[]>;
  /** The changes a dry-run of the verb lists. */
  dry(verb: 'start' | 'stop' | 'provision' | 'unprovision' | 'run'): Promise<readonly string[]>;
  readonly log: string[];
  readonly view: ResourceView;
}

export function createBench(driver: Driver, options: BenchOptions): Bench {
  const config = convertConfig(driver.keywords, options.config);
  const log: string[] = [];
  const input = contextInput(driver, config, options, log);
  const observe = (): Observe<Keywords> => createObserve<Keywords>(input);
  const act = (ledger: Ledger, allow: readonly string[]): Act<Keywords> => createAct<Keywords>(actInput(input, ledger, allow));
  const run = async (verb: 'start' | 'stop' | 'provision' | 'unprovision' | 'run', dryRun: boolean, allow: readonly string[]) => {
    const ledger = createLedger(dryRun, log);
    await driver[verb]?.(act(ledger, allow));
    return ledger.lines;
  };
  return {
    status: () => driver.status(observe()),
    blockers: async (verb) => (await driver.blockers?.(observe(), verb)) ?? [],
    provisioned: async () => (await driver.provisioned?.(observe())) ?? true,
    act: (verb, ...allow) => run(verb, false, allow),
    dry: (verb) => run(verb, true, []),
    log,
    view: { rid: options.rid, type: '', label: driver.label(config as never), config, report: undefined },
  };
}

interface Ledger {
  readonly effects: Effects;
  readonly lines: string[];
}

function createLedger(dryRun: boolean, log: string[]): Ledger {
  const lines: string[] = [];
  const announce = (_rid: string, text: string): Effect => {
    lines.push(text);
    return { started: () => undefined, ended: () => undefined };
  };
  const step: Effects['step'] = async (_rid, _name, s) => (await s.done()) ?? s.act();
  return { lines, effects: { dryRun, announce, output: (_rid, line) => void log.push(`output: ${line}`), step } };
}

function contextInput(driver: Driver, config: Readonly<Record<string, unknown>>, options: BenchOptions, log: string[]): ContextInput {
  const { folder, rid, memory = new Map<string, string>() } = options;
  const say = (level: string) => (text: string) => void log.push(`${level}: ${text}`);
  return {
    service: 'svc1',
    rid,
    node: 'node1',
    config,
    reads: driver.reads(config as never),
    peers: [],
    runFolder: `${folder}/run/flags`,
    logFolder: folder,
    scope: `svc1.${rid}`,
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    signal: new AbortController().signal,
    doors: doorsOf(options),
    shared: { once: (_key, probe) => probe(), forgetAll: () => undefined },
    memory: {
      recall: async (id, key) => memory.get(`${id} ${key}`),
      remember: async (id, key, value) => void (value === undefined ? memory.delete(`${id} ${key}`) : memory.set(`${id} ${key}`, value)),
    },
    doorsFor: () => Promise.reject(new Error('no other targets here')),
    configOn: async () => config,
    section: () => undefined,
    resources: () => options.siblings ?? [],
    devicesOf: async () => ({ uses: [], gives: [] }),
  };
}

/** Inside a namespace every command enters it, and /proc/sys/net is read there. */
function doorsOf({ folder, netns }: BenchOptions): ContextInput['doors'] {
  const doors = createDoors(openScopes(folder));
  if (netns === undefined) return doors;
  return {
    ...doors,
    run: (argv, options) => doors.run([...netns.enter, ...argv], options),
    readText: async (path) => (path.startsWith('/proc/sys/net/') ? netns.run('cat', path) : doors.readText(path)),
  };
}

function actInput(input: ContextInput, ledger: Ledger, allow: readonly string[]): ActInput {
  return { ...input, effects: ledger.effects, allow: new Set(allow), progress: () => undefined };
}

export function noteTexts(report: Report): readonly string[] {
  return (report.notes ?? []).map((note) => note.text);
}
