/**
 * Runs one command to its end: own process group, bounded output, bounded time, nothing left behind. The only importer of execa.
 *
 * execa alone does not bound time: it waits for the pipes, which a daemon left behind keeps open (spec/deps.md §0.2, §1.4).
 * So the end of a command is its `exit` plus a short drain, and time-outs and cancellation are our own.
 */
import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { type Duplex, pipeline, type Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Options } from 'execa';
import type { Argv } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import { type Command, prepareCommand } from './command.ts';
import { notInstalled } from './environment.ts';
import { errnoOf } from './files.ts';
import { openGate } from './gate.ts';
import { defaultEnd, describeLeft, endGroup, hasMembers } from './group.ts';
import { createOutput, type Output } from './output.ts';
import { readStat } from './process.ts';
import { joinScope, removeScope, type Scopes } from './scope.ts';
import { cancelled, type Watch, watchLimits } from './watch.ts';

export type { Argv } from '../driver/contract.ts';

/** A child that is held back before its exec. */
export interface HeldChild {
  readonly pid: number;
  readonly startTicks: number;
  /** Value of SVCMGR_COMMAND in the environment of the child and all it starts: tells its survivors from strangers. */
  readonly marker: string;
}

export interface ExecOptions {
  /** Default 60 s when there is no `idleTimeoutMs` either. */
  readonly timeoutMs?: number;
  /** Ended after this time without output, input/output or processor time of the whole group. */
  readonly idleTimeoutMs?: number;
  readonly input?: string | Readable;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly group?: string;
  /** Kept bytes of each stream: the head of stdout, the tail of stderr. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Both streams are appended to this file (rotated at 1 MiB) instead of read through pipes; stdout of the result is what was appended. */
  readonly outputFile?: string;
  /** Called while the child is held back; the program is exec'ed only after this settles, and never if the agent dies before. */
  readonly beforeExec?: (child: HeldChild) => Promise<void> | void;
  /** Name of the scope the child runs in; what it leaves there may stay. Needs `scopes`. */
  readonly scope?: string;
  readonly scopes?: Scopes;
  /** TERM for the child when the agent dies, where setpriv(1) exists. */
  readonly dieWithParent?: boolean;
  /** What it leaves behind is not ended, and writes to files, not to pipes that break when the agent goes. */
  readonly leaves?: boolean;
  /** Time between TERM and KILL, ms (default 5000). */
  readonly graceMs?: number;
  /** How long KILL may take until the process counts as unkillable, ms (default 5000). */
  readonly killWaitMs?: number;
}

export interface ExecResult {
  readonly exitCode: number;
  /** The signal that ended it; exitCode is then 128 + its number, as in a shell. */
  readonly signal?: string;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
  readonly truncated: boolean;
  readonly pid: number;
}

/**
 * Runs argv and returns its exit code, whatever it is. Throws UNSUPPORTED (not installed), COMMAND (cannot be executed), CONFIG (no
 * such user), TIMEOUT and CANCELLED; after the last two nothing of its process group is alive, or the error says what could not be ended.
 */
export async function run(argv: Argv, options: ExecOptions = {}): Promise<ExecResult> {
  const command = await prepareCommand(argv, options);
  if (options.signal?.aborted) throw cancelled(command.text);
  const startedAt = performance.now();
  const output = createOutput(options, command.account);
  try {
    const { child, pid } = await spawnChild(command, options, output);
    return await supervise({ argv, options, command, output, startedAt }, child, pid);
  } finally {
    output.close();
  }
}

interface Job {
  readonly argv: Argv;
  readonly options: ExecOptions;
  readonly command: Command;
  readonly output: Output;
  readonly startedAt: number;
}

/** In a record of its own: execa's child is a thenable, and a promise of a thenable would wait for its end. */
interface Spawned {
  readonly child: ChildProcess;
  readonly pid: number;
}

async function spawnChild(command: Command, options: ExecOptions, output: Output): Promise<Spawned> {
  const { execa } = await import('execa');
  const [out, err] = output.stdio;
  const input = options.input === undefined ? 'ignore' : 'pipe';
  const child = execa(command.wrapped[0], command.wrapped.slice(1), {
    env: { ...command.env },
    extendEnv: false,
    cwd: options.cwd ?? '/',
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    // execa takes descriptors of files here; its types know only the first three
    stdio: [input, out, err, ...(command.gated ? ['pipe'] : [])] as Options['stdio'],
  });
  if (child.pid === undefined) throw spawnError(command, await child);
  child.catch(() => undefined);
  const plain: ChildProcess = child;
  output.attach(plain);
  return { child: plain, pid: child.pid };
}

function spawnError(command: Command, result: { cause?: unknown; code?: string | undefined; message?: string | undefined }): SvcError {
  const errno = errnoOf(result.cause) ?? result.code;
  if (errno === 'ENOENT') return notInstalled(command.wrapped[0]);
  return new SvcError('COMMAND', `cannot execute ${command.text}: ${errno ?? result.message ?? 'unknown'}`, {
    facts: { errno },
    cause: result.cause,
  });
}

async function supervise(job: Job, child: ChildProcess, pid: number): Promise<ExecResult> {
  const { options, output } = job;
  const exited = exitOf(child);
  const watch = watchLimits(pid, job.command.text, options, output.bytes);
  try {
    await Promise.race([letGo(child, pid, job), watch.stopped]);
    if (options.input !== undefined && child.stdin !== null) feed(options.input, child.stdin, watch, job.command.text);
    const end = await Promise.race([exited, watch.stopped]);
    await output.drain();
    if (options.leaves !== true && options.scope === undefined) await endLeftovers(pid, options);
    if (options.scope !== undefined && options.scopes !== undefined) removeScope(options.scopes, options.scope); // unless something is in it
    return { ...end, ...output.result(), durationMs: performance.now() - job.startedAt, pid };
  } catch (error) {
    throw await giveUp(error, pid, { child, exited }, options);
  } finally {
    watch.end();
  }
}

/** Everything that must be true before the program runs; then the gate opens. */
async function letGo(child: ChildProcess, pid: number, { options, command }: Job): Promise<void> {
  if (!command.gated) return;
  if (options.scope !== undefined && options.scopes !== undefined) joinScope(options.scopes, options.scope, pid);
  await options.beforeExec?.({ pid, startTicks: readStat(pid)?.startTicks ?? 0, marker: command.marker });
  if (options.signal?.aborted) throw cancelled(command.text);
  openGate(child.stdio[3] as Duplex);
}

/** A command that does not read its input to the end is no error; an input that breaks is. */
function feed(input: string | Readable, stdin: NodeJS.WritableStream, watch: Watch, text: string): void {
  if (typeof input === 'string') {
    stdin.on('error', () => undefined);
    stdin.end(input);
    return;
  }
  let broken: unknown;
  input.once('error', (error) => {
    broken = error;
  });
  pipeline(input, stdin, () => {
    if (broken !== undefined) watch.fail(new SvcError('COMMAND', `${text}: its input broke off`, { cause: broken }));
  });
}

interface Running {
  readonly child: ChildProcess;
  readonly exited: Promise<unknown>;
}

async function giveUp(error: unknown, pid: number, { child, exited }: Running, options: ExecOptions): Promise<unknown> {
  const left = await endGroup(pid, endOptions(options));
  if (left.length === 0) {
    await Promise.race([exited, delay(1000, undefined, { ref: false })]);
    return error;
  }
  leaveAlone(child);
  if (!(error instanceof SvcError)) return error;
  return new SvcError(error.code, `${error.message}; could not be ended: ${describeLeft(left)}`, {
    hint: 'a process in state D waits for a device: look at the kernel log',
    facts: { ...error.facts, unkillable: left.map((process) => process.pid) },
    cause: error,
  });
}

/** It ends when its device answers, if ever: nobody waits for that, also not the end of our own process. */
function leaveAlone(child: ChildProcess): void {
  child.unref();
  for (const stream of child.stdio) stream?.destroy();
}

/** A trigger or tool that leaves something behind although it should not: it would hold devices and locks unseen. */
async function endLeftovers(pid: number, options: ExecOptions): Promise<void> {
  if (hasMembers(pid)) await endGroup(pid, endOptions(options));
}

function endOptions(options: ExecOptions): typeof defaultEnd {
  const { graceMs = defaultEnd.graceMs, killWaitMs = defaultEnd.killWaitMs } = options;
  return { graceMs, killWaitMs };
}

function exitOf(child: ChildProcess): Promise<{ exitCode: number; signal?: string }> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      resolve(signal === null ? { exitCode: code ?? 0 } : { exitCode: 128 + constants.signals[signal], signal });
    });
  });
}
