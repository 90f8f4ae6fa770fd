/** The ways to other nodes: kept ssh connections, opened when first needed. A call that asks nobody loads no ssh at all. */
import type { NodeDefinition } from '../config/definition.ts';
import type { DoorsFor } from '../driver/targets.ts';
import { SvcError } from '../errors.ts';
import type { SshPool } from '../io/ssh/pool.ts';
import type { RemoteRun } from './remote-agent.ts';
import { sshHost } from './ssh-host.ts';

export interface NodeWays {
  readonly run: RemoteRun;
  /** Doors of other nodes; other targets have none here. */
  readonly doorsFor: DoorsFor;
  /** The address of a node that answered last, in this process. */
  addressOf(node: string): string | undefined;
  /** Ends every connection: until then the process does not end by itself. */
  close(): Promise<void>;
}

const longestConnectMs = 5000;

export function openNodeWays(definition: NodeDefinition, env: Readonly<Record<string, string | undefined>>): NodeWays {
  // Before the question itself is given up, so that a server that takes connections and then hangs is not taken for nobody.
  const connectTimeoutMs = Math.min(longestConnectMs, 0.8 * definition.settings.peer_timeout);
  let opened: Promise<SshPool> | undefined;
  let ready: SshPool | undefined;
  const pool = (): Promise<SshPool> => {
    opened ??= import('../io/ssh/pool.ts').then(({ createSshPool }) => (ready = createSshPool({ connectTimeoutMs })));
    return opened;
  };
  return {
    run: async (node, argv, options) => {
      const { remoteRun } = await import('../io/ssh/remote-exec.ts');
      return remoteRun(await pool(), sshHost(definition, node, env), argv, options);
    },
    doorsFor: async (target) => {
      if (!('node' in target)) throw new SvcError('UNSUPPORTED', `there is no way to ${Object.entries(target).flat().join(' ')}`);
      const { sshDoors } = await import('../io/ssh/doors.ts');
      return sshDoors(await pool(), sshHost(definition, target.node, env));
    },
    addressOf: (node) => ready?.address(sshHost(definition, node, env)),
    close: async () => {
      await (await opened)?.closeAll();
    },
  };
}
