/**
 * Copying between the halves of a group. Synchronous groups: what a host wrote is on both sides before its write returns; here it is
 * copied at every moment at which the difference could be seen (before each command, look, fault and event). Periodic groups: what the
 * primary held when a synchronization began is on the secondary once it has ended, and not before.
 */
import { type Half, type Member, opposite } from './model.ts';
import { addTimer, isReachable, otherHalf, settleAccess, volumeNamed, type World } from './world.ts';

/** A streaming group is this far behind at most. */
const streamMs = 1000;

interface Copy {
  readonly member: Member;
  readonly snapshot: string | undefined;
}

/** Every half whose volumes hosts write to. */
export function primaryHalves(world: World): readonly Half[] {
  return world.arrays.flatMap((array) => array.groups.filter(({ current }) => current === 'primary').map((group) => ({ array, group })));
}

/** Brings the synchronous groups to where their hosts' last finished write has brought them. */
function settleWrites(world: World): void {
  for (const half of primaryHalves(world)) {
    const { group } = half;
    if (group.mode !== 'Sync' || group.status !== 'Started' || !isReachable(world, half)) continue;
    for (const member of group.members.filter(({ sync }) => sync === 'Synced')) copyMember(world, half, member, undefined);
  }
}

/** Begins a synchronization of a started group from its primary half; `onDone` is called when it has ended well. */
export function beginSync(world: World, half: Half, onDone: () => void = () => undefined): void {
  const { group } = half;
  const fromMs = world.clock.nowMs();
  const span = { fromMs, toMs: fromMs + world.timing.syncMs };
  const copies = group.members.map((member) => ({ member, snapshot: takeSnapshot(world, half, member) }));
  for (const member of bothSides(world, half)) Object.assign(member, { sync: 'Syncing', syncing: span } satisfies Partial<Member>);
  const done = () => {
    observe(world, `end of synchronization of ${group.name}`);
    finishSync(world, half, copies, fromMs);
    onDone();
    settleAccess(world, `synchronization of ${group.name}`);
  };
  addTimer(world, half, world.timing.syncMs, done, () => discardAll(world, copies));
}

/** Before anything is looked at or changed: what was written since is noticed, and is where it belongs. */
export function observe(world: World, cause: string): void {
  for (const watch of world.watchers) watch(world, cause);
  settleWrites(world);
}

export function isSyncing({ group }: Half): boolean {
  return group.members.some(({ syncing }) => syncing !== undefined);
}

/** Sets the members of both halves that can be reached. */
export function setMembers(world: World, half: Half, values: Partial<Member>): void {
  for (const member of bothSides(world, half)) Object.assign(member, { syncing: undefined, ...values });
}

/** The next synchronization of a started periodic group, a period from now, and so on. */
export function armPeriod(world: World, half: Half): void {
  const { group } = half;
  const periodMs = group.mode === 'Async' ? streamMs : group.periodMs;
  if (group.mode === 'Sync' || periodMs === 0) return;
  addTimer(world, half, periodMs, () => {
    if (group.status !== 'Started' || group.current !== 'primary') return;
    if (isReachable(world, half) && !isSyncing(half)) beginSync(world, half);
    armPeriod(world, half);
  });
}

function finishSync(world: World, half: Half, copies: readonly Copy[], fromMs: number): void {
  const endMs = world.clock.nowMs();
  for (const { member, snapshot } of copies) copyMember(world, half, member, snapshot);
  discardAll(world, copies);
  const lastSyncMs = world.quirks.lastSyncTime === 'end' ? endMs : fromMs;
  half.group.lastSyncMs = fromMs;
  otherHalf(world, half).group.lastSyncMs = fromMs;
  setMembers(world, half, { sync: 'Synced', lastSyncMs });
}

function takeSnapshot(world: World, { array, group }: Half, member: Member): string | undefined {
  // A synchronous group is level at the end of its synchronization, not with its beginning.
  return group.mode === 'Sync' ? undefined : world.bytes.snapshot(array, volumeNamed(array, member.volume));
}

/** Without a snapshot: what the volume holds now. */
function copyMember(world: World, half: Half, member: Member, snapshot: string | undefined): void {
  const source = snapshot ?? world.bytes.image(half.array, volumeNamed(half.array, member.volume));
  if (source === undefined) return;
  const { array } = otherHalf(world, half);
  if (world.bytes.fill(array, volumeNamed(array, member.remote), source)) world.devices.refresh(array.name, member.remote);
}

function discardAll(world: World, copies: readonly Copy[]): void {
  for (const { snapshot } of copies) if (snapshot !== undefined) world.bytes.discard(snapshot);
}

function bothSides(world: World, half: Half): readonly Member[] {
  return [...half.group.members, ...(isReachable(world, half) ? otherHalf(world, half).group.members : [])];
}

/** Do the halves agree on who is primary? */
export function areOpposite(world: World, half: Half): boolean {
  return otherHalf(world, half).group.current === opposite(half.group.current);
}
