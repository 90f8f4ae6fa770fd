/** Can we reach a node, and is its agent the one we mean? What `svcmgr node ping` asks (spec/cli.md). */
import type { NodeDefinition } from '../config/definition.ts';
import { isSameNode } from '../config/scope.ts';
import { asSvcError, SvcError } from '../errors.ts';
import type { SshHost } from '../io/ssh/host.ts';
import type { SshPool } from '../io/ssh/pool.ts';
import { remoteRun } from '../io/ssh/remote-exec.ts';
import { remotePlace } from './remote-place.ts';
import { sshHost } from './ssh-host.ts';

/** What was found out, step by step; undefined = not reached. */
export interface Ping {
  readonly node: string;
  /** The address that was used. */
  readonly address: string | undefined;
  readonly hostKey: 'ok' | 'refused' | undefined;
  readonly login: 'ok' | 'refused' | undefined;
  /** Of the svcmgr over there. */
  readonly version: string | undefined;
  /** How that node calls itself. */
  readonly name: string | undefined;
  /** The shortest of three commands that do nothing, on the kept connection. */
  readonly roundTripMs: number | undefined;
  /** Addresses before the one that was used, with what was wrong with them. */
  readonly passed: readonly SvcError[];
  readonly error: SvcError | undefined;
}

/** Nodes of the `[host#…]` sections, as written. */
export function knownNodes({ sections }: NodeDefinition): readonly string[] {
  return [...sections.keys()].flatMap((name) => (name.startsWith('host#') ? [name.slice('host#'.length)] : []));
}

export interface PingInput {
  readonly pool: SshPool;
  readonly definition: NodeDefinition;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** Never throws but for an abort: what is wrong is in `error`. */
export async function pingNode(input: PingInput, node: string): Promise<Ping> {
  const host = sshHost(input.definition, node, input.env);
  const nothing = {
    node,
    address: undefined,
    hostKey: undefined,
    login: undefined,
    version: undefined,
    name: undefined,
    roundTripMs: undefined,
    passed: [],
  };
  try {
    const { connection, passed } = await input.pool.connection(host);
    const reached: Ping = { ...nothing, address: connection.address, hostKey: 'ok', login: 'ok', passed, error: undefined };
    const roundTripMs = await roundTrip(input, host);
    return await withAgent(input, host, { ...reached, roundTripMs });
  } catch (thrown) {
    input.signal.throwIfAborted();
    const error = asSvcError(thrown);
    return { ...nothing, ...stepsOf(error), error };
  }
}

/** How far it came, by the step that failed. */
function stepsOf({ facts }: SvcError): Partial<Ping> {
  const { level, address } = facts;
  const reached = typeof address === 'string' ? { address } : {};
  if (level === 'host-key') return { ...reached, hostKey: 'refused' };
  if (level === 'client-authentication') return { ...reached, hostKey: 'ok', login: 'refused' };
  return reached;
}

async function roundTrip({ pool, signal }: PingInput, host: SshHost): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const startedAt = performance.now();
    await remoteRun(pool, host, ['true'], { timeoutMs: askMs, signal });
    times.push(performance.now() - startedAt);
  }
  return Math.min(...times);
}

/** How long its svcmgr may take to answer, ms. */
const askMs = 10_000;

async function withAgent(input: PingInput, host: SshHost, reached: Ping): Promise<Ping> {
  try {
    const version = /^svcmgr (\S+)/.exec(await askAgent(input, host, ['--version']))?.[1];
    if (version === undefined) throw new SvcError('COMMAND', `${host.name}: its svcmgr does not say which version it is`);
    const name = nameIn(await askAgent(input, host, ['node', 'print', 'config', '--format', 'json']));
    return { ...reached, version, name, ...(name === undefined || isSameNode(name, host.name) ? {} : { error: otherName(host, name) }) };
  } catch (thrown) {
    input.signal.throwIfAborted();
    return { ...reached, error: asSvcError(thrown) };
  }
}

async function askAgent({ pool, definition, signal }: PingInput, host: SshHost, words: readonly string[]): Promise<string> {
  const { svcmgr, home } = remotePlace(definition, host.name);
  const env: Record<string, string> = home === undefined ? {} : { SVCMGR_HOME: home };
  const ran = await remoteRun(pool, host, [svcmgr, ...words], { timeoutMs: askMs, signal, env });
  if (ran.exitCode === 0 || ran.stdout !== '') return ran.stdout;
  throw new SvcError('UNSUPPORTED', `${host.name}: svcmgr cannot run there (exit ${ran.exitCode}): ${ran.stderr.trim().slice(-400)}`, {
    hint: `[host#${host.name}] svcmgr = PATH says where it is`,
  });
}

function nameIn(text: string): string | undefined {
  try {
    const { name } = JSON.parse(text) as { name?: unknown };
    return typeof name === 'string' ? name : undefined;
  } catch {
    return undefined; // an agent before this verb
  }
}

function otherName(host: SshHost, name: string): SvcError {
  return new SvcError('CONFIG', `[host#${host.name}] leads to a node that calls itself ${name}`, {
    hint: 'address and home of the section, or [node] name over there, are not what was meant',
    facts: { node: host.name, name },
  });
}
