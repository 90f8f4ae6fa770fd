/** Unmounting. Never lazily (-l), never by force (-f); processes are ended only when the service file says so. */
import type { Act, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import type { MountKeywords } from './filesystem-keywords.ts';
import { lastLines } from './last-lines.ts';
import { snapshotMounts } from './lvm-snapshot.ts';
import { describeMount, lookAtMount, type Wanted } from './mounting.ts';
import { mountsBelow, mountsOn, readMounts, tidyPath } from './mountinfo.ts';
import { describeUser, findPathUsers, loopsBelow, pathUserReads } from './path-users.ts';
import { codeOf } from './error-code.ts';
import { isPlanned } from './planned.ts';

export const mountStopReads = [...pathUserReads] as const satisfies readonly ReadPrefix[];

/** Writing dirty data back may take long and cannot be interrupted. */
const umountTimeoutMs = 600_000;

/** How long processes have after TERM, and after KILL. */
const graceMs = { TERM: 10_000, KILL: 5_000 } as const;

/** Unmounts the wanted filesystem and, before it, everything below. Foreign mounts on the same point are left alone. */
export async function stopMount(at: Act<MountKeywords>, wanted: Wanted): Promise<void> {
  const seen = await lookAtMount(at, wanted);
  if (seen.ours.length === 0) {
    at.log.info(`${wanted.name} is already unmounted`);
    return;
  }
  if (seen.foreign !== undefined) {
    throw new SvcError('REFUSED', `${describeMount(seen.foreign)} is mounted over ${wanted.name} on ${seen.mountPoint}: unmount it first`);
  }
  if (seen.mountPoint === '/') throw new SvcError('REFUSED', 'the root filesystem is never unmounted');
  for (const mount of mountsBelow(seen.mounts, seen.mountPoint)) {
    if (isStoppedInPlan(at, mount.mountPoint)) continue;
    at.log.warn(`${describeMount(mount)} on ${mount.mountPoint} lies below ${seen.mountPoint} and is unmounted first`);
    await unmount(at, mount.mountPoint);
  }
  // Nothing but an action that was cut can have left one: it would have the lock of the service.
  for (const { mountPoint } of snapshotMounts(at, seen.mounts, seen.mountPoint)) {
    at.log.warn(`a sync that was cut left a snapshot of it on ${mountPoint}, which is unmounted first`);
    await unmount(at, mountPoint);
  }
  const foreignBelow = seen.stack.findLastIndex((mount) => !seen.ours.includes(mount));
  for (let left = seen.stack.length - 1 - foreignBelow; left > 0; left--) await unmount(at, seen.mountPoint);
}

/** In a dry-run the filesystems of resources that the plan stops earlier are still mounted. */
function isStoppedInPlan(at: Act<MountKeywords>, mountPoint: string): boolean {
  return isPlanned(at, 'down', ({ config: { mnt } }) => typeof mnt === 'string' && tidyPath(mnt) === mountPoint);
}

/** umount(8) exits 32 for every failed unmount; what it means is read from the mounts, not from its text. */
async function unmount(at: Act<MountKeywords>, mountPoint: string): Promise<void> {
  const before = await countMounts(at, mountPoint);
  const result = await at.local.change(['umount', mountPoint], { okCodes: [0, 32], timeoutMs: umountTimeoutMs });
  if (result.exitCode === 0 || (await countMounts(at, mountPoint)) < before) return;
  if (!at.config.kill_users) throw await busyError(at, mountPoint, result.stderr);
  await endUsers(at, mountPoint, 'TERM');
  await endUsers(at, mountPoint, 'KILL');
  const again = await at.local.change(['umount', mountPoint], { okCodes: [0, 32], timeoutMs: umountTimeoutMs });
  if (again.exitCode !== 0 && (await countMounts(at, mountPoint)) >= before) throw await busyError(at, mountPoint, again.stderr);
}

async function countMounts(at: Act<MountKeywords>, mountPoint: string): Promise<number> {
  return mountsOn(await readMounts(at.local), mountPoint).length;
}

async function busyError(at: Act<MountKeywords>, mountPoint: string, stderr: string): Promise<SvcError> {
  const users = await findPathUsers(at.local, mountPoint);
  const holders = [...users.map(describeUser), ...(await loopsBelow(at.local, mountPoint))];
  // Without a holder that we can see, the tool's own words say most: not root, or held in another mount namespace.
  const who = holders.length === 0 ? lastLines(stderr) : `held by ${holders.slice(0, 10).join('; ')}`;
  const more = holders.length > 10 ? ` and ${holders.length - 10} more` : '';
  const hint = at.config.kill_users
    ? 'end what holds it, then stop again'
    : `end what holds it, then stop again; kill_users = true in [${at.rid}] would let stop end the processes`;
  return new SvcError('COMMAND', `cannot unmount ${mountPoint}: ${who}${more}`, {
    hint,
    facts: { mountPoint, pids: users.map((user) => user.pid), stderr: stderr.slice(-500) },
  });
}

/** One signal to every process that holds the mount point by path, then a wait until none is left. */
async function endUsers(at: Act<MountKeywords>, mountPoint: string, signal: 'TERM' | 'KILL'): Promise<void> {
  // Process 1 is never ended, whatever its working folder is.
  const users = (await findPathUsers(at.local, mountPoint)).filter((user) => user.pid !== 1);
  if (users.length === 0) return;
  at.log.warn(`kill_users: ${signal} to ${users.map(describeUser).join('; ')}`);
  // Exit 1: one of them ended by itself in between.
  await at.local.change(['kill', `-${signal}`, ...users.map((user) => String(user.pid))], { okCodes: [0, 1] });
  await waitUntilUnused(at, mountPoint, graceMs[signal]);
}

async function waitUntilUnused(at: Act<MountKeywords>, mountPoint: string, timeoutMs: number): Promise<void> {
  const probe = async (): Promise<true | undefined> => ((await findPathUsers(at.local, mountPoint)).length === 0 ? true : undefined);
  try {
    await at.poll(probe, { timeoutMs, intervalMs: 200, what: `${mountPoint} to be unused`, assume: true });
  } catch (error) {
    // The next signal, or the second umount with its own error, follows.
    if (codeOf(error) !== 'TIMEOUT') throw error;
  }
}
