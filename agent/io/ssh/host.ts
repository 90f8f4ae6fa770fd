/** How one machine is reached over ssh: the evaluated `[host#NAME]` or `[array#NAME]` section. */

export interface SshHost {
  /** Name of the node, for messages; its key may stand in known_hosts under this name too. */
  readonly name: string;
  /** Tried in this order; at least one. */
  readonly addresses: readonly string[];
  readonly port: number;
  readonly user: string;
  /** Private key file, the only one that is offered. Absent: the ssh agent and the usual files of this account. */
  readonly key?: string;
  /** known_hosts files. Absent: those of this account and of the system, as OpenSSH. */
  readonly knownHosts?: readonly string[];
  /** Socket of the ssh agent, asked only when there is no `key`. */
  readonly agentSocket?: string;
  /** Old algorithms (SHA-1, DSA, CBC) are accepted too. */
  readonly legacy?: boolean;
  /** What lets a key log in there, where ssh-copy-id does not. */
  readonly loginHint?: string;
}

/** `node2 (10.0.0.2 port 2222)`; port 22 is not said. */
export function describeHost(host: SshHost, address: string): string {
  const port = host.port === 22 ? '' : ` port ${host.port}`;
  return address === host.name && port === '' ? host.name : `${host.name} (${address}${port})`;
}
