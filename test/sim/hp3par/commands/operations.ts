/** The operations of setrcopygroup that change roles: when each is allowed, and what it does. */
import { type Half, Refusal, roleOf } from '../model.ts';
import { areOpposite, isSyncing } from '../replicate.ts';
import { become, startGroup, stopGroup, turn } from '../start-stop.ts';
import { isReachable, otherHalf, settleAccess, type World } from '../world.ts';
import type { Call } from './call.ts';
import { checkOpposite, checkReady, checkStopped } from './group-checks.ts';

export interface Operation {
  /** It also waits for a synchronization. */
  readonly syncs?: boolean;
  /** Throws a Refusal when it is not allowed now; asked again at the end of the task. */
  check(call: Call, half: Half): void;
  /** Lines before those of the task. */
  says?(world: World, half: Half): readonly string[];
  /** What it does when its task begins, and when it ends. */
  begin?(call: Call, half: Half): void;
  end(call: Call, half: Half): void;
}

const reverse: Operation = {
  check: (call, half) => {
    const { world, has } = call;
    const local = has('-local');
    if (has('-natural') && has('-current')) throw new Refusal('-natural and -current exclude each other');
    if (local && !has('-natural') && !has('-current')) throw new Refusal('-local needs -natural or -current');
    if (!local) checkReady(world, half);
    if (has('-natural')) return;
    if (!has('-stopgroups')) checkStopped(world, half);
    if (!local) checkOpposite(world, half);
    else checkStaysAlone(world, half);
  },
  end: (call, half) => {
    const { world, has } = call;
    reverse.check(call, half);
    // The links may have come back and restarted it since -stopgroups stopped it.
    if (!has('-natural')) checkStopped(world, half);
    turn(world, half, { natural: !has('-current'), current: !has('-natural'), local: has('-local') });
  },
};

const failover: Operation = {
  check: (call, half) => {
    const { world } = call;
    const { group } = half;
    if (group.current === 'primary')
      throw new Refusal(`Group ${group.name} is ${roleOf(group)} on this system, it has nothing to fail over`);
    if (isReachable(world, half) && !group.policies.includes('auto_synchronize')) checkStopped(world, half);
    if (group.members.some(({ sync, lastSyncMs }) => sync === 'New' && lastSyncMs === undefined)) {
      throw new Refusal(`Group ${group.name} has volumes that were never synchronized`);
    }
  },
  end: (call, half) => {
    const { world } = call;
    failover.check(call, half);
    const reachable = isReachable(world, half);
    if (half.group.status === 'Started') stopGroup(world, reachable ? otherHalf(world, half) : half);
    if (reachable && areOpposite(world, half)) become(world, otherHalf(world, half).group, 'secondary');
    become(world, half.group, 'primary');
    // It shows no time again until it has synchronized itself.
    half.group.lastSyncMs = undefined;
    settleAccess(world, `failover of ${half.group.name}`);
    const isAutomatic = world.quirks.autoNatural && reachable && half.group.policies.includes('auto_synchronize');
    const rename = () => turn(world, half, { natural: true, current: false, local: false });
    if (isAutomatic) startGroup(world, half, { onSynced: rename });
  },
};

const recover: Operation = {
  check: ({ world }, half) => {
    checkSwitched(half);
    checkReady(world, half);
    checkStopped(world, half);
  },
  says: (world, half) => {
    const other = otherHalf(world, half);
    const { group } = half;
    return other.group.current === 'primary'
      ? [`Target ${group.target} of group ${group.name} was switched from primary to secondary.`]
      : [];
  },
  begin: (call, half) => {
    standBack(call, half);
    if (!call.has('-nostart')) startGroup(call.world, half, { noSync: call.has('-nosync') });
  },
  end: ({ world }, half) => checkReady(world, half),
};

const restore: Operation = {
  syncs: true,
  check: ({ world }, half) => {
    checkSwitched(half);
    checkReady(world, half);
    if (half.group.status !== 'Started' || !areOpposite(world, half)) checkStopped(world, half);
  },
  says: recover.says ?? (() => []),
  begin: (call, half) => {
    const { world } = call;
    standBack(call, half);
    // Also when it is started: what a running synchronization copies began before the last writes.
    half.group.everStarted = false;
    startGroup(world, half, {});
  },
  end: (call, half) => {
    const { world } = call;
    checkSwitched(half);
    checkReady(world, half);
    const isLevel = half.group.status === 'Started' && !isSyncing(half) && half.group.members.every(({ sync }) => sync === 'Synced');
    if (!isLevel) throw new Refusal(`Group ${half.group.name} is not synchronized`);
    stopGroup(world, half);
    turn(world, half, { natural: false, current: true, local: false });
    if (!call.has('-nostart')) startGroup(world, otherHalf(world, half), {});
  },
};

const switchover: Operation = {
  check: ({ world }, half) => {
    const { group } = half;
    if (group.current !== 'primary') throw new Refusal(`Group ${group.name} is ${roleOf(group)} on this system`);
    checkReady(world, half);
    if (group.mode !== 'Sync') throw new Refusal(`Group ${group.name} is not synchronous`);
    if (!group.policies.includes('path_management')) throw new Refusal(`Group ${group.name} does not have policy path_management`);
    if (group.status !== 'Started') throw new Refusal("Group isn't started");
    if (!group.members.every(({ sync }) => sync === 'Synced')) throw new Refusal(`Group ${group.name} is not synchronized`);
  },
  end: (call, half) => {
    const { world } = call;
    switchover.check(call, half);
    stopGroup(world, half);
    turn(world, half, { natural: false, current: true, local: false });
    startGroup(world, otherHalf(world, half), {});
  },
};

const override: Operation = {
  check: ({ world }, half) => {
    const { group } = half;
    if (group.status !== 'Failsafe') throw new Refusal(`Group ${group.name} is not in failsafe state`);
    if (isReachable(world, half) && !areOpposite(world, half)) throw new Refusal(`Group ${group.name} is primary on both systems`);
  },
  end: (call, half) => {
    override.check(call, half);
    half.group.status = 'Stopped';
    settleAccess(call.world, `override of ${half.group.name}`);
  },
};

export const operations: Readonly<Record<string, Operation>> = { reverse, failover, recover, restore, switchover, override };

/** A half that becomes primary by itself may not meet another one. */
function checkStaysAlone(world: World, half: Half): void {
  const { group } = half;
  if (group.current === 'primary' || !isReachable(world, half)) return;
  if (otherHalf(world, half).group.current === 'primary') throw new Refusal(`Group ${group.name} is primary on target ${group.target}`);
}

function checkSwitched({ group }: Half): void {
  if (roleOf(group) !== 'Primary-Rev') throw new Refusal(`The role of group ${group.name} was not previously switched`);
}

/** The old primary becomes a secondary of this half. */
function standBack({ world }: Call, half: Half): void {
  const { group } = otherHalf(world, half);
  if (group.current === 'primary') become(world, group, 'secondary');
  settleAccess(world, `${group.name} stands back`);
}
