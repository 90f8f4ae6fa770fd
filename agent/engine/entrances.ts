/** Doors of containers and of network namespaces of this node, for `at.on(target)` and for encapsulated resources. */
import { containerDoors, containerNetworkDoors } from '../driver/container-doors.ts';
import type { Entrance, Observe, Target } from '../driver/contract.ts';
import type { Doors } from '../driver/doors.ts';
import { networkDoors } from '../driver/wrapped-doors.ts';
import { SvcError } from '../errors.ts';
import type { Keywords } from '../driver/keywords.ts';
import type { Instance, Resource } from './instance.ts';
import type { World } from './world.ts';

/** What it takes to get into a container. */
export interface Ways {
  readonly world: World;
  readonly instance: Instance;
  /** What the driver of a container looks with. */
  observe(container: Resource): Observe<Keywords>;
  /** One way in for all that live in a container, until something is changed. */
  once<V>(key: string, probe: () => Promise<V>): Promise<V>;
}

/** @throws UNREACHABLE when the container does not run, UNSUPPORTED when there is no way to the target */
export async function doorsOf(ways: Ways, target: Target): Promise<Doors> {
  const { doors, doorsFor } = ways.world;
  if ('container' in target) return containerDoors(doors, await enter(ways, target.container), target.container);
  if ('netns' in target) return networkOf(ways, target.netns);
  if (doorsFor !== undefined) return doorsFor(target);
  throw new SvcError('UNSUPPORTED', `no way to ${Object.entries(target).flat().join(' ')} from this agent`);
}

/** Where the commands of an encapsulated resource run: in its container, or only in the container's network. */
export async function innerDoors(ways: Ways, { driver, inside }: Resource): Promise<Doors> {
  if (inside === undefined) return ways.world.doors;
  const { container } = inside;
  const entrance = await enter(ways, container);
  const open = driver.entersNetworkOnly === true ? containerNetworkDoors : containerDoors;
  return open(ways.world.doors, entrance, container);
}

async function networkOf(ways: Ways, name: string): Promise<Doors> {
  if (name.includes('#')) return containerNetworkDoors(ways.world.doors, await enter(ways, name), name);
  return networkDoors(ways.world.doors, `/run/netns/${name}`, name);
}

async function enter({ instance, observe, once }: Ways, rid: string): Promise<Entrance> {
  const container = instance.resources.find((resource) => resource.rid === rid);
  if (container === undefined) throw new SvcError('NOT_FOUND', `${instance.name} has no resource ${rid}`);
  const way = container.driver.enter;
  if (way === undefined) throw new SvcError('UNSUPPORTED', `there is no way into ${rid} (${container.type})`);
  return once(`way into ${rid}`, () => way(observe(container)));
}
