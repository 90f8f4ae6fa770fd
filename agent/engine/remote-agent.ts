/** The agents of other nodes, spoken to by running their svcmgr (design/driver-contract.md "Effects on another node's service"). */
import { asSvcError, SvcError } from '../errors.ts';
import { withDeadline } from './deadline.ts';
import { faultOfError, isNoAgent, isSilence, parseAnswer, tailOf } from './peer-answer.ts';
import type { PeerActOptions, PeerAnswer, PeerArgv, PeerCallOptions, PeerReply, Peers } from './peers.ts';

export interface RemoteRunOptions {
  readonly signal: AbortSignal;
  /** Ms; absent = as long as it takes. */
  readonly timeoutMs?: number;
  readonly env: Readonly<Record<string, string>>;
  readonly maxBytes: number;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** The command outlives our connection. */
  readonly survive?: boolean;
  /** Something over there took the command: it is alive, whatever comes of it. */
  readonly onAnswer?: () => void;
}

/**
 * Runs a program on a node and gives its exit status.
 * @throws SvcError UNREACHABLE when it did not begin; TIMEOUT and COMMAND when that is not known
 */
export type RemoteRun = (
  node: string,
  argv: readonly [string, ...string[]],
  options: RemoteRunOptions,
) => Promise<{ readonly exitCode: number; readonly stdout: string; readonly stderr: string }>;

/** Where the agent of a node is. */
export interface RemotePlace {
  /** Path of its svcmgr. */
  readonly svcmgr: string;
  /** Its SVCMGR_HOME; undefined = its own default. */
  readonly home: string | undefined;
}

export interface RemoteAgentInput {
  readonly run: RemoteRun;
  readonly placeOf: (node: string) => RemotePlace;
  readonly now: () => Date;
  /** How long an answer may take, ms. */
  readonly timeoutMs: number;
}

/** For a world without a way to other nodes: none of them can be reached. */
export const noRemoteRun: RemoteRun = async (node) => {
  throw new SvcError('UNREACHABLE', `${node}: this agent has no way to other nodes`);
};

/** A status of hundreds of resources is some 200 KiB. */
const maxAnswerBytes = 8 * 1024 * 1024;

export function createRemotePeers(input: RemoteAgentInput): Peers {
  return {
    ask: (node, service, options) => ask(input, node, service, options),
    read: (node, argv, options) => read(input, node, argv, options),
    act: (node, argv, options) => act(input, node, argv, options),
  };
}

async function ask(input: RemoteAgentInput, node: string, service: string, options: PeerCallOptions): Promise<PeerAnswer> {
  const begunMs = input.now().getTime();
  let hasAnswered = false;
  const onAnswer = (): void => {
    hasAnswered = true;
  };
  try {
    const argv = ['-s', service, 'print', 'status', '--refresh', '--format', 'json'];
    const reply = await callInTime(input, node, argv, { ...options, onAnswer });
    const endedMs = input.now().getTime();
    const parsed = parseAnswer(node, service, reply);
    const skewMs = parsed.status === undefined ? undefined : skewOf(Date.parse(parsed.status.updated), begunMs, endedMs);
    return { node, reachable: true, ...parsed, skewMs, askedMs: endedMs - begunMs };
  } catch (thrown) {
    if (options.signal.aborted) throw thrown;
    const error = asSvcError(thrown);
    const alive = !isSilence(error, hasAnswered);
    return {
      node,
      reachable: false,
      alive,
      status: undefined,
      fault: faultOfError(error),
      skewMs: undefined,
      askedMs: input.now().getTime() - begunMs,
    };
  }
}

/** The answer was made between our question and its arrival: only what lies outside of that is a difference of clocks. */
function skewOf(madeMs: number, begunMs: number, endedMs: number): number {
  if (madeMs < begunMs) return madeMs - begunMs;
  return madeMs > endedMs ? madeMs - endedMs : 0;
}

async function read(input: RemoteAgentInput, node: string, argv: PeerArgv, options: PeerCallOptions): Promise<PeerReply> {
  return mustHaveAgent(node, await callInTime(input, node, [...argv, '--format', 'json'], options));
}

async function act(input: RemoteAgentInput, node: string, argv: PeerArgv, options: PeerActOptions): Promise<PeerReply> {
  const { sid, signal, timeoutMs, onLine } = options;
  try {
    const reply = await call(input, node, [...argv, '--format', 'json'], {
      signal,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      env: { SVCMGR_SID: sid },
      survive: true,
      onLine: (stream, line) => {
        if (stream === 'stderr' && line.trim() !== '') onLine(line);
      },
    });
    return mustHaveAgent(node, reply);
  } catch (thrown) {
    const error = asSvcError(thrown);
    if (error.code === 'UNREACHABLE' || error.code === 'UNSUPPORTED' || signal.aborted) throw error;
    throw new SvcError('TIMEOUT', `${node}: the result of ${argv.join(' ')} is not known: ${error.message}`, { cause: error });
  }
}

/** The limit holds also where connecting hangs. */
async function callInTime(input: RemoteAgentInput, node: string, argv: PeerArgv, options: CallOptions): Promise<PeerReply> {
  const timeoutMs = options.timeoutMs ?? input.timeoutMs;
  return withDeadline(options.signal, timeoutMs, node, (signal) => call(input, node, argv, { ...options, signal, timeoutMs }));
}

type CallOptions = PeerCallOptions & Partial<Pick<RemoteRunOptions, 'env' | 'survive' | 'onLine' | 'onAnswer'>>;

async function call(input: RemoteAgentInput, node: string, argv: PeerArgv, options: CallOptions): Promise<PeerReply> {
  const { svcmgr, home } = input.placeOf(node);
  const env = { ...(home === undefined ? {} : { SVCMGR_HOME: home }), ...options.env };
  const result = await input.run(node, [svcmgr, ...argv], { ...options, env, maxBytes: maxAnswerBytes });
  return { exitCode: result.exitCode, document: parseJson(result.stdout), stderr: result.stderr };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Our agent says UNSUPPORTED (4) too, but then as a JSON document: the shell and the launcher say nothing on stdout. */
function mustHaveAgent(node: string, reply: PeerReply): PeerReply {
  if (!isNoAgent(reply.exitCode) || reply.document !== undefined) return reply;
  throw new SvcError('UNSUPPORTED', `${node}: svcmgr cannot run there (exit ${reply.exitCode})${tailOf(reply.stderr)}`, {
    hint: `[host#${node}] svcmgr = PATH in the node file says where it is`,
  });
}
