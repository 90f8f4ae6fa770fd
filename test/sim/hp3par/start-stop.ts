/** What starting, stopping and a change of direction do to both halves of a group. Whether they are allowed is asked elsewhere. */
import { type Group, type Half, opposite, roleOf } from './model.ts';
import { armPeriod, beginSync, setMembers } from './replicate.ts';
import { dropTimers, isReachable, otherHalf, settleAccess, type World } from './world.ts';

export interface StartOptions {
  readonly noSync?: boolean;
  readonly onSynced?: () => void;
}

/** The halves that hear of it: both, or while they do not reach each other only this one. */
export function heard(world: World, half: Half): readonly Half[] {
  return isReachable(world, half) ? [half, otherHalf(world, half)] : [half];
}

/** From its primary half. A synchronous group is brought level at each start, a periodic one at the first in a direction. */
export function startGroup(world: World, half: Half, options: StartOptions): void {
  const { group } = half;
  const halves = heard(world, half);
  const isFirst = halves.some((one) => !one.group.everStarted);
  for (const one of halves) {
    dropTimers(world, one);
    Object.assign(one.group, { status: 'Started', stoppedByLinks: false, everStarted: true } satisfies Partial<Group>);
  }
  armPeriod(world, half);
  if (options.noSync) setMembers(world, half, { sync: 'Synced' });
  else if (group.mode === 'Sync' || isFirst) beginSync(world, half, options.onSynced);
  else setMembers(world, half, { sync: 'Synced' });
  settleAccess(world, `${group.name} started`);
}

/** What a running synchronization had copied is not used. */
export function stopGroup(world: World, half: Half): void {
  for (const one of heard(world, half)) stopAlone(world, one, world.clock.nowMs());
  settleAccess(world, `${half.group.name} stopped`);
}

/** This half; what was level is level of that moment. */
export function stopAlone(world: World, half: Half, levelMs: number): void {
  const { group } = half;
  dropTimers(world, half);
  Object.assign(group, { status: 'Stopped', stoppedByLinks: false } satisfies Partial<Group>);
  for (const member of group.members) {
    const isLevel = group.mode === 'Sync' && member.sync === 'Synced';
    Object.assign(member, { sync: 'Stopped', syncing: undefined, ...(isLevel ? { lastSyncMs: levelMs } : {}) });
  }
}

export interface Turn {
  readonly natural: boolean;
  readonly current: boolean;
  /** This half alone, although the other could hear. */
  readonly local: boolean;
}

/** Gives a group another natural direction, another direction now, or both. */
export function turn(world: World, half: Half, { natural, current, local }: Turn): void {
  for (const { group } of local ? [half] : heard(world, half)) {
    if (natural) group.natural = opposite(group.natural);
    if (current) become(world, group, opposite(group.current));
  }
  settleAccess(world, `${half.group.name} became ${roleOf(half.group)}`);
}

/** A new direction makes the next start copy everything that differs. */
export function become(world: World, group: Group, side: Group['current']): void {
  const nowMs = world.clock.nowMs();
  Object.assign(group, { current: side, everStarted: false, roleMs: nowMs } satisfies Partial<Group>);
  if (side === 'primary') group.promotedMs = nowMs + world.timing.promotingMs;
  if (group.status === 'Failsafe') group.status = 'Stopped';
}
