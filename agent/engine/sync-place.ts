/** What decides by itself, whatever the states are, whether this node sends a resource: its role, environments, what the driver promotes. */
import { isSameNode } from '../config/scope.ts';
import type { SyncScene } from '../state/sync-gate.ts';
import type { Instance, Resource } from './instance.ts';
import type { World } from './world.ts';

export function syncPlace(
  { node }: World,
  instance: Instance,
  { driver }: Resource,
): Pick<SyncScene, 'promotes' | 'role' | 'serviceEnv' | 'nodeEnv' | 'isSecondary'> {
  const { settings } = instance.definition;
  const here = (name: string) => isSameNode(name, instance.node);
  const primary = settings.flex_primary ?? settings.nodes[0];
  return {
    promotes: driver.promotes === true,
    role: settings.nodes.some(here) ? 'nodes' : settings.drpnodes.some(here) ? 'drpnodes' : undefined,
    serviceEnv: settings.env,
    nodeEnv: node.settings.env,
    isSecondary: settings.topology === 'flex' && primary !== undefined && !here(primary),
  };
}
