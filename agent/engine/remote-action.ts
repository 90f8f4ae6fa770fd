/** An action of another node's agent, until its result is known: when the connection is lost, look there before acting again. */
import { setTimeout as delay } from 'node:timers/promises';
import { asSvcError, type ErrorCode, errorKinds, SvcError } from '../errors.ts';
import type { Log } from '../driver/contract.ts';
import { isRecord, tailOf } from './peer-answer.ts';
import type { PeerArgv, PeerReply, Peers } from './peers.ts';

/** What an action came to, here or there. */
export interface Acted {
  readonly ok: boolean;
  readonly error: SvcError | undefined;
  /** Changes made; undefined: not told. */
  readonly changes: number | undefined;
}

export interface RemoteActionInput {
  readonly peers: Peers;
  readonly node: string;
  readonly service: string;
  readonly argv: PeerArgv;
  /** Tells this action from every other one in the journal over there. */
  readonly sid: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  /** How long to look for a node that has gone away, and how often; ms. */
  readonly lookLimitMs?: number;
  readonly lookEveryMs?: number;
}

/**
 * Never runs it twice beside itself: again only when its history says that it never began.
 * @throws SvcError UNREACHABLE, UNSUPPORTED when it did not begin; TIMEOUT when its result could not be found out
 */
export async function actThere(input: RemoteActionInput): Promise<Acted> {
  for (let attempt = 1; ; attempt += 1) {
    const sid = `${input.sid}.${attempt}`;
    try {
      const { peers, node, argv, signal, log } = input;
      const onLine = (line: string): void => passOn(log, node, line);
      const reply = await peers.act(node, argv, { sid, signal, onLine });
      // An exit status that comes without its words is not that of the action: a shell or a server died around it.
      return isTold(reply) ? actedOf(node, reply) : ((await findOut(input, sid, untold(node, reply))) ?? actedOf(node, reply));
    } catch (thrown) {
      const error = asSvcError(thrown);
      if (error.code !== 'TIMEOUT' || input.signal.aborted) throw error;
      input.log.warn(`${error.message}; looking there before anything is done again`);
      const found = await findOut(input, sid, error);
      if (found !== undefined) return found;
      if (attempt === 2) throw error;
      input.log.info(`${input.node}: it never began there; once more`);
    }
  }
}

/** A line of the console over there keeps its level; its time is about now. */
function passOn(log: Log, node: string, line: string): void {
  const [, level = '', text] = /^\d\d:\d\d:\d\d (DEBUG|INFO|DRYRUN|WARN|ERROR) (.*)$/.exec(line) ?? [];
  const say = { DEBUG: log.debug, WARN: log.warn, ERROR: log.error }[level] ?? log.info;
  say(`${node}: ${text ?? line}`);
}

/** Every action ends its words with whether it went well. */
function isTold({ document }: PeerReply): boolean {
  return isRecord(document) && (typeof document['ok'] === 'boolean' || Array.isArray(document['services']));
}

function untold(node: string, { exitCode, stderr }: PeerReply): SvcError {
  return new SvcError('TIMEOUT', `${node}: it ended without a result (exit ${exitCode})${tailOf(stderr)}`);
}

function actedOf(node: string, reply: PeerReply): Acted {
  const { exitCode, document, stderr } = reply;
  const changes = isRecord(document) && typeof document['changes'] === 'number' ? document['changes'] : undefined;
  if (exitCode === 0 && isTold(reply)) return { ok: true, error: undefined, changes };
  const told = isRecord(document) && isRecord(document['error']) ? document['error'] : {};
  const message = typeof told['message'] === 'string' ? told['message'] : `it failed (exit ${exitCode})${tailOf(stderr)}`;
  return { ok: false, error: failureThere(node, told['code'], message, told['hint']), changes };
}

function failureThere(node: string, code: unknown, message: string, hint?: unknown): SvcError {
  const known = typeof code === 'string' && Object.hasOwn(errorKinds, code) ? (code as ErrorCode) : 'COMMAND';
  // A defect over there is not one of ours.
  const ours = known === 'BUG' ? 'COMMAND' : known;
  return new SvcError(ours, `${node}: ${message}`, { facts: { node }, ...(typeof hint === 'string' ? { hint } : {}) });
}

/** A command that was handed over may need this long to begin its journal. */
const beginMs = 5000;

/** What its history says once the action has ended there; undefined when it never began. */
async function findOut(input: RemoteActionInput, sid: string, lost: SvcError): Promise<Acted | undefined> {
  const { signal, node, lookLimitMs = 600_000, lookEveryMs = 1000 } = input;
  const begunAt = performance.now();
  let seenMissing = 0;
  for (;;) {
    const entry = await lookOnce(input, sid);
    if (entry !== 'unreachable') {
      if (entry === 'missing') seenMissing += 1;
      else if (entry['result'] !== 'running') return resultOf(node, entry);
      if (entry === 'missing' && seenMissing > 1 && performance.now() - begunAt >= Math.min(beginMs, lookLimitMs)) return undefined;
    }
    // As long as it is seen running we wait; the limit is for a node that is gone.
    if (entry === 'unreachable' && performance.now() - begunAt >= lookLimitMs) {
      throw new SvcError('TIMEOUT', `${lost.message}; ${node} does not answer since`, {
        hint: `look there before anything is done again: svcmgr -s ${input.service} history`,
        facts: { unknown: true, node },
        cause: lost,
      });
    }
    await delay(lookEveryMs, undefined, { signal });
  }
}

type Entry = Readonly<Record<string, unknown>>;

async function lookOnce({ peers, node, service, signal }: RemoteActionInput, sid: string): Promise<Entry | 'missing' | 'unreachable'> {
  try {
    const { exitCode, document } = await peers.read(node, ['-s', service, 'history', '--sid', sid], { signal });
    if (exitCode !== 0 || !isRecord(document) || !Array.isArray(document['actions'])) return 'unreachable';
    const actions: readonly unknown[] = document['actions'];
    return actions.find((one): one is Entry => isRecord(one) && one['sid'] === sid) ?? 'missing';
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    return 'unreachable';
  }
}

function resultOf(node: string, entry: Entry): Acted {
  const changes = Array.isArray(entry['changed']) ? entry['changed'].length : undefined;
  if (entry['result'] === 'ok') return { ok: true, error: undefined, changes };
  const told = typeof entry['message'] === 'string' ? entry['message'] : undefined;
  const message = entry['result'] === 'cut' ? 'its agent died in the middle' : (told ?? `it ended as ${String(entry['result'])}`);
  return { ok: false, error: failureThere(node, entry['code'], message), changes };
}
