/** A machine made of tables: what a driver reads is scripted, what it changes is recorded. No process, file, clock. */
import type {
  Act,
  Argv,
  Driver,
  FileStat,
  Host,
  Peer,
  PeerInstance,
  ProcessInfo,
  Report,
  ResourceView,
  Result,
  RunOptions,
} from '../../../agent/driver/contract.ts';
import type { Keywords } from '../../../agent/driver/keywords.ts';
import { SvcError } from '../../../agent/errors.ts';
import { convertConfig } from './config.ts';

/** What a command answers: an exit code, texts, or an error that the door throws. */
export type Answer = { exitCode?: number; stdout?: string; stderr?: string } | SvcError;

export interface Machine {
  files: Record<string, string>;
  stats: Record<string, Partial<FileStat>>;
  folders: Record<string, readonly string[]>;
  /** Links; every other path that has a stat resolves to itself. */
  links: Record<string, string>;
  /** By the beginning of the command line; a command that is not here is not installed. */
  reads: Record<string, Answer | (() => Answer)>;
  /** What a change does to the machine. */
  changes: Record<string, (argv: Argv) => Answer | undefined>;
  processes: ProcessInfo[];
  memory: Map<string, string>;
}

/** Another node: what is on it, and what its agent says. */
export interface FakePeer extends Partial<Omit<Peer, 'node'>> {
  readonly machine?: Partial<Machine>;
  readonly instance?: PeerInstance;
  /** Nothing there answers. */
  readonly gone?: SvcError;
}

export interface FakeOptions {
  readonly config: Readonly<Record<string, string>>;
  readonly machine?: Partial<Machine>;
  readonly resources?: readonly ResourceView[];
  readonly allow?: readonly string[];
  readonly dryRun?: boolean;
  readonly peers?: Readonly<Record<string, FakePeer>>;
  readonly role?: Peer['role'];
  readonly isServiceUp?: boolean;
  readonly begunMs?: number;
  readonly rid?: string;
}

export interface Fake {
  readonly at: Act<Keywords>;
  readonly machine: Machine;
  readonly peers: Readonly<Record<string, Machine>>;
  /** What peers were told: `node2 key` and the value. */
  readonly told: Map<string, string>;
  /** Changes so far, as command lines. */
  readonly done: string[];
  /** Reads so far. */
  readonly asked: string[];
  readonly log: string[];
  status(): Promise<Report>;
}

export const missingTool = (name: string): SvcError => new SvcError('UNSUPPORTED', `${name} is not installed`);

export function createFake(driver: Driver, options: FakeOptions): Fake {
  const config = convertConfig(driver.keywords, options.config);
  const machine = machineOf(options.machine);
  const peers = Object.fromEntries(Object.entries(options.peers ?? {}).map(([node, peer]) => [node, machineOf(peer.machine)]));
  const told = new Map<string, string>();
  const record = { done: [] as string[], asked: [] as string[], log: [] as string[] };
  const say = (level: string) => (text: string) => void record.log.push(`${level}: ${text}`);
  const refuse = (): never => {
    throw new SvcError('BUG', 'not part of this fake');
  };
  const prefixes = driver.reads(config as never);
  const on = (target: object): Host => {
    const [[kind, name] = ['', '']] = Object.entries(target) as [string, string][];
    const there = peers[name];
    if (kind !== 'node' || there === undefined) throw new SvcError('BUG', `no ${kind} ${name} in this fake`);
    const asked = { push: (line: string) => record.asked.push(`${name}: ${line}`) };
    const done = { push: (line: string) => record.done.push(`${name}: ${line}`) };
    const host = { ...readerOf(there, asked, prefixes), ...actorOf(there, done) };
    const { gone } = options.peers?.[name] ?? {};
    return gone === undefined ? host : (Object.fromEntries(Object.keys(host).map((key) => [key, () => Promise.reject(gone)])) as never);
  };
  const at: Act<Keywords> = {
    config: config as never,
    service: 'svc1',
    rid: options.rid ?? 'it#1',
    node: 'node1',
    log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') },
    signal: new AbortController().signal,
    runFolder: '/run/svcmgr/flags',
    local: { ...readerOf(machine, record.asked, prefixes), ...actorOf(machine, record.done) },
    on,
    peers: Object.entries(options.peers ?? {}).map(([node, { role = 'nodes', rsh, services }]) => ({
      node,
      role,
      ...(rsh === undefined ? {} : { rsh }),
      ...(services === undefined ? {} : { services }),
    })),
    role: options.role ?? 'nodes',
    begunMs: options.begunMs ?? Date.parse('2026-11-21T12:00:00Z'),
    isServiceUp: options.isServiceUp ?? true,
    instanceOn: async (node) => options.peers?.[node]?.instance ?? { state: 'down', text: `down on ${node}` },
    configOn: refuse,
    section: () => undefined,
    devicesOf: async () => ({ uses: [], gives: [] }),
    resources: options.resources ?? [],
    resource: (rid) => options.resources?.find((view) => view.rid === rid),
    shared: (_key, probe) => probe(),
    poll: (probe, limits) => pollAtOnce(probe, limits, options.dryRun ?? false),
    recall: async (key) => machine.memory.get(key),
    allows: (name) => options.allow?.includes(name) ?? false,
    dryRun: options.dryRun ?? false,
    step: async (_name, s) => (await s.done()) ?? s.act(),
    remember: async (key, value) => void machine.memory.set(key, value),
    forget: async (key) => void machine.memory.delete(key),
    recallOn: async (node, key) => {
      const { gone } = options.peers?.[node] ?? {};
      if (gone !== undefined) throw gone;
      return told.get(`${node} ${key}`) ?? peers[node]?.memory.get(key);
    },
    rememberOn: async (node, key, value) => {
      const { gone } = options.peers?.[node] ?? {};
      if (gone !== undefined) throw gone;
      told.set(`${node} ${key}`, value);
    },
    progress: () => undefined,
  };
  return { at, machine, peers, told, ...record, status: () => driver.status(at) };
}

function machineOf(parts: Partial<Machine> = {}): Machine {
  return { files: {}, stats: {}, folders: {}, links: {}, reads: {}, changes: {}, processes: [], memory: new Map(), ...parts };
}

function readerOf(machine: Machine, asked: { push(line: string): unknown }, prefixes: readonly (readonly string[])[]) {
  const exists = (path: string) =>
    machine.stats[path] !== undefined || machine.files[path] !== undefined || machine.folders[path] !== undefined;
  return {
    read: async (argv: Argv, options: RunOptions = {}): Promise<Result> => {
      if (!prefixes.some((prefix) => prefix.every((word, index) => argv[index] === word)))
        throw new SvcError('BUG', `undeclared read: ${argv.join(' ')}`);
      asked.push(argv.join(' '));
      const key = longestKey(machine.reads, argv.join(' '));
      if (key === undefined) throw missingTool(argv[0]);
      const scripted = machine.reads[key] as Answer | (() => Answer);
      return resultOf(argv, typeof scripted === 'function' ? scripted() : scripted, options);
    },
    file: async (path: string) => machine.files[machine.links[path] ?? path],
    stat: async (path: string): Promise<FileStat | undefined> => {
      const real = machine.links[path] ?? path;
      return exists(real) ? { ...plainStat(machine.folders[real] !== undefined), ...machine.stats[real] } : undefined;
    },
    list: async (path: string) => machine.folders[path] ?? [],
    resolve: async (path: string) => machine.links[path] ?? (exists(path) ? path : undefined),
    processes: async () => [...machine.processes],
  };
}

function actorOf(machine: Machine, done: { push(line: string): unknown }) {
  return {
    change: async (argv: Argv, options: RunOptions = {}): Promise<Result> => {
      const line = argv.join(' ');
      done.push(line);
      const key = longestKey(machine.changes, line);
      const answer = (key === undefined ? undefined : machine.changes[key]?.(argv)) ?? {};
      if (!(answer instanceof SvcError)) for (const text of (answer.stdout ?? '').split(/[\r\n]/)) options.follow?.(text);
      return resultOf(argv, answer, options);
    },
    launch: async (argv: Argv): Promise<ProcessInfo> => {
      done.push(argv.join(' '));
      const process = { pid: 4711, startTicks: 99, command: argv.join(' ') };
      machine.changes['launch']?.(argv);
      return process;
    },
    signal: async (name: string): Promise<number> => {
      if (machine.processes.length === 0) return 0;
      done.push(`signal ${name}`);
      const count = machine.processes.length;
      machine.changes[`signal ${name}`]?.(['kill']);
      return count;
    },
    write: async (path: string, text: string): Promise<void> => {
      done.push(`write ${path}`);
      machine.files[path] = text;
    },
  };
}

function longestKey(table: object, line: string): string | undefined {
  return Object.keys(table)
    .filter((key) => line.startsWith(key))
    .sort((a, b) => b.length - a.length)[0];
}

function resultOf(argv: Argv, answer: Answer, options: RunOptions): Result {
  if (answer instanceof SvcError) throw answer;
  const { exitCode = 0, stdout = '', stderr = '' } = answer;
  if (!(options.okCodes ?? [0]).includes(exitCode))
    throw new SvcError('COMMAND', `${argv.join(' ')}: exit ${exitCode}: ${stderr}`, { facts: { exitCode } });
  return { command: argv.join(' '), exitCode, stdout, stderr, durationMs: 1, truncated: false };
}

function plainStat(isFolder: boolean): FileStat {
  return { kind: isFolder ? 'directory' : 'file', sizeBytes: 1, mode: 0o755, uid: 0, gid: 0, dev: 1, ino: 1, rdev: 0, modifiedMs: 0 };
}

/** As the real one, but no time passes: 20 tries, then the limit is over. */
async function pollAtOnce<V>(probe: () => Promise<V | undefined>, limits: { what: string; assume?: V }, dryRun: boolean): Promise<V> {
  for (let tries = 0; tries < (dryRun ? 1 : 20); tries++) {
    const value = await probe();
    if (value !== undefined) return value;
  }
  if (dryRun) return limits.assume as V;
  throw new SvcError('TIMEOUT', `waited for ${limits.what}, in vain`);
}
