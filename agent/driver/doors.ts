/** The doors every effect of a driver passes through. The real ones are agent/io; the contract suite puts others in their place. */
import type { Readable } from 'node:stream';
import type { Argv, FileStat, ProcessInfo, Space } from './contract.ts';

/** A child that is held back before its exec; `marker` stands in the environment of all it starts. */
export interface HeldChild {
  readonly pid: number;
  readonly startTicks: number;
  readonly marker: string;
}

export interface DoorRunOptions {
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly input?: string | Readable;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly group?: string;
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Called when the child exists and is held back; the program runs only after this settles. */
  readonly beforeExec?: (child: HeldChild) => Promise<void> | void;
  readonly scope?: string;
  readonly dieWithParent?: boolean;
  readonly leaves?: boolean;
  /** Between TERM and KILL when it is ended, and how long KILL may take, ms. */
  readonly graceMs?: number;
  readonly killWaitMs?: number;
}

export interface DoorResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly truncated: boolean;
}

export interface DoorLaunchOptions {
  readonly scope: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly group?: string;
  readonly limits?: Readonly<Record<string, string>>;
  readonly outputFile?: string;
  readonly beforeExec?: DoorRunOptions['beforeExec'];
  readonly signal?: AbortSignal;
}

export interface Doors {
  run(argv: Argv, options: DoorRunOptions): Promise<DoorResult>;
  launch(argv: Argv, options: DoorLaunchOptions): Promise<ProcessInfo>;
  readText(path: string): Promise<string | undefined>;
  statFile(path: string): Promise<FileStat | undefined>;
  listFolder(path: string): Promise<readonly string[]>;
  /** Absent where only a process can tell. */
  space?(path: string): Promise<Space>;
  resolvePath(path: string): Promise<string | undefined>;
  /** Is a program of this name on our PATH? */
  hasTool(name: string): Promise<boolean>;
  writeAtomic(path: string, text: string, mode?: number): Promise<void>;
  /** `within`: pid of the first process of a container; only what runs in there. */
  scopeProcesses(scope: string, within?: number, marked?: ReadonlyMap<string, readonly number[]>): Promise<readonly ProcessInfo[]>;
  /** The marks of all processes of this node, for many scopes at once; absent where nobody asks for that. */
  markedProcesses?(): Promise<ReadonlyMap<string, readonly number[]>>;
  signalScope(scope: string, name: 'TERM' | 'KILL' | 'HUP' | 'INT', within?: number): Promise<number>;
  /** The variables that mark the processes of a scope. */
  scopeMark(scope: string): Promise<Readonly<Record<string, string>>>;
}
