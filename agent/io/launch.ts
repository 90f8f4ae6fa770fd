/** Starts a long-lived process: own session, own scope, output to a file; nothing that happens to the agent touches it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Argv } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import { type Command, prepareCommand } from './command.ts';
import { notInstalled } from './environment.ts';
import type { HeldChild } from './exec.ts';
import { errnoOf, fileError } from './files.ts';
import { isBeforeExec, openGate } from './gate.ts';
import { openOutputFile } from './output-file.ts';
import { type ProcessInfo, readProcess, readStat } from './process.ts';
import { joinScope, type Scopes } from './scope.ts';
import { cancelled } from './watch.ts';

export interface LaunchOptions {
  readonly scope: string;
  readonly scopes: Scopes;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly user?: string;
  readonly group?: string;
  /** prlimit(1) names and values: { nofile: '4096' }. */
  readonly limits?: Readonly<Record<string, string>>;
  /** stdout and stderr are appended here (rotated at start above 1 MiB); /dev/null when absent. */
  readonly outputFile?: string;
  readonly beforeExec?: (child: HeldChild) => Promise<void> | void;
  readonly signal?: AbortSignal;
}

/** How long a program that cannot really start (missing library, bad option) gets to show it, ms. */
const watchMs = 40;
/** Between the opening of the gate and the exec of the program, ms. */
const execLimitMs = 5000;

/** Returns the process once the program is exec'ed. UNSUPPORTED, COMMAND or CONFIG when it cannot start or fails at once. */
export async function launch(argv: Argv, options: LaunchOptions): Promise<ProcessInfo> {
  const command = await prepareCommand(argv, { ...options, beforeExec: true });
  if (options.signal?.aborted) throw cancelled(command.text);
  const child = await spawnDetached(command, options);
  const ended = endOf(child);
  try {
    joinScope(options.scopes, options.scope, child.pid);
    await options.beforeExec?.({ pid: child.pid, startTicks: readStat(child.pid)?.startTicks ?? 0, marker: command.marker });
    if (options.signal?.aborted) throw cancelled(command.text);
  } catch (error) {
    child.kill('SIGKILL'); // it is still the gate: nothing of the program has run
    await ended;
    throw error;
  }
  openGate(child.stdio[3] as Duplex);
  child.unref();
  return afterExec(argv, command, options, child.pid, ended);
}

type Child = ChildProcess & { readonly pid: number };
type End = { readonly code: number | null; readonly signal: string | null };

async function spawnDetached(command: Command, options: LaunchOptions): Promise<Child> {
  const output = options.outputFile === undefined ? openNull() : openOutputFile(options.outputFile, command.account);
  try {
    const { LC_ALL: _, ...env } = command.env; // for tools that are parsed; an application keeps its language
    const child = spawn(command.wrapped[0], command.wrapped.slice(1), {
      env: { LANG: 'C.UTF-8', ...env, ...options.env },
      cwd: options.cwd ?? '/',
      detached: true,
      stdio: ['ignore', output, output, 'pipe'],
    });
    if (child.pid !== undefined) return child as Child;
    const error = await new Promise<unknown>((resolve) => child.once('error', resolve));
    if (errnoOf(error) === 'ENOENT') throw notInstalled(command.wrapped[0]);
    throw new SvcError('COMMAND', `cannot execute ${command.text}: ${errnoOf(error) ?? String(error)}`, { cause: error });
  } finally {
    closeSync(output);
  }
}

function openNull(): number {
  try {
    return openSync('/dev/null', 'w');
  } catch (error) {
    throw fileError('open', '/dev/null', error);
  }
}

function endOf(child: Child): Promise<End> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
}

/** Waits until the gate and the wrappers are gone, then a moment more for a program that fails at once. */
async function afterExec(argv: Argv, command: Command, options: LaunchOptions, pid: number, ended: Promise<End>): Promise<ProcessInfo> {
  const startTicks = readStat(pid)?.startTicks ?? 0;
  const until = performance.now() + execLimitMs;
  while (isBeforeExec(readCmdline(pid), command.wrapped, argv) && performance.now() < until) await delay(2);
  const end = await Promise.race([ended, delay(watchMs)]);
  if (end !== undefined && (end.code !== 0 || end.signal !== null)) throw endedAtOnce(command, options, end);
  const info = readProcess(pid);
  return { pid, startTicks, command: info?.startTicks === startTicks ? info.command : command.text };
}

function endedAtOnce(command: Command, options: LaunchOptions, end: End): SvcError {
  const how = end.signal === null ? `exit ${end.code}` : end.signal;
  const where = options.outputFile === undefined ? '' : `: ${lastLines(options.outputFile)}`;
  return new SvcError('COMMAND', `${command.text} ended at once (${how})${where}`, {
    ...(options.outputFile === undefined ? {} : { hint: `see ${options.outputFile}` }),
    facts: { exitCode: end.code, signal: end.signal },
  });
}

function lastLines(path: string): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-3).join(' / ').slice(-400);
  } catch {
    return '';
  }
}

function readCmdline(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
