/**
 * The driver contract: the law between the engine and every driver (design/driver-contract.md).
 *
 * A driver is a record of functions: no class, no instance, no state between calls. What may only look gets an
 * `Observe`, what may act gets an `Act`; every effect passes through one door (`change`, `launch`, `write`, `signal`,
 * `pipe`, `send`), so order, locks, logs, journal, dry-run, rollback, time-outs and cancellation belong to the engine.
 *
 * Rules the types cannot say (each has a test in test/contract):
 *  1. Observe truly: `status` throws when it cannot tell; a missing tool, dead link or garbage is never `down`.
 *  2. Idempotent: `start` on what is up and `stop` on what is down change nothing.
 *  3. `stop` works from any half-started state.
 *  4. Refuse rather than guess, in `blockers`, before the first change; each waivable refusal has its own name.
 *  5. Parse strictly: output that does not match throws with the offending line (parsers live in drivers/lib).
 *  6. No retry, no sleep, no command logging, no shell, no `node:*` import.
 *  7. No partial truth: an interrupted operation leaves a state from which redoing and undoing both work.
 *  8. Secrets are values of type `Secret`; they never reach argv, logs, journal or error text.
 *  9. A mutating command is journaled before it runs; a survivor of a crashed agent is found, never doubled.
 * 10. Every command has a time-out.
 */
import type { ErrorCode } from '../errors.ts';
import type { Allowance } from './allowances.ts';
import type { Config, Keywords } from './keywords.ts';
import type { ArrayView, Peer, PeerInstance, ResourceView, SectionView } from './views.ts';
import type { Argv, Devices, Entrance, FileStat, LaunchOptions, ProcessInfo, Result, RunOptions, Space } from './shapes.ts';

export type { ArrayView, Peer, PeerInstance, ResourceView, SectionView } from './views.ts';
export type { Argv, Devices, Entrance, FileStat, LaunchOptions, ProcessInfo, Result, RunOptions, Secret, Space, Visit } from './shapes.ts';

export type { Allowance } from './allowances.ts';

export type State = 'up' | 'down' | 'warn' | 'n/a' | 'undef';

export interface Note {
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
  /** A command that would fix it. */
  readonly mend?: string;
}

export interface Report {
  readonly state: State;
  /** What the status tree shows, where only looking can tell (the paths of a reservation); else the driver's `label`. */
  readonly label?: string;
  readonly notes?: readonly Note[];
  readonly facts?: Readonly<Record<string, string | number | boolean>>;
}

/** A refusal before the first change. `allow` is the name to give to `--allow`; absent = cannot be waived. */
export interface Blocker {
  readonly text: string;
  readonly allow?: Allowance;
  /** A command that would remove it. */
  readonly mend?: string;
  /** A stop of the resource removes it: no obstacle to a restart. */
  readonly endsWithStop?: true;
}

/** The result of a sync verb for one target. */
export interface Outcome {
  readonly target: string;
  readonly ok: boolean;
  readonly note?: string;
  /** Why it failed: REFUSED when nothing was done for this target. */
  readonly code?: ErrorCode;
  readonly bytes?: number;
}

/**
 * `container`: a rid. `netns`: the name of a network namespace, or the rid of the container whose network is meant. `array`: its section
 * in the node file; `near`: it is the one of this node, which is not said behind every change.
 */
export type Target = { node: string } | { array: string; near?: true } | { container: string } | { netns: string } | { api: string };

/** Looks. */
export interface Reader {
  /** Runs a command that only looks: argv must begin with one of the driver's `reads` prefixes, else UNSUPPORTED. */
  read(argv: Argv, options?: RunOptions): Promise<Result>;
  /** The text of a small file (up to 1 MiB, in /proc 64 MiB); undefined when it does not exist. */
  file(path: string): Promise<string | undefined>;
  /** Follows links; undefined when nothing is there. */
  stat(path: string): Promise<FileStat | undefined>;
  /** Names in a folder, sorted; empty when it does not exist. */
  list(path: string): Promise<readonly string[]>;
  /** The path with every link resolved; undefined when it does not exist. */
  resolve(path: string): Promise<string | undefined>;
  /** Of the filesystem at a path, without a process that could be left behind; absent inside a container and on other nodes. */
  space?(path: string): Promise<Space>;
  /** Living processes of this resource: launched by it, or left by its `leaves` commands. */
  processes(): Promise<readonly ProcessInfo[]>;
}

/** Acts. Every effect is journaled before it happens, logged, and only recorded in a dry-run. */
export interface Host extends Reader {
  change(argv: Argv, options?: RunOptions): Promise<Result>;
  /** Starts a long-lived process in a scope of its own that outlives the agent. */
  launch(argv: Argv, options?: LaunchOptions): Promise<ProcessInfo>;
  /** Sends a signal to every living process of this resource; returns how many got it. */
  signal(name: 'TERM' | 'KILL' | 'HUP' | 'INT'): Promise<number>;
  /** Replaces a file atomically. */
  write(path: string, text: string, mode?: number): Promise<void>;
}

export interface PollLimits<V> {
  readonly timeoutMs: number;
  readonly intervalMs: number;
  /** What is waited for, for logs and errors: "address 10.0.0.1 to answer". */
  readonly what: string;
  /** What a dry-run pretends. */
  readonly assume?: V;
  /** Once it settles no pause is waited for any more: the next probe must see the end. */
  readonly until?: Promise<unknown>;
}

export interface Log {
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

export interface Observe<T extends Keywords> {
  readonly config: Config<T>;
  readonly service: string;
  readonly rid: string;
  readonly node: string;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Absolute folder of flags and other marks of the running system; cleared at boot. */
  readonly runFolder: string;
  readonly local: Reader;
  on(target: Target): Reader;
  readonly peers: readonly Peer[];
  /** Role of this node; undefined when the service does not name it. */
  readonly role?: Peer['role'] | undefined;
  /** When this look or action began, ms since 1970. */
  readonly begunMs: number;
  /** The service is up here, without app, sync and task; known to a sync resource, which is looked at last. */
  readonly isServiceUp: boolean;
  /** Asks the peer's agent; never throws for what it answers. */
  instanceOn(node: string): Promise<PeerInstance>;
  configOn(node: string): Promise<Config<T>>;
  section(name: string): SectionView | undefined;
  resource(rid: string): ResourceView | undefined;
  /** Every resource of the service. */
  readonly resources: readonly ResourceView[];
  /** Asks the driver of a sibling for its devices; none where it has none to tell. */
  devicesOf(rid: string): Promise<Devices>;
  /** One query per status round for all services; dropped after any change on that key. */
  shared<V>(key: string, probe: () => Promise<V>): Promise<V>;
  /** Repeats `probe` until it returns a value; TIMEOUT when the limit passes. */
  poll<V>(probe: () => Promise<V | undefined>, limits: PollLimits<V>): Promise<V>;
  recall(key: string): Promise<string | undefined>;
  /** What `recall` of this resource gives on a peer. */
  recallOn(node: string, key: string): Promise<string | undefined>;
}

export interface Act<T extends Keywords> extends Observe<T> {
  readonly local: Host;
  on(target: Target): Host;
  /** `--allow NAME` was given. */
  allows(name: Allowance): boolean;
  /** True while planning: nothing is really changed, `change` returns `assume`. */
  readonly dryRun: boolean;
  /** Intent durable before `act`; after a crash `done` decides whether it happened. */
  step<V>(name: string, s: { done(): Promise<V | undefined>; act(): Promise<V> }): Promise<V>;
  remember(key: string, value: string): Promise<void>;
  forget(key: string): Promise<void>;
  /** Remembers on a peer: what `recall` of this resource gives there. */
  rememberOn(node: string, key: string, value: string): Promise<void>;
  progress(done: number, total: number | undefined, unit: string): void;
}

/** A resource that another one brings along (vg#1 with scsireserv brings vg#1pr). */
export interface ImpliedResource {
  readonly rid: string;
  readonly type: string;
  /** Values of its keywords, typed as its table says: nothing converts them or fills in defaults. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Where in the walk, relative to the resource that implies it. */
  readonly order: 'before' | 'after';
}

export type ReadPrefix = readonly string[];

export type SyncVerb = 'update' | 'full' | 'break' | 'resume' | 'swap' | 'resync' | 'revert' | 'verify';

type SyncMethod<T extends Keywords> = { bivariance(at: Act<T>): Promise<readonly Outcome[]> }['bivariance'];

/** Method syntax on purpose: a registry of `Driver<Keywords>` must hold every `Driver<T>`. */
export interface Driver<T extends Keywords = Keywords> {
  /** One sentence for `svcmgr doc`. */
  readonly summary: string;
  /** Tools that must be on PATH. */
  readonly needs: readonly string[];
  /** Further tools that only a provision or unprovision runs. */
  readonly provisionNeeds?: readonly string[];
  readonly keywords: T;
  /** Argv prefixes that only look; composed from drivers/lib. */
  reads(config: Config<T>): readonly ReadPrefix[];
  label(config: Config<T>): string;
  status(at: Observe<T>): Promise<Report>;
  /** Where in its group: filesystems by mount depth. Lower starts first. */
  depth?(config: Config<T>): number;
  implies?(config: Config<T>, rid: string): readonly ImpliedResource[];
  locks?(config: Config<T>): readonly string[];
  devices?(at: Observe<T>): Promise<Devices>;
  /** Asked of ALL selected resources before the first change of the walk. */
  blockers?(at: Observe<T>, verb: string): Promise<readonly Blocker[]>;
  /**
   * What keeps every other node from writing the data of the service, also one that cannot be asked: "the role of rcopy group R".
   * Undefined: nothing does now. Asked before a start, when a node does not answer.
   */
  guard?(at: Observe<T>): Promise<string | undefined>;
  /** When the copy was complete last that a node would start from, by node (ISO 8601), as the storage itself tells it. Asked by readiness. */
  lastSyncs?(at: Observe<T>): Promise<Readonly<Record<string, string>>>;
  start?(at: Act<T>): Promise<void>;
  stop?(at: Act<T>): Promise<void>;
  /** After a boot: takes back what this node left in storage that others see (a tag, a reservation), unless it is in use here. */
  clear?(at: Act<T>): Promise<void>;
  provision?(at: Act<T>): Promise<void>;
  unprovision?(at: Act<T>): Promise<void>;
  provisioned?(at: Observe<T>): Promise<boolean>;
  /** Runs a task. */
  run?(at: Act<T>): Promise<void>;
  readonly sync?: Readonly<Partial<Record<SyncVerb, SyncMethod<T>>>>;
  /** Why a sync to this node would be refused now: asked before a relocation stops anything. */
  blockersTo?(at: Observe<T>, node: string): Promise<readonly Blocker[]>;
  /** The way into a container; throws UNREACHABLE when it does not run. */
  enter?(at: Observe<T>): Promise<Entrance>;
  /** Encapsulated, its commands are those of this node, and only the container's network is entered (no tool is needed inside). */
  readonly entersNetworkOnly?: boolean;
  /** The container (rid) in whose network it is: started right after it, stopped before it. */
  inNetworkOf?(config: Config<T>): string | undefined;
  /** `promote`: its start makes a replica writable, so it starts before vg and is never undone by rollback. */
  readonly promotes?: boolean;
  /** It can tell of a whole array of the node file: what `type` its section has. */
  readonly arrays?: { readonly type: string; readonly reads: readonly ReadPrefix[]; describe(array: Reader): Promise<ArrayView> };
  /** Its sync never overwrites what is newer: when it is named, also a node where the service is down may send. */
  readonly anytime?: boolean;
}

export function defineDriver<const T extends Keywords>(driver: Driver<T>): Driver<T> {
  return driver;
}
