/** Runs the built command line (dist/, through bin/svcmgr) as a child process, the way a person does. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Home } from './home.ts';
import { projectRoot } from './imports.ts';
import type { Netns } from './netns.ts';

export const svcmgr = path.join(projectRoot, 'bin/svcmgr');

export interface CliOptions {
  readonly home?: Home;
  /** Added to a small clean environment (PATH, HOME, LANG=C.UTF-8); undefined removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly netns?: Netns;
  readonly cwd?: string;
  /** Runs it as this user and group id. */
  readonly uid?: number;
  /** Milliseconds until it is killed and the call fails (default 30 s). */
  readonly timeoutMs?: number;
  /** Another program to start instead of bin/svcmgr, e.g. a link named after a service. */
  readonly program?: string;
}

export interface CliResult {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliProcess {
  readonly pid: number;
  readonly child: ChildProcessWithoutNullStreams;
  readonly done: Promise<CliResult>;
  /** Resolves when the text of stdout and stderr so far matches; rejects when the process ends first. */
  sees(pattern: RegExp): Promise<void>;
  /** SIGKILL to the command line alone, as a crash would: what it started lives on. */
  crash(): Promise<CliResult>;
}

/** Runs it to its end; throws only when it does not end in time. */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const timeoutMs = options.timeoutMs ?? 30_000;
  const started = spawnCli(argv, options);
  started.child.stdin.end(options.input ?? '');
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    started.child.kill('SIGKILL');
  }, timeoutMs);
  const result = await started.done;
  clearTimeout(timer);
  if (timedOut) throw new Error(`svcmgr ${argv.join(' ')} did not end in ${timeoutMs} ms\n${result.stdout}${result.stderr}`);
  return result;
}

/** Starts it and returns at once, for tests that signal, kill or feed it. */
export function spawnCli(argv: readonly string[], options: CliOptions = {}): CliProcess {
  const [program = svcmgr, ...rest] = [...(options.netns?.enter ?? []), options.program ?? svcmgr, ...argv];
  const env = { ...baseEnv(), ...options.home?.env, ...options.env };
  const identity = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const child = spawn(program, rest, { env, cwd: options.cwd ?? '/', stdio: 'pipe', ...identity });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`could not start ${program}`);
  // A reader that ended before its input is not the test's concern.
  child.stdin.on('error', () => undefined);
  const seen = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    seen.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    seen.stderr += text;
  });
  const done = finish(child, seen);
  return {
    pid,
    child,
    done,
    sees: (pattern) => watchFor(pattern, child, seen, done),
    crash: () => {
      child.kill('SIGKILL');
      return done;
    },
  };
}

/** `exit`, not `close`: a daemon that the service started may keep the pipes open for ever. */
async function finish(child: ChildProcessWithoutNullStreams, seen: { stdout: string; stderr: string }): Promise<CliResult> {
  const closed = once(child, 'close');
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  const drained = new AbortController();
  const grace = new Promise((resolve) => {
    const timer = setTimeout(resolve, 1000);
    drained.signal.addEventListener('abort', () => clearTimeout(timer));
  });
  await Promise.race([closed, grace]);
  drained.abort();
  return { code, signal, ...seen };
}

async function watchFor(
  pattern: RegExp,
  child: ChildProcessWithoutNullStreams,
  seen: { stdout: string; stderr: string },
  done: Promise<CliResult>,
): Promise<void> {
  const matches = () => pattern.test(seen.stdout + seen.stderr);
  if (matches()) return;
  await new Promise<void>((resolve, reject) => {
    const look = () => {
      if (matches()) resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void done.then(() => (matches() ? resolve() : reject(new Error(`never seen: ${pattern}\n${seen.stdout}${seen.stderr}`))));
  });
}

function baseEnv(): Record<string, string> {
  return { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, HOME: '/nonexistent', LANG: 'C.UTF-8', TZ: 'UTC' };
}
