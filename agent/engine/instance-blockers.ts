/** Refusals that belong to the instance and not to one of its resources (spec/opensvc-core.md §2.5). Pure. */
import type { NodeDefinition, ServiceDefinition } from '../config/definition.ts';
import { isSameNode } from '../config/scope.ts';
import type { Blocker } from '../driver/contract.ts';

/** Why no start belongs on this node: it is none of the service's, or it is for production and the service is not. */
export function instanceBlockers(definition: ServiceDefinition, node: NodeDefinition, verb: string): readonly Blocker[] {
  if (verb !== 'start' && verb !== 'provision') return [];
  const { nodes, drpnodes, encapnodes, env } = definition.settings;
  const members = [...nodes, ...drpnodes, ...encapnodes];
  const found: Blocker[] = [];
  if (!members.some((member) => isSameNode(member, definition.node))) {
    const places = [`nodes = ${nodes.join(' ')}`, ...(drpnodes.length === 0 ? [] : [`drpnodes = ${drpnodes.join(' ')}`])];
    found.push({ text: `${definition.node} is not a node of this service (${places.join(', ')})`, allow: 'foreign-node' });
  }
  if (node.settings.env === 'PRD' && env !== 'PRD') {
    found.push({ text: `env = ${env}, and ${definition.node} is a PRD node`, allow: 'env' });
  }
  return found;
}
