/** How a node is reached over ssh, from `[host#NAME]` of the node file. */
import type { NodeDefinition } from '../config/definition.ts';
import type { SshHost } from '../io/ssh/host.ts';
import { hostSection } from './remote-place.ts';

/**
 * A node without a section is reached by its name, as root, with the keys and known hosts of this account. The agent socket is that
 * of SSH_AUTH_SOCK, used only without a key.
 */
export function sshHost(definition: NodeDefinition, node: string, env: Readonly<Record<string, string | undefined>>): SshHost {
  const { address, port, user, key, known_hosts, ssh_legacy } = hostSection(definition, node);
  const agentSocket = env['SSH_AUTH_SOCK'];
  return {
    name: node,
    addresses: address?.split(/\s+/).filter((word) => word !== '') ?? [node],
    port: Number(port ?? 22),
    user: user ?? 'root',
    ...(key === undefined ? {} : { key }),
    ...(known_hosts === undefined ? {} : { knownHosts: [known_hosts] }),
    ...(agentSocket === undefined || agentSocket === '' || key !== undefined ? {} : { agentSocket }),
    ...(ssh_legacy === undefined || !isYes(ssh_legacy) ? {} : { legacy: true }),
  };
}

export function isYes(text: string): boolean {
  return ['true', 'yes', 'y', '1', 'on'].includes(text.toLowerCase());
}
