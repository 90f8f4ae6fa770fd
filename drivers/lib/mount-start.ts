/** Mounting: the part of a start that all filesystems share. */
import type { Act, Argv, Blocker, Observe } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import type { MountKeywords } from './filesystem-keywords.ts';
import { describeMount, lookAtMount, type Seen, type Wanted } from './mounting.ts';
import { ownerDrift, setOwner, tidyPerm } from './ownership.ts';

/**
 * Nothing is ever mounted over a foreign mount: no name waives this, unmounting it is the operator's own act. CONFIG when the
 * mode of the mount point is none.
 */
export function mountBlockers(at: Observe<MountKeywords>, seen: Seen, wanted: Wanted): readonly Blocker[] {
  if (at.config.perm !== undefined) tidyPerm(at.config.perm);
  if (seen.foreign === undefined) return [];
  return [{ text: `${describeMount(seen.foreign)} is mounted on ${seen.mountPoint}, where ${wanted.name} belongs: unmount it first` }];
}

/**
 * Mounts what is wanted unless it is mounted already. `source` refuses what it must before anything is changed, and gives the
 * source and options for mount(8); its `before` does what must come right before the mount (fsck).
 */
export async function startMount(
  at: Act<MountKeywords>,
  wanted: Wanted,
  source: (seen: Seen) => Promise<{ source: string; options: readonly string[]; before?: () => Promise<void> }>,
): Promise<void> {
  const seen = await lookAtMount(at, wanted);
  if (seen.top !== undefined) return keepMounted(at, wanted, seen);
  const [blocker] = mountBlockers(at, seen, wanted);
  if (blocker !== undefined) throw new SvcError('REFUSED', blocker.text);
  const isThere = await checkMountPoint(at, wanted);
  const { source: device, options, before } = await source(seen);
  if (!isThere) await at.local.change(['mkdir', '-p', at.config.mnt]);
  await before?.();
  await at.local.change(mountArgv(wanted.type, device, at.config.mnt, options));
  if (!options.includes('ro')) await setOwner(at, at.config.mnt, at.config);
}

async function keepMounted(at: Act<MountKeywords>, wanted: Wanted, seen: Seen): Promise<void> {
  at.log.info(`${wanted.name} is already mounted on ${seen.mountPoint}`);
  const drift = await ownerDrift(at.local, seen.mountPoint, at.config, at.config.stat_timeout);
  if (drift.length > 0) await setOwner(at, seen.mountPoint, at.config);
}

/** Is there something to mount on? */
async function checkMountPoint(at: Act<MountKeywords>, wanted: Wanted): Promise<boolean> {
  const { mnt } = at.config;
  const stat = await at.local.stat(mnt);
  if (stat === undefined) return false;
  // A bind mount may be of a single file; everything else is mounted on a folder.
  if (stat.kind !== 'directory' && wanted.type !== 'none') throw new SvcError('REFUSED', `mnt = ${mnt} is a ${stat.kind}, not a folder`);
  const names = stat.kind === 'directory' ? await at.local.list(mnt) : [];
  if (names.length > 0)
    at.log.warn(`${mnt} is not empty: what is in it (${names.slice(0, 3).join(', ')} …) is hidden while ${wanted.name} is mounted`);
  return true;
}

export function mountArgv(type: string, source: string, mnt: string, options: readonly string[]): Argv {
  return ['mount', '-t', type, ...(options.length === 0 ? [] : ['-o', options.join(',')]), source, mnt];
}
