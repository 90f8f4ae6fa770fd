/** The kept connections: one for each user, address and port, made at the first command and again after one broke. */
import { SvcError } from '../../errors.ts';
import { type Connection, type ConnectLimits, connect } from './connection.ts';
import type { SshHost } from './host.ts';
import { type Credential, readCredentials } from './keys.ts';
import { allUnreachable } from './unreachable.ts';

export interface SshPool {
  /**
   * The kept connection to a host, or a new one: its addresses are tried in turn.
   * @throws SvcError UNREACHABLE when none answers as it should, CONFIG when we have no usable key
   */
  connection(host: SshHost): Promise<Kept>;
  /** The address that answered last; undefined: none was tried yet, or none answered. */
  address(host: SshHost): string | undefined;
  /** Ends every connection; what runs over them ends. The next command would make new ones. */
  closeAll(): Promise<void>;
}

export interface Kept {
  readonly connection: Connection;
  /** It was there already, so it may have died unseen. */
  readonly isOld: boolean;
  /** Why addresses before this one were not used. */
  readonly passed: readonly SvcError[];
}

export const defaultConnectLimits: ConnectLimits = { connectTimeoutMs: 5000, keepaliveMs: 10_000, keepaliveCount: 3, channels: 8 };

type Made = Omit<Kept, 'isOld'>;

/** Limits that are not given are the default ones. */
export function createSshPool(given: Partial<ConnectLimits> = {}): SshPool {
  const limits = { ...defaultConnectLimits, ...given };
  const kept = new Map<string, Promise<Made>>();
  const answered = new Map<string, string>();
  let ending = new AbortController();
  return {
    connection: async (host) => {
      const key = keyOf(host);
      const before = kept.get(key);
      const old = await before?.catch(() => undefined);
      if (old?.connection.isOpen()) return { ...old, isOld: true };
      // Somebody else may have begun a new one while we looked at the old one.
      const now = kept.get(key);
      const making = now !== undefined && now !== before ? now : make(host, limits, ending.signal);
      kept.set(key, making);
      making.catch(() => kept.get(key) === making && kept.delete(key));
      const made = await making;
      answered.set(key, made.connection.address);
      return { ...made, isOld: false };
    },
    address: (host) => answered.get(keyOf(host)),
    closeAll: async () => {
      const all = [...kept.values()];
      kept.clear();
      // Nobody waits for one that is still being made: to a machine that is gone that takes its whole time limit.
      ending.abort();
      ending = new AbortController();
      await Promise.all(all.map(async (one) => (await one.catch(() => undefined))?.connection.close()));
    },
  };
}

/** Everything that makes another connection. */
function keyOf({ user, addresses, port, key, knownHosts, agentSocket, legacy }: SshHost): string {
  return JSON.stringify([user, addresses, port, key, knownHosts, agentSocket, legacy]);
}

async function make(host: SshHost, limits: ConnectLimits, signal: AbortSignal): Promise<Made> {
  const credentials: readonly Credential[] = await readCredentials(host);
  const passed: SvcError[] = [];
  for (const address of host.addresses) {
    try {
      return { connection: await connect(host, address, credentials, limits, signal), passed };
    } catch (error) {
      if (!(error instanceof SvcError) || error.code !== 'UNREACHABLE') throw error;
      passed.push(error);
    }
  }
  throw allUnreachable(host, passed);
}
