/** One sshd on loopback with a key that it lets in, and pools of connections to it, for the tests of agent/io/ssh. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ConnectLimits } from '../../agent/io/ssh/connection.ts';
import type { SshHost } from '../../agent/io/ssh/host.ts';
import { createSshPool, type SshPool } from '../../agent/io/ssh/pool.ts';
import { SvcError } from '../../agent/errors.ts';
import { removeFolder } from '../support/leftovers.ts';
import { makeFolder } from '../support/names.ts';
import { type KeyType, makeKey, type Sshd, startSshd } from '../support/sshd.ts';

export interface SshLab {
  readonly sshd: Sshd;
  readonly folder: string;
  readonly key: string;
  /** The host as configured rightly, but for what is given. */
  host(other?: Partial<SshHost>): SshHost;
  /** A pool that is closed after the tests. */
  pool(limits?: Partial<ConnectLimits>): SshPool;
  /** Writes a known_hosts file and returns its path; `HOST` stands for `[127.0.0.1]:port`. */
  knownHosts(text: string): string;
  path(name: string): string;
}

export function useSshLab(hostKeys: readonly KeyType[] = ['ed25519'], settings: readonly string[] = []): () => SshLab {
  let lab: (SshLab & { close(): Promise<void> }) | undefined;
  before('start an sshd', async function () {
    this.timeout(30_000);
    lab = await openLab(hostKeys, settings);
  });
  after('stop the sshd', async () => lab?.close());
  return () => {
    if (lab === undefined) throw new Error('the sshd exists only inside a test');
    return lab;
  };
}

async function openLab(hostKeys: readonly KeyType[], settings: readonly string[]): Promise<SshLab & { close(): Promise<void> }> {
  const folder = makeFolder();
  const sshd = await startSshd({ folder: path.join(folder, 'sshd'), hostKeys, settings });
  const key = makeKey(path.join(folder, 'id_ed25519'), 'ed25519');
  sshd.authorize(`${key}.pub`);
  const pools: SshPool[] = [];
  let files = 0;
  const knownHosts = (text: string) => {
    files += 1;
    const file = path.join(folder, `known_hosts.${files}`);
    writeFileSync(file, text.replaceAll('HOST', `[127.0.0.1]:${sshd.port}`));
    return file;
  };
  const all = knownHosts(hostKeys.map((type) => `HOST ${sshd.publicHostKey(type)}\n`).join(''));
  return {
    sshd,
    folder,
    key,
    knownHosts,
    path: (name) => path.join(folder, name),
    host: (other = {}) => ({ name: 'peer', addresses: ['127.0.0.1'], port: sshd.port, user: 'root', key, knownHosts: [all], ...other }),
    pool: (limits) => {
      const pool = createSshPool(limits);
      pools.push(pool);
      return pool;
    },
    close: async () => {
      await Promise.all(pools.map((pool) => pool.closeAll()));
      sshd.stop();
      removeFolder(folder);
    },
  };
}

/** The error that a piece of work ends with. */
export async function failure(work: Promise<unknown>): Promise<SvcError> {
  const thrown = await work.then(
    (value) => new Error(`it did not fail: ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (thrown instanceof SvcError) return thrown;
  throw thrown;
}
