/** Why there is no connection, in the words of one error: UNREACHABLE, which says that the command did not run. */
import { SvcError } from '../../errors.ts';
import { describeHost, type SshHost } from './host.ts';

/** Which step failed, in `facts.level`; the first four are the words of ssh2. */
export type ConnectLevel =
  | 'client-socket'
  | 'client-timeout'
  | 'handshake'
  | 'client-authentication'
  | 'host-key'
  | 'protocol'
  | 'channel'
  | 'lost';

const hints = {
  'client-socket': (host) => `is the node up, does its ssh server listen on port ${host.port}, is the address right?`,
  'client-timeout': (host) => `is the node up, is the network cut, does a firewall drop port ${host.port}?`,
  handshake: () =>
    'both sides know no common algorithm, or the key of the host is of a type that known_hosts does not know; ssh_legacy = true accepts the old ones of an old device',
  'client-authentication': (host) =>
    host.loginHint ??
    `may this key log in there? ssh-copy-id ${host.key === undefined ? '' : `-i ${host.key}.pub `}-p ${host.port} ${host.user}@${host.addresses[0] ?? host.name}`,
  'host-key': () => 'see known_hosts',
  protocol: (host) => `is it an ssh server that listens on port ${host.port}, and does it let us in (MaxStartups, hosts.deny)?`,
  channel: () => 'its ssh server gives no session: MaxSessions, a forced command, no shell, no memory?',
  lost: () => 'the connection broke before the command began: it may be asked again',
} as const satisfies Record<ConnectLevel, (host: SshHost) => string>;

export interface Unreached {
  readonly level: ConnectLevel;
  /** What happened, without the name of the host. */
  readonly why: string;
  readonly hint?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** UNREACHABLE with `facts` node, address, port and level. */
export function unreachable(host: SshHost, address: string, { level, why, hint, facts, cause }: Unreached): SvcError {
  return new SvcError('UNREACHABLE', `${describeHost(host, address)}: ${why}`, {
    hint: hint ?? hints[level](host),
    facts: { node: host.name, address, port: host.port, level, ...facts },
    cause,
  });
}

/** One error of several addresses; the only one as it is. */
export function allUnreachable(host: SshHost, errors: readonly SvcError[]): SvcError {
  const [first, ...others] = errors;
  if (first !== undefined && others.length === 0) return first;
  if (first === undefined)
    return unreachable(host, host.name, { level: 'client-socket', why: 'it has no address', hint: `address = … in [host#${host.name}]` });
  return new SvcError('UNREACHABLE', `${host.name} at none of its addresses: ${errors.map((error) => error.message).join('; ')}`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    facts: { ...first.facts, tries: errors.map((error) => error.facts) },
    cause: first,
  });
}

const errnoWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
  ETIMEDOUT: 'no answer',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection broken',
  ENOTFOUND: 'no such host name',
  EAI_AGAIN: 'its name cannot be resolved now',
  EADDRNOTAVAIL: 'this node has no address to connect from',
  EACCES: 'a local firewall forbids it',
};

/** What ssh2 said, as far as connecting goes. Its own text is only shown, never read. */
export function fromLibrary(host: SshHost, address: string, thrown: unknown): SvcError {
  const error: LibraryError = thrown instanceof Error ? thrown : new Error(String(thrown));
  const level = levels.find((one) => one === error.level) ?? 'protocol';
  const errno = typeof error.code === 'string' ? error.code : undefined;
  const words = (errno === undefined ? undefined : errnoWords[errno]) ?? error.message;
  return unreachable(host, address, { level, why: words, cause: thrown, ...(errno === undefined ? {} : { facts: { errno } }) });
}

/** Errors of ssh2 name their step, those of the socket their errno. */
interface LibraryError extends Error {
  readonly level?: string;
  readonly code?: unknown;
}

const levels = ['client-socket', 'client-timeout', 'handshake', 'client-authentication', 'protocol'] as const;
