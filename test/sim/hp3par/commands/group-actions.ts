/** startrcopygroup, stoprcopygroup, syncrcopy. */
import { type Half, Refusal } from '../model.ts';
import { beginSync, isSyncing } from '../replicate.ts';
import { startGroup, stopGroup } from '../start-stop.ts';
import type { World } from '../world.ts';
import type { Call, Command } from './call.ts';
import { checkNotBusy, checkOpposite, checkReady, isMirrored, namedHalves, primaryHalf } from './group-checks.ts';

export const stoprcopygroup: Command = {
  flags: ['-f', '-pat', '-nosnap', '-remote'],
  valued: ['-t'],
  right: 'rcopygroup_stop',
  run: async (call) => {
    const halves = namedHalves(call).map((half) => stoppable(call, half));
    const names = call.words.join(' ');
    if (!call.has('-f') && !(await call.confirm(`Are you sure you want to stop remote copy group ${names}?`))) throw new Refusal('');
    for (const half of halves) stopGroup(call.world, half);
    return [];
  },
};

/** On an array that holds the secondary only with -remote: the configuration is the primary's. */
function stoppable({ world, has }: Call, half: Half): Half {
  checkNotBusy(half);
  if (half.group.status !== 'Started') throw new Refusal(`Group ${half.group.name} is not started`);
  const isLost = half.group.current === 'secondary' && isMirrored(half) && !has('-remote');
  return primaryHalf(world, half, isLost ? `Group ${half.group.name} is not primary on this system; use -remote` : '');
}

export const startrcopygroup: Command = {
  flags: ['-f', '-pat', '-nosync', '-wait'],
  valued: ['-t'],
  right: 'rcopygroup_start',
  run: async (call) => {
    const halves = namedHalves(call).map((half) => startable(call, half));
    for (const half of halves) startGroup(call.world, half, { noSync: call.has('-nosync') });
    if (call.has('-wait')) await call.world.clock.until(() => halves.every((half) => !isSyncing(half)));
    return [];
  },
};

function startable({ world, has }: Call, named: Half): Half {
  checkNotBusy(named);
  const refusal = has('-wait') ? `Group ${named.group.name} is not primary on this system; -wait is only valid on the primary` : '';
  const half = primaryHalf(world, named, refusal);
  const { group, array } = half;
  if (group.status === 'Started') throw new Refusal(`Group ${named.group.name} is already started`);
  if (group.status === 'Failsafe') throw new Refusal(`Group ${named.group.name} is in failsafe state`);
  if (group.members.length === 0) throw new Refusal(`Group ${named.group.name} has no volumes`);
  checkReady(world, half);
  checkOpposite(world, half);
  if (world.clock.nowMs() < group.promotedMs) {
    throw new Refusal(`Group ${named.group.name} has volumes that are currently being promoted, the operation could be retried later`);
  }
  const other = array.groups.find((one) => one.status === 'Started' && one.target === group.target && one.mode !== group.mode);
  if (other !== undefined) throw new Refusal(`Target ${group.target} already has a started group of mode ${other.mode}, ${other.name}`);
  return half;
}

export const syncrcopy: Command = {
  flags: ['-w', '-n', '-ovrd', '-pat'],
  valued: ['-t'],
  right: 'rcopy_sync',
  run: async (call) => {
    const { world } = call;
    const pairs = namedHalves(call).map((named) => ({ named, half: syncable(call, named) }));
    for (const { named, half } of pairs) {
      if (!call.has('-w')) {
        if (!isSyncing(half)) beginSync(world, half);
        continue;
      }
      // What runs began before this request, so it does not have the last writes.
      await world.clock.until(() => !isSyncing(half));
      await syncToEnd(world, half, named.group.name);
    }
    const words = call.has('-w') ? 'Completed synchronization' : 'Synchronization request issued';
    return pairs.map(({ named }) => `${words} for group ${named.group.name}`);
  },
};

function syncable({ world, has }: Call, named: Half): Half {
  checkNotBusy(named);
  if (named.group.status !== 'Started') throw new Refusal("Group isn't started");
  const half = primaryHalf(
    world,
    named,
    has('-w') ? `Group ${named.group.name} is not primary on this system; -w is only valid there` : '',
  );
  checkReady(world, half);
  return half;
}

async function syncToEnd(world: World, half: Half, name: string): Promise<void> {
  if (half.group.status !== 'Started') throw new Refusal("Group isn't started");
  let isDone = false;
  beginSync(world, half, () => {
    isDone = true;
  });
  await world.clock.until(() => isDone || !isSyncing(half));
  if (!isDone) throw new Refusal(`Synchronization of group ${name} did not complete`);
}
