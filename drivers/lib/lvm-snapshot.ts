/**
 * Copies of files as they are at one moment: a snapshot of the logical volume below, mounted read-only beside the real one.
 * What is about to be made is remembered first, so that whatever was cut is removed by the next run.
 */
import type { Act } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { findMapped, parseVolumeName } from './device-mapper.ts';
import { findGroup, logicalVolumes, lvmEnv } from './lvm.ts';
import { type Mount, mountOf, mountsOn, readMounts } from './mountinfo.ts';

interface Snapshot {
  readonly group: string;
  readonly origin: string;
  readonly name: string;
  readonly type: string;
  /** Where the origin is mounted, and the folder below which the snapshot is. */
  readonly at: string;
  readonly base: string;
}

const memory = 'snapshots';

/** XFS refuses a second filesystem with the same uuid. */
const mountOptions: Readonly<Record<string, string>> = { xfs: 'ro,nouuid' };

/**
 * Runs `work` over snapshots of the filesystems that these paths lie on. `place` gives the path in the snapshot; its `/./` is where
 * rsync -R begins to keep the path.
 */
export async function overSnapshots<V>(
  at: Act<Keywords>,
  paths: readonly string[],
  sizeBytes: number | undefined,
  work: (place: (path: string) => string) => Promise<V>,
): Promise<V> {
  const wanted = await planSnapshots(at, paths);
  // A run of this node that was cut left those it remembers; on a group that was another node's, that one may have left its own.
  await removeSnapshots(at, unique([...(await recallSnapshots(at)), ...wanted]), false);
  await at.remember(memory, JSON.stringify(wanted));
  try {
    for (const snapshot of wanted) await take(at, snapshot, sizeBytes);
    const mounts = await readMounts(at.local);
    return await work((path) => {
      const point = mountOf(mounts, path)?.mountPoint;
      const snapshot = wanted.find((one) => one.at === point);
      return snapshot === undefined ? path : `${snapshot.base}/.${path}`;
    });
  } finally {
    // After a cancellation nothing more may be run: then the next run removes them.
    if (!at.signal.aborted) await removeSnapshots(at, wanted, at.dryRun);
  }
}

async function recallSnapshots(at: Act<Keywords>): Promise<readonly Snapshot[]> {
  const text = await at.recall(memory);
  return text === undefined ? [] : (JSON.parse(text) as readonly Snapshot[]);
}

async function planSnapshots(at: Act<Keywords>, paths: readonly string[]): Promise<readonly Snapshot[]> {
  const mounts = await readMounts(at.local);
  const wanted = new Map<string, Snapshot>();
  for (const path of paths) {
    const mount = mountOf(mounts, path);
    if (mount === undefined || wanted.has(mount.mountPoint)) continue;
    wanted.set(mount.mountPoint, await snapshotOf(at, path, mount));
  }
  return [...wanted.values()];
}

async function snapshotOf(at: Act<Keywords>, path: string, mount: Mount): Promise<Snapshot> {
  const folder = await at.local.resolve(`/sys/dev/block/${mount.device}`);
  const mapped = folder === undefined ? undefined : await findMapped(at.local, folder.slice(folder.lastIndexOf('/') + 1));
  if (mapped?.uuid.startsWith('LVM-') !== true) {
    throw new SvcError('REFUSED', `snap: ${path} lies on ${mount.source}, which is no logical volume`, {
      hint: 'snap = false copies the files as they are',
    });
  }
  const { group, volume } = parseVolumeName(mapped.name);
  const name = `${volume}.snap.${at.rid.replace('#', '.')}`;
  return { group, origin: volume, name, type: mount.type, at: mount.mountPoint, base: `${baseOf(at)}${at.rid}.snap` };
}

function baseOf({ runFolder, service }: Pick<Act<Keywords>, 'runFolder' | 'service'>): string {
  return `${runFolder}/${service}.`;
}

/** Snapshots of the filesystem at this place that are mounted for a sync of the service. */
export function snapshotMounts(at: Act<Keywords>, mounts: readonly Mount[], mountPoint: string): readonly Mount[] {
  return mounts.filter((mount) => mount.mountPoint.startsWith(`${baseOf(at)}sync#`) && mount.mountPoint.endsWith(`.snap${mountPoint}`));
}

function unique(snapshots: readonly Snapshot[]): readonly Snapshot[] {
  return [...new Map(snapshots.map((one) => [`${one.group}/${one.name}`, one])).values()];
}

function pointOf({ base, at }: Snapshot): string {
  return at === '/' ? base : `${base}${at}`;
}

async function take(at: Act<Keywords>, snapshot: Snapshot, sizeBytes: number | undefined): Promise<void> {
  const { group, origin, name, type } = snapshot;
  const size = sizeBytes === undefined ? ['-l', '10%ORIGIN'] : ['-L', `${sizeBytes}b`];
  await at.local.change(['lvcreate', '--snapshot', '--yes', '-n', name, ...size, `${group}/${origin}`], { env: lvmEnv });
  await at.local.change(['mkdir', '-p', pointOf(snapshot)]);
  await at.local.change(['mount', '-t', type, '-o', mountOptions[type] ?? 'ro', `/dev/${group}/${name}`, pointOf(snapshot)]);
}

/** Removes those of them that are there; `assumed`: all of them. */
async function removeSnapshots(at: Act<Keywords>, snapshots: readonly Snapshot[], assumed: boolean): Promise<void> {
  for (const snapshot of snapshots.toReversed()) {
    const { group: name } = snapshot;
    const isMounted = assumed || mountsOn(await readMounts(at.local), pointOf(snapshot)).length > 0;
    if (isMounted) await at.local.change(['umount', pointOf(snapshot)]);
    const group = await findGroup(at.local, name);
    const volumes = group === undefined ? [] : await logicalVolumes(at.local, group);
    // A volume of this name that is no snapshot is somebody's data.
    const isThere = assumed || volumes.some((volume) => volume.name === snapshot.name && volume.origin === snapshot.origin);
    if (isThere) await at.local.change(['lvremove', '-f', `${name}/${snapshot.name}`], { env: lvmEnv });
  }
  if ((await at.recall(memory)) !== undefined) await at.forget(memory);
}
