/** What a driver may know of the service's other nodes: who they are, how they are reached, what their agents say. */
import type { ContextInput } from '../driver/context.ts';
import type { Peer, PeerInstance } from '../driver/contract.ts';
import { isSameNode } from '../config/scope.ts';
import { judgeInstance } from '../state/instance-verdict.ts';
import { findPaths, homePaths, type Paths } from '../paths.ts';
import type { Resource } from './instance.ts';
import { recallThere, toldFile } from './memory.ts';
import { hostSection } from './remote-place.ts';
import type { Run } from './run.ts';
import { serviceState } from './service-state.ts';
import type { World } from './world.ts';

type Parts = 'peers' | 'role' | 'begunMs' | 'isServiceUp' | 'instanceOn' | 'recallOn' | 'toldFile';

export function peerInput(run: Run, resource: Resource, signal: AbortSignal): Pick<ContextInput, Parts> {
  const { world, instance } = run;
  const members = membersOf(run);
  return {
    peers: members.filter(({ node }) => !isSameNode(node, instance.node)).map((peer) => withAccess(world, peer)),
    role: members.find(({ node }) => isSameNode(node, instance.node))?.role,
    begunMs: run.standing === undefined ? run.begunMs : run.world.now().getTime(),
    isServiceUp: () => serviceState(run) === 'up',
    instanceOn: (node) => instanceOn(run, node, signal),
    recallOn: (there, node, key) => recallThere((path) => there.file(path), pathsOn(world, node).state, instance.name, resource.rid, key),
    toldFile: (node, key) => toldFile(pathsOn(world, node).state, instance.name, resource.rid, key),
  };
}

/** A node that stands in both lists is one of `nodes`. */
function membersOf({ instance }: Run): readonly Peer[] {
  const { nodes, drpnodes } = instance.definition.settings;
  const all = [
    ...nodes.map((node) => ({ node, role: 'nodes' as const })),
    ...drpnodes.map((node) => ({ node, role: 'drpnodes' as const })),
  ];
  return all.filter(({ node }, at) => all.findIndex((other) => isSameNode(other.node, node)) === at);
}

function withAccess(world: World, peer: Peer): Peer {
  return {
    ...peer,
    // It reads the known hosts: only for who really logs in.
    get rsh() {
      return world.rshTo?.(peer.node);
    },
    services: pathsOn(world, peer.node).services,
  };
}

/** Where the agent of a node keeps things: below the home that the node file says, else by default as an agent here would. */
export function pathsOn({ node }: Pick<World, 'node'>, peer: string): Paths {
  const { home } = hostSection(node, peer);
  return home === undefined ? findPaths({}) : homePaths(home);
}

/** An instance that is about to come up counts as up; a node that has no such service has nothing to lose. */
async function instanceOn({ world, instance }: Run, node: string, signal: AbortSignal): Promise<PeerInstance> {
  const { status, fault, reachable, alive = reachable } = await world.peers.ask(node, instance.name, { signal });
  if (status === undefined)
    return { state: fault?.kind === 'no service' ? 'down' : 'unknown', text: fault?.text ?? 'it gave no status', alive };
  const { state, text } = judgeInstance(status);
  return { state: state === 'starting' ? 'up' : state, text, alive };
}
