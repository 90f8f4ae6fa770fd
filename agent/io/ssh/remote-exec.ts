/** Runs one command on another machine to its end, as agent/io/exec.ts does here: bounded output, bounded time, nothing left behind. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { Argv } from '../../driver/contract.ts';
import type { DoorResult } from '../../driver/doors.ts';
import { SvcError } from '../../errors.ts';
import { createOutput, type Output } from '../output.ts';
import { quoteArgv } from '../redact.ts';
import { cancelled } from '../watch.ts';
import { type ChannelEnd, endOf, isOverWithin } from './channel-end.ts';
import { describeHost, type SshHost } from './host.ts';
import type { Shell } from './channels.ts';
import type { ClientChannel } from './library.ts';
import type { SshPool } from './pool.ts';
import { feedRaw, handOver, type Said } from './remote-input.ts';
import { createRemoteOutput } from './remote-output.ts';
import { notStarted, remoteLine, renderCommand } from './remote-shell.ts';
import { watchRemote } from './remote-watch.ts';
import { unreachable } from './unreachable.ts';

export interface RemoteOptions {
  /** Default 60 s when there is no `idleTimeoutMs` either. */
  readonly timeoutMs?: number;
  /** Ended after this time without a byte of output or input. */
  readonly idleTimeoutMs?: number;
  /** Handed over whole before the command starts; for large data use openssh.ts. */
  readonly input?: string | Readable;
  readonly env?: Readonly<Record<string, string>>;
  /** Default `/`. */
  readonly cwd?: string;
  /** Kept bytes of each stream: the head of stdout, the tail of stderr. Default 1 MiB. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Called when the server has opened a channel for it. */
  readonly onAnswer?: () => void;
  /**
   * It goes on in a session of its own when we or the connection go, as a remote action must. Nothing ends it then: `timeoutMs`
   * (none by default) limits how long we wait, and `signal` is passed on as TERM while we go on waiting for what it says.
   */
  readonly survive?: boolean;
  /** The words alone, for a device without a shell of our kind: nothing ends it over there, no `env`, no `cwd`. */
  readonly bare?: boolean;
  /** Of a bare command: the words are for messages only, `input` is typed into the login shell. */
  readonly shell?: Shell;
}

interface Job {
  readonly host: SshHost;
  readonly argv: Argv;
  readonly options: RemoteOptions;
  /** For messages. */
  readonly text: string;
  /** What the script is told; undefined for a bare command. */
  readonly told: string | undefined;
  readonly mark: string;
  readonly limitS: number;
}

const defaultTimeoutMs = 60_000;
/** The limit over there comes after ours, which knows more. */
const marginS = 2;
/** TERM, 5 s, KILL over there, and the way back. */
const endWaitMs = 7000;

/**
 * Runs argv there and returns its exit code, whatever it is. Throws UNREACHABLE (it did not run), UNSUPPORTED (not installed there),
 * TIMEOUT and CANCELLED (it was ended there; `facts.unknown` when that could not be confirmed), and TIMEOUT with `facts.unknown` when the
 * connection broke while it ran: its result is not known.
 */
export async function remoteRun(pool: SshPool, host: SshHost, argv: Argv, options: RemoteOptions = {}): Promise<DoorResult> {
  const result = await runOnce(pool, prepare(host, argv, options));
  if (result.exitCode === 127 && options.bare !== true && !(await hasRemoteTool(pool, host, argv[0], options))) {
    throw new SvcError('UNSUPPORTED', `${argv[0]} is not installed on ${host.name}`, { facts: { program: argv[0], node: host.name } });
  }
  return result;
}

/** Is a program of this name on the PATH over there? */
export async function hasRemoteTool(
  pool: SshPool,
  host: SshHost,
  name: string,
  options: Pick<RemoteOptions, 'signal' | 'env' | 'cwd'> = {},
): Promise<boolean> {
  const { signal, env, cwd } = options;
  const look =
    'case $1 in */*) [ -f "$1" ] && [ -x "$1" ]; exit;; esac; IFS=:; for d in $PATH; do [ -f "$d/$1" ] && [ -x "$d/$1" ] && exit 0; done; exit 1';
  const given = Object.fromEntries(Object.entries({ signal, env, cwd }).filter(([, value]) => value !== undefined));
  return (await runOnce(pool, prepare(host, ['/bin/sh', '-c', look, 'sh', name], { ...given, timeoutMs: 10_000 }))).exitCode === 0;
}

function prepare(host: SshHost, argv: Argv, options: RemoteOptions): Job {
  const { timeoutMs, idleTimeoutMs, survive = false, env = {}, cwd = '/' } = options;
  const limitMs = survive ? undefined : (timeoutMs ?? (idleTimeoutMs === undefined ? defaultTimeoutMs : undefined));
  const limitS = limitMs === undefined ? 0 : Math.ceil(limitMs / 1000) + marginS;
  const waitMs = timeoutMs ?? limitMs;
  const mark = randomBytes(8).toString('hex');
  const told = options.bare === true ? undefined : renderCommand({ argv, mark, env, cwd, limitS, survive });
  return {
    host,
    argv,
    options: { ...options, ...(waitMs === undefined ? {} : { timeoutMs: waitMs }) },
    text: quoteArgv(argv),
    told,
    mark,
    limitS,
  };
}

/** Once more on a new connection when the kept one turns out to be dead before anything ran. */
async function runOnce(pool: SshPool, job: Job): Promise<DoorResult> {
  const first = await attempt(pool, job);
  if (!('again' in first)) return first;
  const second = await attempt(pool, job);
  if (!('again' in second)) return second;
  throw second.again;
}

async function attempt(pool: SshPool, job: Job): Promise<DoorResult | { readonly again: SvcError }> {
  const { signal } = job.options;
  if (signal?.aborted) throw cancelled(job.text);
  const { connection, isOld } = await unlessAborted(pool.connection(job.host), job);
  try {
    const work = (channel: ClientChannel): Promise<DoorResult> => {
      job.options.onAnswer?.();
      return converse(job, connection.address, channel);
    };
    return await connection.channels.use(lineOf(job), work, signal);
  } catch (error) {
    if (signal?.aborted && !(error instanceof SvcError)) throw cancelled(job.text);
    if (isOld && error instanceof SvcError && error.code === 'UNREACHABLE' && !connection.isOpen()) return { again: error };
    throw error;
  }
}

function lineOf({ told, argv, options }: Job): string | Shell {
  return told === undefined ? (options.shell ?? quoteArgv(argv)) : remoteLine;
}

async function unlessAborted<V>(work: Promise<V>, { options: { signal }, text }: Job): Promise<V> {
  if (signal === undefined) return work;
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(cancelled(text));
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}

async function converse(job: Job, address: string, channel: ClientChannel): Promise<DoorResult> {
  const startedAt = performance.now();
  // A bare command says no mark.
  const output = job.told === undefined ? createOutput(job.options) : createRemoteOutput(job.options, job.mark);
  output.attach({ stdout: channel, stderr: channel.stderr });
  channel.on('error', () => undefined);
  const said = { begun: false, sentBytes: 0 };
  const end = await follow(job, channel, output, said);
  return resultOf({ job, address, end, begun: said.begun, output, durationMs: performance.now() - startedAt });
}

/** Tells the other side what to run and waits for its end. */
async function follow(job: Job, channel: ClientChannel, output: Output, said: Said): Promise<ChannelEnd> {
  const { input } = job.options;
  const over = endOf(channel, output.bytes);
  const watch = watchRemote(
    job,
    () => output.bytes() + said.sentBytes,
    () => channel.write('term\n'),
  );
  try {
    const telling = job.told === undefined ? feedRaw(channel, input, said) : handOver(channel, job.told, input, said);
    telling.catch(() => undefined); // it may break after the command has ended without reading all
    await Promise.race([telling, over, watch.stopped]);
    return await Promise.race([over, watch.stopped]);
  } catch (error) {
    throw await giveUp(job, error, channel, over);
  } finally {
    watch.end();
    output.close();
    if (typeof input === 'object') input.destroy();
  }
}

interface Ended {
  readonly job: Job;
  readonly address: string;
  readonly end: ChannelEnd;
  readonly begun: boolean;
  readonly output: Output;
  readonly durationMs: number;
}

function resultOf({ job, address, end, begun, output, durationMs }: Ended): DoorResult {
  const { host, text } = job;
  const result = output.result();
  if (end.kind === 'lost') {
    if (!begun) throw unreachable(host, address, { level: 'lost', why: 'the connection broke before the command was started' });
    throw new SvcError('TIMEOUT', `${text}: the connection to ${describeHost(host, address)} broke while it ran: its result is not known`, {
      hint:
        job.options.survive === true
          ? `it may still be running there: look at ${host.name} before you act`
          : `look at ${host.name} before you act`,
      facts: { unknown: true, node: host.name, stderr: result.stderr.slice(-2000) },
    });
  }
  if (!begun) {
    const why = end.exitCode === notStarted ? 'could not be handed over' : `was not taken (exit ${end.exitCode})`;
    throw new SvcError('COMMAND', `${text}: ${why} on ${describeHost(host, address)}: ${result.stderr.trim().slice(-400)}`, {
      facts: { node: host.name },
    });
  }
  const isLate =
    job.limitS > 0 && durationMs >= job.limitS * 1000 && (end.exitCode === 124 || end.exitCode === 128 + constants.signals.SIGKILL);
  if (isLate) throw new SvcError('TIMEOUT', `${text}: ended on ${host.name} after ${job.limitS} s`, { facts: { node: host.name } });
  return { exitCode: end.exitCode, ...result, durationMs };
}

/** Ends the command over there by ending our side of the channel, and waits until that is seen to have happened. */
async function giveUp(job: Job, error: unknown, channel: ClientChannel, over: Promise<ChannelEnd>): Promise<unknown> {
  if (job.options.survive === true || !(error instanceof SvcError)) return error;
  channel.end();
  if (job.told !== undefined && (await isOverWithin(over, endWaitMs)) === 'exit') return error;
  return new SvcError(error.code, `${error.message}; on ${job.host.name} it may still be running`, {
    hint: `look at ${job.host.name} before you act`,
    facts: { ...error.facts, unknown: true },
    cause: error,
  });
}
