/** The device of a filesystem at the moment of its start: there, writable, not mounted elsewhere. */
import type { Act, Observe, Reader, ResourceView } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { type Device, findDevice, isMountOf } from './device.ts';
import type { BlockKeywords } from './filesystem-keywords.ts';
import { guessFreeLoop, loopsOver } from './loop.ts';
import type { Seen } from './mounting.ts';
import { tidyPath } from './mountinfo.ts';
import { codeOf } from './error-code.ts';
import { findLuns } from './scsi-luns.ts';
import { makeWritable } from './writable.ts';

/** Links in /dev/disk and /dev/mapper appear a moment after the volume group was started. */
const deviceTimeoutMs = 10_000;

/** The device once it is there; REFUSED when it does not come. */
export async function waitForDevice(at: Act<BlockKeywords>, found: Device): Promise<Device> {
  if (found.path !== undefined) return found;
  const probe = async (): Promise<Device | undefined> => {
    const device = await findDevice(at.local, at.config.dev);
    return device.path === undefined ? undefined : device;
  };
  const assume = { ...found, path: at.config.dev };
  try {
    return await at.poll(probe, { timeoutMs: deviceTimeoutMs, intervalMs: 200, what: `device ${at.config.dev}`, assume });
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error;
    throw new SvcError('REFUSED', `dev = ${at.config.dev} does not exist`, {
      hint: 'start the volume group or attach the disk first',
      cause: error,
    });
  }
}

/** Refuses a device that is in use or unattached, makes it writable when asked to, and gives the path for fsck and mount. */
export async function blockDevice(at: Act<BlockKeywords>, device: Device, others: readonly string[]): Promise<string> {
  if (others.length > 0 && !at.allows('mounted-elsewhere')) {
    throw new SvcError('REFUSED', `${at.config.dev} is mounted on ${others.join(', ')}`, {
      hint: 'unmount it there, or --allow mounted-elsewhere',
    });
  }
  const path = await pathForCommands(at, device);
  if (at.config.promote_rw) await promote(at, device, path);
  return path;
}

/** The disks below first, or the kernel would only forget its mark; then the device itself (a volume, a loop device). */
async function promote(at: Act<BlockKeywords>, device: Device, path: string): Promise<void> {
  if (device.numbers.length === 0) return;
  const disks = (await findLuns(at.local, [path])).filter((lun) => lun.paths.every(({ kernel }) => kernel.startsWith('sd')));
  await makeWritable(at, disks);
  if (await isReadOnly(at.local, device)) await at.local.change(['blockdev', '--setrw', path]);
}

/** Mount points of the device other than the wanted one. */
export async function mountedElsewhere(reader: Reader, device: Device, seen: Seen): Promise<readonly string[]> {
  const points: string[] = [];
  for (const mount of seen.mounts) {
    if (mount.mountPoint !== seen.mountPoint && mount.root === '/' && (await isMountOf(reader, mount, device)))
      points.push(mount.mountPoint);
  }
  return points;
}

async function isReadOnly(reader: Reader, device: Device): Promise<boolean> {
  const [number] = device.numbers;
  return number !== undefined && (await reader.file(`/sys/dev/block/${number}/ro`))?.trim() === '1';
}

/** The vg.loop resource of the same service whose image `dev` is. */
export function imageOwner(at: Observe<BlockKeywords>): ResourceView | undefined {
  return at.resources.find((view) => view.type === 'vg.loop' && isSamePath(view.config['file'], at.config.dev));
}

function isSamePath(file: unknown, dev: string): boolean {
  return typeof file === 'string' && tidyPath(file) === tidyPath(dev);
}

/** The path that fsck, mkfs and mount are given. An image of a vg.loop resource is only used through its loop device. */
export async function pathForCommands(at: Act<BlockKeywords>, device: Device): Promise<string> {
  const owner = imageOwner(at);
  if (owner === undefined || device.numbers.length > 0) return device.path ?? at.config.dev;
  if (at.dryRun) return guessLoop(at, owner);
  throw new SvcError('REFUSED', `${at.config.dev} is not attached: ${owner.rid} is not started`, {
    hint: `svcmgr -s ${at.service} start --rid ${owner.rid}`,
  });
}

/** In a dry-run the loop resources before this one would have taken the first free devices, in their order. */
async function guessLoop(at: Act<BlockKeywords>, owner: ResourceView): Promise<string> {
  return guessFreeLoop(at.local, await countUnattachedBefore(at, owner.rid));
}

/** How many loop resources of the service would be attached before this one. */
export async function countUnattachedBefore(at: Pick<Observe<BlockKeywords>, 'resources' | 'local'>, rid: string): Promise<number> {
  const loops = at.resources.filter((view) => view.type === 'vg.loop');
  const before = loops.filter((view) => view.rid.localeCompare(rid, 'en', { numeric: true }) < 0);
  let count = 0;
  for (const { config } of before) {
    if (typeof config['file'] === 'string' && (await loopsOver(at.local, config['file'])).length === 0) count++;
  }
  return count;
}
