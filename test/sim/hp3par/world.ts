/** The state of all arrays of one simulation, and what follows from it at once: who reaches whom, what hosts may write. */
import type { Bytes } from './bytes.ts';
import type { Clock } from './clock.ts';
import type { Quirks, Timing } from './config.ts';
import type { Devices } from './device.ts';
import { type Access, type Group, type Half, isWritable, Refusal, type StorageArray, type Volume } from './model.ts';

export interface TaskFault {
  readonly kind: 'fail' | 'slow' | 'never';
  /** `slow`: so much longer. */
  readonly ms: number;
  /** So many tasks from now on. */
  times: number;
}

export interface World {
  readonly arrays: readonly StorageArray[];
  readonly clock: Clock;
  readonly timing: Timing;
  readonly quirks: Quirks;
  readonly bytes: Bytes;
  readonly devices: Devices;
  readonly taskFaults: TaskFault[];
  /** Running timers of a group (its period, its synchronization), by `array/group`; each calls itself off. */
  readonly timers: Map<string, Set<() => void>>;
  /** Looks at every change, and may not change anything. */
  readonly watchers: ((world: World, cause: string) => void)[];
}

export function arrayNamed(world: World, name: string): StorageArray {
  const found = world.arrays.find((array) => array.name === name);
  if (found === undefined) throw new Error(`no array ${name}: there are ${world.arrays.map((array) => array.name).join(', ')}`);
  return found;
}

export function groupNamed(array: StorageArray, name: string): Group {
  const found = array.groups.find((group) => group.name === name);
  if (found === undefined) throw new Refusal(`group matching ${name} does not exist on the system`);
  return found;
}

export function volumeNamed(array: StorageArray, name: string): Volume {
  const found = array.volumes.find((volume) => volume.name === name);
  if (found === undefined) throw new Refusal(`volume ${name} does not exist on the system`);
  return found;
}

/** The same group on its other array, whether or not that can be reached. */
export function otherHalf(world: World, { group }: Half): Half {
  const array = arrayNamed(world, group.target);
  return { array, group: groupNamed(array, group.peer) };
}

/** Do the two arrays reach each other? One living link in each direction is enough. */
export function areConnected(world: World, one: StorageArray, other: StorageArray): boolean {
  return hasWay(world, one, other.name) && hasWay(world, other, one.name);
}

export function hasWay(world: World, from: StorageArray, to: string): boolean {
  return from.alive && arrayNamed(world, to).alive && from.links.some((link) => link.target === to && link.up);
}

export function isReachable(world: World, half: Half): boolean {
  return areConnected(world, half.array, arrayNamed(world, half.group.target));
}

/** The array that holds the volume says what hosts may do with it. */
export function accessTo(array: StorageArray, volume: Volume): Access {
  if (!array.alive) return 'none';
  const group = array.groups.find(({ members }) => members.some((member) => member.volume === volume.name));
  if (group !== undefined) return isWritable(group) ? 'rw' : 'ro';
  return volume.prov === 'snp' ? 'ro' : 'rw';
}

/**
 * Makes what hosts see follow from the state, what may no more be written first: two sides that swap are never both writable.
 * Every change of the state ends here.
 */
export function settleAccess(world: World, cause: string): void {
  const all = world.arrays.flatMap((array) => array.volumes.map((volume) => ({ array, volume, access: accessTo(array, volume) })));
  for (const wanted of [['ro', 'none'], ['rw']] as const satisfies readonly (readonly Access[])[]) {
    for (const { array, volume, access } of all) {
      const image = world.bytes.image(array, volume);
      if (image !== undefined && wanted.some((one) => one === access)) world.devices.present(array.name, volume.name, image, access);
    }
  }
  for (const watch of world.watchers) watch(world, cause);
  world.clock.changed();
}

/** @param tidy what is done instead when the group is dropped before */
export function addTimer(world: World, half: Half, delayMs: number, act: () => void, tidy: () => void = () => undefined): void {
  const key = timerKey(half);
  const timers = world.timers.get(key) ?? new Set();
  world.timers.set(key, timers);
  const cancel = world.clock.after(delayMs, () => {
    timers.delete(callOff);
    act();
  });
  const callOff = () => {
    cancel();
    tidy();
  };
  timers.add(callOff);
}

export function dropTimers(world: World, half: Half): void {
  for (const callOff of world.timers.get(timerKey(half)) ?? []) callOff();
  world.timers.delete(timerKey(half));
}

function timerKey({ array, group }: Half): string {
  return `${array.name}/${group.name}`;
}
