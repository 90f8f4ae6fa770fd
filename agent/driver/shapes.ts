/** Commands, files and processes as drivers see them: the plain shapes of the contract. Types only. */
import type { Readable } from 'node:stream';

/** Command and arguments; never a shell line. */
export type Argv = readonly [string, ...string[]];

/** A value that never reaches argv, logs, journal or error text; `reveal()` is called by io at the last moment. */
export interface Secret {
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

export interface RunOptions {
  /** Milliseconds; the default of the command's kind when absent. */
  readonly timeoutMs?: number;
  /** Exit codes that are not an error (default: only 0). */
  readonly okCodes?: readonly number[];
  readonly input?: string | Readable;
  readonly env?: Readonly<Record<string, string | Secret>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly group?: string;
  /** Kept bytes of stdout and of stderr each (default 1 MiB); the rest is dropped and `truncated` says so. */
  readonly maxBytes?: number;
  /** What a dry-run pretends the command printed. */
  readonly assume?: string;
  /** No fixed limit: the command may run as long as it makes progress (fsck, data moves); ended after this silence, ms. */
  readonly idleTimeoutMs?: number;
  /** The command leaves processes behind on purpose (a start script with a daemon); they get a scope of their own. */
  readonly leaves?: boolean;
  /** Reads each printed line as it comes (a carriage return ends one too); what it takes (true) is not logged. */
  readonly follow?: (line: string) => boolean;
}

export interface Result {
  /** The command as logged: shell-quoted, secrets masked. */
  readonly command: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly truncated: boolean;
}

/** Of a filesystem. */
export interface Space {
  readonly sizeBytes: number;
  /** Free for ordinary users. */
  readonly freeBytes: number;
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'block' | 'character' | 'link' | 'other';
  readonly sizeBytes: number;
  /** Permission bits, e.g. 0o755. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly dev: number;
  readonly ino: number;
  /** Device number of a block or character device. */
  readonly rdev: number;
  readonly modifiedMs: number;
}

/** Devices that a resource stands on, and those it brings for others. Paths. */
export interface Devices {
  readonly uses: readonly string[];
  readonly gives: readonly string[];
}

/** A process started by `launch` (or left by a `leaves` command) that is still alive. */
export interface ProcessInfo {
  readonly pid: number;
  /** Kernel start time in clock ticks since boot: with the pid it names one process for ever. */
  readonly startTicks: number;
  readonly command: string;
}

export interface LaunchOptions {
  readonly user?: string;
  readonly group?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | Secret>>;
  /** prlimit(1) resource names and values: { nofile: '4096' }. */
  readonly limits?: Readonly<Record<string, string>>;
}

/** How commands get into a running container. */
export interface Entrance {
  /** Pid, on this node, of the container's first process: its files, network and processes are found by it. */
  readonly init: number;
  /** `inside` can let variables through by name; else every one is given as a word, for all to see. */
  readonly keeps: boolean;
  /** The command of this node that runs `argv` in there, with its exit code; 127 when `argv` is no program there. */
  inside(argv: Argv, visit: Visit): Argv;
}

/** What a command inside a container takes along. */
export interface Visit {
  /** Names of variables in the environment of the command on this node. */
  readonly keep: readonly string[];
  readonly set: Readonly<Record<string, string>>;
  readonly uid?: number;
  readonly gid?: number;
}
