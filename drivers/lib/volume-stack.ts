/** What stands on logical volumes, and its removal before they are deactivated (storage-drivers.md §1, order of V2). */
import type { Act, Argv, Reader } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { findMapped, holdersOf, isOfGroup, isPartitionMap, type Mapped } from './device-mapper.ts';
import { lastLines } from './last-lines.ts';
import { type LogicalVolume, lvmEnv, volumePath, type VolumeGroup } from './lvm.ts';
import { isPlanned } from './planned.ts';

const attempts = { count: 3, everyMs: 1_000 } as const;

/** Removes partition maps and stacked devices of these volumes. Refuses before the first change what another resource manages. */
export async function clearVolumes<T extends Keywords>(at: Act<T>, group: VolumeGroup, volumes: readonly LogicalVolume[]): Promise<void> {
  const active = volumes.filter((volume) => volume.active);
  const found = await Promise.all(active.map((volume) => stackOn(at.local, group, volume)));
  const stacked = found.flat();
  await mustBeOurs(at, stacked);
  for (const { kernel, name } of stacked) {
    at.log.warn(`${name} (${kernel}) stands on a volume of ${group.name} and is removed`);
    await at.local.change(['dmsetup', 'remove', name]);
  }
  for (const { name } of active) await at.local.change(['kpartx', '-d', volumePath(group.name, name)]);
}

interface Stacked extends Mapped {
  /** The logical volume that it stands on. */
  readonly volume: string;
}

/** What is not a partition map nor a part of the group itself, the topmost first. */
async function stackOn(reader: Reader, group: VolumeGroup, volume: LogicalVolume): Promise<readonly Stacked[]> {
  const found: Stacked[] = [];
  const climb = async (device: string): Promise<void> => {
    for (const kernel of await holdersOf(reader, device)) {
      const mapped = (await findMapped(reader, kernel)) ?? { kernel, name: kernel, uuid: '' };
      await climb(kernel);
      const isInner = isOfGroup(mapped, group.uuid) || isPartitionMap(mapped);
      if (!isInner && !found.some((one) => one.kernel === kernel)) found.push({ ...mapped, volume: volume.name });
    }
  };
  if (volume.number !== undefined) await climb(volume.number);
  return found;
}

async function mustBeOurs<T extends Keywords>(at: Act<T>, stacked: readonly Stacked[]): Promise<void> {
  if (stacked.length === 0) return;
  const owners = at.resources.filter(({ rid, type }) => rid !== at.rid && type.startsWith('vg.'));
  for (const one of stacked) {
    const refuse = (why: string): never => {
      throw new SvcError('REFUSED', `${one.name} stands on ${one.volume}: ${why}`, { hint: 'stop what manages it first' });
    };
    if (!one.kernel.startsWith('dm-')) refuse('it is no device that device-mapper could remove');
    if (one.uuid.startsWith('LVM-')) refuse('it belongs to another volume group');
    for (const { rid } of owners) {
      const { gives } = await at.devicesOf(rid);
      const paths = await Promise.all(gives.map((path) => at.local.resolve(path)));
      if (gives.includes(`/dev/mapper/${one.name}`) || paths.includes(`/dev/${one.kernel}`)) refuse(`${rid} manages it`);
    }
  }
}

export function activeNames(volumes: readonly LogicalVolume[]): readonly string[] {
  return volumes.filter((volume) => volume.active).map((volume) => volume.name);
}

/** The active ones, but for those that a dry-run has planned to take down already. */
export function leftActive<T extends Keywords>(
  at: Act<T>,
  { name: group }: VolumeGroup,
  volumes: readonly LogicalVolume[],
): readonly LogicalVolume[] {
  const isPlannedDown = ({ name }: LogicalVolume): boolean =>
    isPlanned(at, 'down', ({ type, config }) => type === 'vg.lv' && config['vg'] === group && config['name'] === name);
  return volumes.filter((volume) => volume.active && !isPlannedDown(volume));
}

/** Runs `argv` until nothing is left that `off` names; a disk that has just changed its role may need a second try. */
export function activate<T extends Keywords>(at: Act<T>, argv: Argv, off: () => Promise<readonly string[]>): Promise<void> {
  return untilNoneLeft(at, argv, off, 'not active');
}

/** Runs `argv` until nothing is active that `left` names: a look of udev keeps a volume busy for a moment. */
export function deactivate<T extends Keywords>(at: Act<T>, argv: Argv, left: () => Promise<readonly string[]>): Promise<void> {
  return untilNoneLeft(at, argv, left, 'still active');
}

async function untilNoneLeft<T extends Keywords>(
  at: Act<T>,
  argv: Argv,
  left: () => Promise<readonly string[]>,
  what: string,
): Promise<void> {
  let tries = 0;
  const probe = async (): Promise<true | undefined> => {
    tries += 1;
    // LVM says 5 when it failed for one volume of many; what came of it is looked at.
    const result = await at.local.change(argv, { okCodes: [0, 5], env: lvmEnv });
    const names = at.dryRun ? [] : await left();
    if (names.length === 0) return true;
    if (tries < attempts.count) return undefined;
    throw new SvcError('COMMAND', `${argv.join(' ')}: ${what}: ${names.join(', ')}: ${lastLines(result.stderr)}`, {
      hint: 'lsblk and dmsetup ls --tree show what stands where',
      facts: { volumes: names, stderr: result.stderr.slice(-500) },
    });
  };
  await at.poll(probe, { timeoutMs: 60_000, intervalMs: attempts.everyMs, what: `${argv.join(' ')} to succeed`, assume: true });
}
