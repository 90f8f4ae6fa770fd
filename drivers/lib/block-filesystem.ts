/** Builds the driver of a filesystem that lives on a block device, from what is special about its type. */
import {
  type Act,
  type Blocker,
  defineDriver,
  type Driver,
  type Note,
  type Observe,
  type ReadPrefix,
} from '../../agent/driver/contract.ts';
import { type Device, deviceReads, findDevice, isMountOf } from './device.ts';
import { mapperReads } from './device-mapper.ts';
import { blockDevice, imageOwner, mountedElsewhere, waitForDevice } from './block-device.ts';
import type { BlockKeywords } from './filesystem-keywords.ts';
import { mountBlockers, startMount } from './mount-start.ts';
import { mountStatus, mountStatusReads } from './mount-status.ts';
import { mountStopReads, stopMount } from './mount-stop.ts';
import { lookAtMount, type Seen, splitOptions, type Wanted } from './mounting.ts';
import { depthOf, type Mount } from './mountinfo.ts';
import {
  isProvisioned,
  type Maker,
  provisionBlockers,
  provisionFilesystem,
  settleProvision,
  unprovisionFilesystem,
} from './provisioning.ts';
import { impliedReservation } from './reservation-keywords.ts';
import { signatureReads } from './signatures.ts';
import { includesStart } from './verbs.ts';

export interface BlockFilesystem extends Maker {
  readonly summary: string;
  readonly needs: readonly string[];
  readonly keywords: BlockKeywords;
  /** What must happen before the device is mounted: fsck, device scan. */
  prepare?(at: Act<BlockKeywords>, device: string): Promise<void>;
  /** Faults this type counts by itself. */
  health?(at: Observe<BlockKeywords>, mount: Mount): Promise<readonly Note[]>;
  /** Is this mount, which is of the right device, also of the right part of it? Default: only of its root folder. */
  isWantedPart?(mount: Mount, options: readonly string[]): boolean;
  /** Several mounts of one device are normal (subvolumes). */
  readonly manyMounts?: true;
}

/** The complete driver of `fs.<type>`. */
export function blockFilesystem(filesystem: BlockFilesystem): Driver<BlockKeywords> {
  return defineDriver<BlockKeywords>({
    summary: filesystem.summary,
    needs: ['mount', 'umount', ...filesystem.needs],
    provisionNeeds: [`mkfs.${filesystem.type}`, 'wipefs'],
    keywords: filesystem.keywords,
    reads: (config): readonly ReadPrefix[] => [
      ...mountStatusReads(config),
      ...mountStopReads,
      ...deviceReads,
      ...mapperReads,
      ...signatureReads,
    ],
    label: (config) => `${config.dev}@${config.mnt}`,
    depth: (config) => depthOf(config.mnt),
    implies: (config, rid) => impliedReservation(rid, config),
    status: (at) => status(at, filesystem),
    devices: async (at) => ({ uses: [(await findDevice(at.local, at.config.dev)).path ?? at.config.dev], gives: [at.config.mnt] }),
    blockers: (at, verb) => blockers(at, filesystem, verb),
    start: (at) => start(at, filesystem),
    stop: async (at) => stopMount(at, wantedOf(at, filesystem, await findDevice(at.local, at.config.dev))),
    provision: (at) => provisionFilesystem(at, filesystem),
    provisioned: (at) => isProvisioned(at, filesystem.type),
    unprovision: (at) => unprovisionFilesystem(at, filesystem.type),
  });
}

function wantedOf(at: Observe<BlockKeywords>, filesystem: BlockFilesystem, device: Device): Wanted {
  const options = splitOptions(at.config.mnt_opt);
  const isPart = filesystem.isWantedPart ?? ((mount: Mount) => mount.root === '/');
  return {
    type: filesystem.type,
    name: at.config.dev,
    options,
    matches: async (mount) => isPart(mount, options) && (await isMountOf(at.local, mount, device)),
  };
}

async function status(at: Observe<BlockKeywords>, filesystem: BlockFilesystem): ReturnType<typeof mountStatus> {
  const device = await findDevice(at.local, at.config.dev);
  return mountStatus(at, wantedOf(at, filesystem, device), {
    health: async (mount) => [...(await goneNotes(at, mount)), ...((await filesystem.health?.(at, mount)) ?? [])],
    absent: async (seen) => absentNotes(at, device, await elsewhere(at, filesystem, device, seen)),
  });
}

/** A mount outlives the disk it is of, and what is in memory of it still answers. */
async function goneNotes(at: Observe<BlockKeywords>, { device, source }: Mount): Promise<readonly Note[]> {
  const known = await at.local.list('/sys/dev/block');
  // An anonymous device number (btrfs) tells nothing, nor does a place without /sys.
  if (device.startsWith('0:') || known.length === 0 || known.includes(device)) return [];
  return [{ level: 'error', text: `the device it is mounted from, ${source} (${device}), is gone` }];
}

function absentNotes(at: Observe<BlockKeywords>, device: Device, others: readonly string[]): readonly Note[] {
  const notes: Note[] = others.map((point) => ({ level: 'warn', text: `${at.config.dev} is mounted on ${point} instead` }));
  if (device.path === undefined) notes.push({ level: 'info', text: `${at.config.dev} is not there` });
  return notes;
}

async function elsewhere(at: Observe<BlockKeywords>, filesystem: BlockFilesystem, device: Device, seen: Seen): Promise<readonly string[]> {
  return filesystem.manyMounts ? [] : mountedElsewhere(at.local, device, seen);
}

async function blockers(at: Observe<BlockKeywords>, filesystem: BlockFilesystem, verb: string): Promise<readonly Blocker[]> {
  const device = await findDevice(at.local, at.config.dev);
  const wanted = wantedOf(at, filesystem, device);
  const seen = await lookAtMount(at, wanted);
  const others = seen.top === undefined ? await elsewhere(at, filesystem, device, seen) : [];
  const found: Blocker[] = [];
  if (verb === 'provision' || verb === 'unprovision') found.push(...(await provisionBlockers(at, filesystem.type, device, verb, others)));
  if (!includesStart(verb) || seen.top !== undefined) return found;
  found.push(...mountBlockers(at, seen, wanted));
  if (verb === 'start') found.push(...others.map((point) => elsewhereBlocker(at, point)));
  if (device.path === undefined && !mayAppear(at)) found.push({ text: `${at.config.dev} does not exist` });
  return found;
}

function elsewhereBlocker(at: Observe<BlockKeywords>, point: string): Blocker {
  return { text: `${at.config.dev} is mounted on ${point} (it would not be checked by fsck)`, allow: 'mounted-elsewhere' };
}

/** A device may still be brought by a volume group that this walk starts earlier. */
function mayAppear(at: Observe<BlockKeywords>): boolean {
  return at.resources.some((view) => view.type.startsWith('vg.') && view.report?.state !== 'up');
}

async function start(at: Act<BlockKeywords>, filesystem: BlockFilesystem): Promise<void> {
  const found = await findDevice(at.local, at.config.dev);
  await startMount(at, wantedOf(at, filesystem, found), async (seen) => {
    const device = await waitForDevice(at, found);
    const options = splitOptions(at.config.mnt_opt);
    const others = await elsewhere(at, filesystem, device, seen);
    const path = await blockDevice(at, device, others);
    const plainImage = device.bareImage && imageOwner(at) === undefined;
    const isChecked = others.length === 0 && !options.includes('ro');
    return {
      source: path,
      options: plainImage ? [...options, 'loop'] : options,
      before: async () => (isChecked ? filesystem.prepare?.(at, path) : undefined),
    };
  });
  await settleProvision(at);
}
