/** Links, targets and dead arrays: what each array sees, and what its groups do when the other one goes and comes back. */
import type { Group, Half, StorageArray, Target } from './model.ts';
import { armPeriod, beginSync, isSyncing, observe } from './replicate.ts';
import { startGroup, stopAlone } from './start-stop.ts';
import { areConnected, arrayNamed, dropTimers, isReachable, otherHalf, settleAccess, type World } from './world.ts';

export type LinkWay = 'both' | 'there' | 'back';

/** Sets the links between two arrays; `there` are those that `one` has to `other`, `back` the opposite ones. */
export function setLinks(world: World, one: string, other: string, up: boolean, way: LinkWay = 'both'): void {
  observe(world, 'before a change of links');
  if (way !== 'back') setWay(world, one, other, up);
  if (way !== 'there') setWay(world, other, one, up);
  lookAtTargets(world);
  settleAccess(world, `links ${one} ${other} ${up ? 'up' : 'down'}`);
}

/** One cable of several. */
export function setLink(world: World, array: string, node: string, up: boolean): void {
  observe(world, 'before a change of links');
  const links = arrayNamed(world, array).links.filter((link) => link.node === node && link.target !== 'receive');
  if (links.length === 0) throw new Error(`${array} has no link at ${node}`);
  for (const link of links) link.up = up;
  lookAtTargets(world);
  settleAccess(world, `link ${array} ${node} ${up ? 'up' : 'down'}`);
}

/** The whole array is without power: no management, no volumes, no links. What it knew it knows again afterwards. */
export function killArray(world: World, name: string): void {
  observe(world, 'before a change of links');
  const array = arrayNamed(world, name);
  array.alive = false;
  for (const target of array.targets) loseTarget(world, array, target, world.clock.nowMs());
  lookAtTargets(world);
  settleAccess(world, `${name} is dead`);
}

export function reviveArray(world: World, name: string): void {
  observe(world, 'before a change of links');
  arrayNamed(world, name).alive = true;
  lookAtTargets(world);
  settleAccess(world, `${name} is back`);
}

function setWay(world: World, from: string, to: string, up: boolean): void {
  for (const link of arrayNamed(world, from).links.filter(({ target }) => target === to)) link.up = up;
}

/** Each living array notices which targets went or came back. */
function lookAtTargets(world: World): void {
  const back: { array: StorageArray; target: Target }[] = [];
  for (const array of world.arrays.filter(({ alive }) => alive)) {
    for (const target of array.targets) {
      const connected = areConnected(world, array, arrayNamed(world, target.name));
      if (connected && target.status !== 'ready') back.push({ array, target });
      if (!connected && target.status === 'ready') beginFailing(world, array, target);
    }
  }
  for (const { target } of back) target.status = 'ready';
  for (const { array, target } of back) for (const group of groupsTo(array, target)) meetAgain(world, { array, group });
}

function beginFailing(world: World, array: StorageArray, target: Target): void {
  const lostMs = world.clock.nowMs();
  target.status = 'failing';
  for (const group of groupsTo(array, target).filter((one) => isSyncing({ array, group: one }))) {
    dropTimers(world, { array, group });
    for (const member of group.members) Object.assign(member, { sync: 'Stopped', syncing: undefined });
  }
  world.clock.after(world.timing.failingMs, () => {
    if (!array.alive || target.status !== 'failing') return;
    loseTarget(world, array, target, lostMs);
    settleAccess(world, `target ${target.name} of ${array.name} failed`);
  });
}

/** Its groups stop on this side; the other side finds out by itself, if it lives. */
function loseTarget(world: World, array: StorageArray, target: Target, lostMs: number): void {
  target.status = 'failed';
  for (const group of groupsTo(array, target).filter(({ status }) => status === 'Started')) {
    stopAlone(world, { array, group }, lostMs);
    group.stoppedByLinks = true;
  }
}

/** Called for both halves; each case acts once, from its primary half. */
function meetAgain(world: World, half: Half): void {
  const other = otherHalf(world, half);
  const { group } = half;
  if (!isReachable(world, half) || group.current !== 'primary') return;
  if (other.group.current === 'primary') {
    becomeFailsafe(world, half, other);
    return;
  }
  if (group.status === 'Started') {
    other.group.status = 'Started';
    const isLevel = [...group.members, ...other.group.members].every(({ sync }) => sync === 'Synced');
    if (!isLevel) beginSync(world, half);
    if (!world.timers.has(`${half.array.name}/${group.name}`)) armPeriod(world, half);
    return;
  }
  // The other side may not have noticed yet that its group stopped.
  if (other.group.status === 'Started') stopAlone(world, other, world.clock.nowMs());
  if (group.status === 'Stopped' && group.stoppedByLinks && group.policies.includes('auto_recover')) startGroup(world, half, {});
}

/** Both were primary while they could not see each other; the one that did not fail over stands back. */
function becomeFailsafe(world: World, half: Half, other: Half): void {
  const older = half.group.roleMs <= other.group.roleMs ? half : other;
  stopAlone(world, older, world.clock.nowMs());
  if (world.quirks.returnedPrimary === 'failsafe') older.group.status = 'Failsafe';
}

function groupsTo(array: StorageArray, target: Target): readonly Group[] {
  return array.groups.filter((group) => group.target === target.name);
}
