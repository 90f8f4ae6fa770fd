/** Commands about volumes, users and the making of groups. */
import { type Group, type Half, Refusal, type StorageArray } from '../model.ts';
import { setMembers } from '../replicate.ts';
import { cancelTask, taskWithId } from '../task.ts';
import { arrayNamed, groupNamed, isReachable, otherHalf, settleAccess, volumeNamed } from '../world.ts';
import type { Call, Command } from './call.ts';
import { checkNotBusy, checkReady, checkStopped } from './group-checks.ts';

/** Takes new snapshots in the place of those that are named. */
export const updatevv: Command = {
  flags: ['-f', '-ro'],
  right: 'vv_update',
  run: async (call) => {
    const { world, array, words } = call;
    if (words.length === 0) throw new Refusal('updatevv: no vv names specified');
    const snapshots = words.map((name) => volumeNamed(array, name));
    const base = snapshots.find(({ prov }) => prov !== 'snp');
    if (base !== undefined) throw new Refusal(`volume ${base.name} is not a snapshot`);
    if (!call.has('-f') && !(await call.confirm(`Are you sure you want to update ${words.join(' ')}?`))) throw new Refusal('');
    for (const snapshot of snapshots) {
      const source = world.bytes.image(array, volumeNamed(array, snapshot.copyOf ?? ''));
      if (source !== undefined) world.bytes.fill(array, snapshot, source);
      snapshot.createdMs = world.clock.nowMs();
    }
    return [`Updating VVs ${words.join(' ')}`];
  },
};

export const canceltask: Command = {
  flags: ['-f'],
  right: 'task_cancel',
  run: (call) => {
    for (const id of call.words) cancelTask(call.world, call.array, taskWithId(call.array, id));
    return [];
  },
};

/** Makes it on both arrays; the other one has it under `NAME.r<decimal id of this one>`. */
export const creatercopygroup: Command = {
  right: 'rcopygroup_create',
  run: ({ world, array, words }) => {
    const [name = '', where = ''] = words;
    const [target = '', word = ''] = where.split(':');
    const mode = ({ sync: 'Sync', periodic: 'Periodic', async: 'Async' } as const)[word];
    if (mode === undefined) throw new Refusal(`invalid mode ${word}`);
    if (!array.targets.some((one) => one.name === target)) throw new Refusal(`Could not find target ${target} .`);
    if (name.length > 22) throw new Refusal(`name ${name} is longer than 22 characters`);
    if (array.groups.some((group) => group.name === name)) throw new Refusal(`group ${name} already exists`);
    makeGroup(array, arrayNamed(world, target), name, mode);
    return [];
  },
};

/** Both halves, stopped and without volumes. */
export function makeGroup(from: StorageArray, to: StorageArray, name: string, mode: Group['mode']): Half {
  const peer = `${name}.r${from.id}`;
  const make = (array: StorageArray, values: Pick<Group, 'name' | 'peer' | 'target' | 'natural' | 'current'>): Group => {
    const group: Group = {
      ...values,
      ...{
        id: array.groups.length + 1,
        cpgs: ['', ''] as const,
        sets: ['NA', 'NA'] as const,
        mode,
        status: 'Stopped',
        periodMs: 0,
        policies: [],
        members: [],
        lastSyncMs: undefined,
      },
      ...{ everStarted: false, stoppedByLinks: false, roleMs: 0, promotedMs: 0, busy: undefined },
    };
    array.groups.push(group);
    return group;
  };
  make(to, { name: peer, peer: name, target: from.name, natural: 'secondary', current: 'secondary' });
  return { array: from, group: make(from, { name, peer, target: to.name, natural: 'primary', current: 'primary' }) };
}

export const removercopygroup: Command = {
  flags: ['-f', '-keepsnap'],
  right: 'rcopygroup_create',
  run: async (call) => {
    const half = ownHalf(call, call.words[0] ?? '');
    checkStopped(call.world, half);
    const { name } = half.group;
    if (!call.has('-f') && !(await call.confirm(`Are you sure you want to remove ${name}?`))) throw new Refusal('');
    const other = otherHalf(call.world, half);
    half.array.groups.splice(half.array.groups.indexOf(half.group), 1);
    if (isReachable(call.world, half)) other.array.groups.splice(other.array.groups.indexOf(other.group), 1);
    settleAccess(call.world, `${name} removed`);
    return [`Removing ${name}`, `Group ${name} has been deleted.`];
  },
};

export const admitrcopyvv: Command = {
  right: 'rcopygroup_set',
  run: (call) => {
    const [volume = '', name = '', mapping = ''] = call.words;
    const half = ownHalf(call, name);
    const [target = '', remote = ''] = mapping.split(':');
    if (remote === '') throw new Refusal('must specify a mapping');
    if (target !== half.group.target) throw new Refusal(`Could not find target ${target} .`);
    checkReady(call.world, half);
    checkStopped(call.world, half);
    const other = otherHalf(call.world, half);
    if (![call.array.volumes.some((one) => one.name === volume), other.array.volumes.some((one) => one.name === remote)].every(Boolean)) {
      throw new Refusal('could not locate an indicated volume.');
    }
    half.group.members.push({ volume, remote, sync: 'New', syncing: undefined, lastSyncMs: undefined });
    other.group.members.push({ volume: remote, remote: volume, sync: 'New', syncing: undefined, lastSyncMs: undefined });
    half.group.everStarted = false;
    settleAccess(call.world, `${volume} admitted to ${name}`);
    return [];
  },
};

export const dismissrcopyvv: Command = {
  flags: ['-f'],
  right: 'rcopygroup_set',
  run: (call) => {
    const [volume = '', name = ''] = call.words;
    const half = ownHalf(call, name);
    checkStopped(call.world, half);
    const member = half.group.members.find((one) => one.volume === volume);
    if (member === undefined) throw new Refusal('could not locate an indicated volume.');
    setMembers(call.world, half, {});
    half.group.members = half.group.members.filter((one) => one !== member);
    const { group } = otherHalf(call.world, half);
    if (isReachable(call.world, half)) group.members = group.members.filter((one) => one.volume !== member.remote);
    settleAccess(call.world, `${volume} dismissed from ${name}`);
    return [`Volume ${volume} has been dismissed`];
  },
};

function ownHalf({ array }: Call, name: string): Half {
  const half = { array, group: groupNamed(array, name) };
  checkNotBusy(half);
  if (half.group.current !== 'primary') throw new Refusal(`Group ${name} is not primary on this system`);
  return half;
}
