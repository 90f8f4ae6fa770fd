/** How a tool that moves data itself logs in to a node: the same host, key and trust as the agent's own connections. */
import type { NodeDefinition } from '../config/definition.ts';
import type { Argv } from '../driver/contract.ts';
import { opensshArgv } from '../io/ssh/openssh.ts';
import { sshHost } from './ssh-host.ts';

/**
 * OpenSSH and its options; the destination that follows is the name of the node, whatever its address is.
 * @param answered the address that our own connection found: OpenSSH tries only one
 */
export function rshTo(
  definition: NodeDefinition,
  node: string,
  env: Readonly<Record<string, string | undefined>>,
  answered?: string,
): Argv {
  const host = sshHost(definition, node, env);
  const address = answered ?? host.addresses[0] ?? node;
  return [...opensshArgv(host, { address }), '-o', `HostName=${address}`];
}
