/** One ssh connection to one address: its host key checked, logged in, without Nagle's delay, watched by keepalives. */
import { connect as connectSocket, type Socket } from 'node:net';
import type { SvcError } from '../../errors.ts';
import { algorithmsFor } from './algorithms.ts';
import { type Channels, createChannels } from './channels.ts';
import type { SshHost } from './host.ts';
import { type HostTrust, readHostTrust } from './host-key.ts';
import type { Credential } from './keys.ts';
import { type Client, type ConnectConfig, loadSsh2 } from './library.ts';
import { fromLibrary, unreachable } from './unreachable.ts';

export interface ConnectLimits {
  /** Until logged in, for each address, ms. */
  readonly connectTimeoutMs: number;
  /** Until a server that is connected has opened a channel, ms; default connectTimeoutMs. */
  readonly openTimeoutMs?: number;
  /** A silent server is asked after this time, ms; after `keepaliveCount` questions without an answer it counts as gone. */
  readonly keepaliveMs: number;
  readonly keepaliveCount: number;
  /** Commands at the same time; sshd allows 10 (MaxSessions). */
  readonly channels: number;
}

export interface Connection {
  readonly host: SshHost;
  readonly address: string;
  readonly channels: Channels;
  /** False once it ended or broke: the next command needs another one. */
  isOpen(): boolean;
  /** Ends it; what runs over it ends too. Settles when the socket is closed. */
  close(): Promise<void>;
}

/** How long the goodbye may take before the socket is closed anyway, ms. */
const goodbyeMs = 200;

/**
 * @param signal nobody waits for it any more
 * @throws SvcError UNREACHABLE: nothing was run; `facts.level` says which step failed
 */
export async function connect(
  host: SshHost,
  address: string,
  credentials: readonly Credential[],
  limits: ConnectLimits,
  signal: AbortSignal,
): Promise<Connection> {
  const [{ Client }, trust] = await Promise.all([loadSsh2(), readHostTrust(host, address)]);
  const client = new Client();
  const socket = connectSocket({ host: address, port: host.port, noDelay: true });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  client.on('error', () => undefined); // after the login: what broke is seen by the channels and by `close`
  const login = { host, address, client, socket, trust, credentials, limits, signal };
  await logIn(login);
  // 45 ms instead of 2 for each command otherwise: Nagle's algorithm waits for acknowledgements that are delayed (spec/floors.md §5).
  client.setNoDelay(true);
  return keep(login, closed);
}

function keep({ host, address, client, socket, limits }: Login, closed: Promise<void>): Connection {
  let open = true;
  const onEnd = (): void => {
    open = false;
  };
  client.once('end', onEnd).once('close', onEnd);
  const isOpen = (): boolean => open && socket.writable;
  const breakOff = (): void => void socket.destroy();
  const { channels: limit, connectTimeoutMs, openTimeoutMs = connectTimeoutMs } = limits;
  return {
    host,
    address,
    channels: createChannels({ host, address, client, limit, openTimeoutMs, isOpen, breakOff }),
    isOpen,
    close: async () => {
      open = false;
      client.end();
      const timer = setTimeout(breakOff, goodbyeMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

interface Login {
  readonly host: SshHost;
  readonly address: string;
  readonly client: Client;
  readonly socket: Socket;
  readonly trust: HostTrust;
  readonly credentials: readonly Credential[];
  readonly limits: ConnectLimits;
  readonly signal: AbortSignal;
}

function logIn(login: Login): Promise<void> {
  const { host, address, client, socket, limits, signal } = login;
  return new Promise((resolve, reject) => {
    const refusal: { error?: SvcError } = {}; // ssh2 says only that the verifier said no
    const giveUp = (): void => settle(unreachable(host, address, { level: 'client-timeout', why: 'nobody waited for it any more' }));
    const settle = (error?: SvcError): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      if (error === undefined) {
        resolve();
      } else {
        socket.destroy();
        reject(refusal.error ?? error);
      }
    };
    const timer = setTimeout(() => settle(tooLate(login)), limits.connectTimeoutMs);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    client.once('ready', () => settle());
    // An agent that does not answer is no end: the key files come next.
    client.on('error', (error: Error & { level?: string }) => error.level !== 'agent' && settle(loginError(login, error)));
    client.once('close', () =>
      settle(unreachable(host, address, { level: 'protocol', why: 'the connection was closed before the login was done' })),
    );
    try {
      client.connect(configFor(login, (error) => (refusal.error = error)));
    } catch (error) {
      settle(fromLibrary(host, address, error));
    }
  });
}

function configFor({ host, socket, trust, credentials, limits }: Login, onRefusal: (error: SvcError) => void): ConnectConfig {
  return {
    sock: socket,
    username: host.user,
    algorithms: algorithmsFor(trust.keyTypes, host.legacy === true),
    // Without a verifier ssh2 takes any host for the right one (spec/deps.md §0.4).
    hostVerifier: (key: Buffer): boolean => {
      const error = trust.refuse(key);
      if (error !== undefined) onRefusal(error);
      return error === undefined;
    },
    authHandler: [...credentials] as NonNullable<ConnectConfig['authHandler']>,
    readyTimeout: 0, // ours covers the name lookup too
    keepaliveInterval: limits.keepaliveMs,
    keepaliveCountMax: limits.keepaliveCount,
  };
}

function tooLate({ host, address, limits, socket }: Login): SvcError {
  const step = socket.connecting ? 'no answer' : 'it answers, but the login was not done';
  const why = `${step} in ${limits.connectTimeoutMs / 1000} s`;
  return unreachable(host, address, { level: 'client-timeout', why, facts: { connected: !socket.connecting } });
}

function loginError({ host, address, trust }: Login, error: Error & { level?: string }): SvcError {
  const mapped = fromLibrary(host, address, error);
  if (mapped.facts['level'] !== 'handshake' || trust.places.length === 0) return mapped;
  // The library does not say which algorithm it was: the type of the host key is the one we narrowed.
  const why = `${error.message}; only host keys of type ${trust.keyTypes.join(', ')} are accepted, as known from ${trust.places.join(', ')}`;
  return unreachable(host, address, { level: 'handshake', why, cause: error, facts: { keyTypes: trust.keyTypes, places: trust.places } });
}
