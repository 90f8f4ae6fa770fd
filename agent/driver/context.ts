/** Builds what a driver receives: Observe from the doors, and Act with every effect recorded (design/driver-contract.md). */
import { setMaxListeners } from 'node:events';
import { SvcError } from '../errors.ts';
import { poll } from '../io/poll.ts';
import { maskSecrets, quoteArgv } from '../io/redact.ts';
import { unlessAborted } from './abortable.ts';
import type {
  Act,
  Argv,
  Devices,
  Host,
  Log,
  Observe,
  Peer,
  PollLimits,
  Reader,
  PeerInstance,
  ReadPrefix,
  ResourceView,
  RunOptions,
  SectionView,
  Target,
} from './contract.ts';
import type { Doors } from './doors.ts';
import { createHost, type Effects } from './host.ts';
import type { Config, Keywords } from './keywords.ts';
import { defaultLimits } from './limits.ts';
import { plainEnv, resultOf, withoutSecrets } from './result.ts';
import { type DoorsFor, type Place, towards } from './targets.ts';

/** What drivers remember between actions, per resource. */
export interface Memory {
  recall(rid: string, key: string): Promise<string | undefined>;
  remember(rid: string, key: string, value: string | undefined): Promise<void>;
}

/** One answer per key and status round. */
export interface Shared {
  once<V>(key: string, probe: () => Promise<V>): Promise<V>;
  forgetAll(): void;
}

export interface ContextInput {
  readonly service: string;
  readonly rid: string;
  readonly node: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly reads: readonly ReadPrefix[];
  readonly peers: readonly Peer[];
  readonly runFolder: string;
  readonly logFolder: string;
  /** Name of the cgroup scope of this resource's processes. */
  readonly scope: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  readonly doors: Doors;
  /** Doors of other nodes, of containers, of network namespaces. */
  readonly doorsFor: DoorsFor;
  /** Where `doors` lead; absent: to this node. */
  readonly place?: Place | undefined;
  readonly shared: Shared;
  /** Answers that hold for every service which is looked at in the same round; absent: only for this one. */
  readonly round?: Shared | undefined;
  /** Answers of others that a change makes old, though they are not used here. */
  readonly outdates?: Shared | undefined;
  readonly memory: Memory;
  readonly role?: Peer['role'] | undefined;
  /** When the look or action began, ms since 1970; default: now. */
  readonly begunMs?: number;
  /** The marks of all processes, read once in this round. */
  marked?(): Promise<ReadonlyMap<string, readonly number[]> | undefined>;
  isServiceUp?(): boolean;
  instanceOn?(node: string): Promise<PeerInstance>;
  /** What a peer remembers of this resource, read through its doors. */
  recallOn?(there: Reader, node: string, key: string): Promise<string | undefined>;
  /** The file in which a peer keeps what it is told of this resource. */
  toldFile?(node: string, key: string): string;
  configOn(node: string): Promise<Readonly<Record<string, unknown>>>;
  section(name: string): SectionView | undefined;
  resources(): readonly ResourceView[];
  devicesOf(rid: string): Promise<Devices>;
}

/** What it takes to look. */
export type ReaderInput = Pick<ContextInput, 'rid' | 'reads' | 'doors' | 'signal' | 'log' | 'place' | 'scope' | 'marked'>;

export interface ActInput extends ContextInput {
  readonly effects: Effects;
  readonly allow: ReadonlySet<string>;
  /** Runs a command outside the engine's own limit: it has one of its own (rule 10). */
  readonly hold?: <V>(work: () => Promise<V>) => Promise<V>;
  progress(done: number, total: number | undefined, unit: string): void;
}

/** A context that may only look. */
export function createObserve<T extends Keywords>(input: ContextInput): Observe<T> {
  return {
    config: input.config as Config<T>,
    service: input.service,
    rid: input.rid,
    node: input.node,
    log: input.log,
    signal: input.signal,
    runFolder: input.runFolder,
    peers: input.peers,
    role: input.role,
    begunMs: input.begunMs ?? Date.now(),
    get isServiceUp() {
      return input.isServiceUp?.() ?? false;
    },
    instanceOn: async (node) => input.instanceOn?.(node) ?? { state: 'unknown', text: `nobody to ask ${node}` },
    local: createReader(input),
    on: (target) => createReader(towards(input, target)),
    configOn: async (node) => (await input.configOn(node)) as Config<T>,
    section: (name) => input.section(name),
    resource: (rid) => input.resources().find((view) => view.rid === rid),
    get resources() {
      return input.resources();
    },
    devicesOf: (rid) => input.devicesOf(rid),
    // What is asked inside a container is the matter of its service alone.
    shared: (key, probe) =>
      (input.place === undefined ? (input.round ?? input.shared) : input.shared).once(`${key}${input.place?.suffix ?? ''}`, probe),
    poll: (probe, limits) => poll(probe, { ...limits, signal: input.signal }),
    recall: (key) => input.memory.recall(input.rid, key),
    recallOn: async (node, key) => input.recallOn?.(createReader(towards(input, { node })), node, key),
  };
}

/** A context that may act: every effect is journaled before it happens, or only recorded in a dry-run. */
export function createAct<T extends Keywords>(input: ActInput): Act<T> {
  const observe = createObserve<T>(input);
  const { effects } = input;
  const made = new Set<string>();
  const act: Act<T> = Object.defineProperties({} as Act<T>, {
    ...Object.getOwnPropertyDescriptors(observe),
    ...Object.getOwnPropertyDescriptors({
      local: createHost(input, observe.local),
      on: (target: Target) => hostOn(towards(input, target)),
      dryRun: effects.dryRun,
      allows: (name: string) => input.allow.has(name),
      poll: <V>(probe: () => Promise<V | undefined>, limits: PollLimits<V>) => pollOrAssume(input, probe, limits),
      step: <V>(name: string, s: { done(): Promise<V | undefined>; act(): Promise<V> }) => effects.step(input.rid, name, s),
      remember: (key: string, value: string) => remember(input, key, value),
      forget: (key: string) => remember(input, key, undefined),
      rememberOn: async (node: string, key: string, value: string) => {
        const file = input.toldFile?.(node, key);
        if (file === undefined) throw new SvcError('UNSUPPORTED', `where ${node} keeps its state is not known`);
        return tell(act.on({ node }), file, value, `${node} `, made);
      },
      progress: input.progress,
    }),
  });
  return act;
}

function hostOn(input: ActInput): Host {
  return createHost(input, createReader(input));
}

async function remember(input: ActInput, key: string, value: string | undefined): Promise<void> {
  if (!input.effects.dryRun) await input.memory.remember(input.rid, key, value);
}

/** @param made folders that were made in this context, or only planned */
async function tell(there: Host, file: string, value: string, where: string, made: Set<string>): Promise<void> {
  const folder = file.slice(0, file.lastIndexOf('/'));
  if (!made.has(where + folder) && (await there.stat(folder)) === undefined) await there.change(['mkdir', '-p', folder]);
  made.add(where + folder);
  await there.write(file, value, 0o600);
}

async function pollOrAssume<V>(input: ActInput, probe: () => Promise<V | undefined>, limits: PollLimits<V>): Promise<V> {
  if (!input.effects.dryRun) return poll(probe, { ...limits, signal: input.signal });
  const value = await probe();
  return value ?? (limits.assume as V);
}

export function createReader(input: ReaderInput): Reader {
  const { doors, signal } = input;
  const { space } = doors;
  // One status may look at many files at once; that is no leak.
  setMaxListeners(0, signal);
  const look = <V>(what: string, work: () => Promise<V>): Promise<V> => unlessAborted(signal, what, work);
  return {
    read: (argv, options) => read(input, argv, options),
    file: (path) => look(path, () => doors.readText(path)),
    stat: (path) => look(path, () => doors.statFile(path)),
    list: (path) => look(path, () => doors.listFolder(path)),
    resolve: (path) => look(path, () => doors.resolvePath(path)),
    ...(space === undefined ? {} : { space: (path: string) => look(path, () => space(path)) }),
    processes: () => look('processes', async () => doors.scopeProcesses(input.scope, undefined, await input.marked?.())),
  };
}

/** A look holds nothing: one that does not answer is ended quickly, because whoever asks for the status waits for its end. */
const lookEnd = { graceMs: 500, killWaitMs: 500 } as const;

async function read(input: ReaderInput, argv: Argv, options: RunOptions = {}): Promise<ReturnType<typeof resultOf>> {
  if (!input.reads.some((prefix) => prefix.length > 0 && prefix.every((word, at) => argv[at] === word))) {
    throw new SvcError('BUG', `${quoteArgv(argv)} is not declared as a command that only looks`, { facts: { rid: input.rid } });
  }
  const { env, secrets } = plainEnv(options.env);
  input.log.debug(`${maskSecrets(quoteArgv(argv), secrets)}${input.place?.suffix ?? ''}`);
  const look = { timeoutMs: defaultLimits.readMs, ...pick(options), ...lookEnd, env, signal: input.signal, dieWithParent: false };
  const result = await withoutSecrets(secrets, () => input.doors.run(argv, look));
  return resultOf(argv, result, options, { secrets, place: input.place });
}

/** The run options that io understands as they are. */
export function pick(
  options: RunOptions,
): Pick<RunOptions, 'timeoutMs' | 'input' | 'cwd' | 'user' | 'group' | 'maxBytes' | 'idleTimeoutMs'> {
  const { timeoutMs, input, cwd, user, group, maxBytes, idleTimeoutMs } = options;
  return Object.fromEntries(
    Object.entries({ timeoutMs, input, cwd, user, group, maxBytes, idleTimeoutMs }).filter(([, value]) => value !== undefined),
  );
}
