/** LVM2: what a volume group is now, and the commands that change it (lvm(8), 2.03.16; storage-drivers.md §1). */
import type { Argv, Observe, Reader, ReadPrefix, RunOptions } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { parseLvmReport } from './lvm-report.ts';

/** A physical volume. */
export interface PhysicalVolume {
  readonly device: string;
  /** Its device is not there: LVM only knows its name from the others. */
  readonly missing: boolean;
}

export interface VolumeGroup {
  readonly name: string;
  readonly uuid: string;
  /** As LVM lists them: without the `@` that a command line carries. */
  readonly tags: readonly string[];
  readonly exported: boolean;
  readonly volumes: readonly PhysicalVolume[];
  /** Devices that carry the uuid of one of the volumes a second time; LVM refuses to change such a group. */
  readonly duplicates: readonly string[];
  readonly logicalCount: number;
}

export interface LogicalVolume {
  readonly name: string;
  readonly active: boolean;
  /** Not activated with its group (snapshots of thin volumes, mostly). */
  readonly skipped: boolean;
  /** `253:0`; undefined while it is not active. */
  readonly number: string | undefined;
  readonly open: boolean;
  readonly suspended: boolean;
  /** Of a snapshot: the volume that it is of. */
  readonly origin: string | undefined;
}

/** LVM warns of every descriptor it inherits; that is ours to know. */
export const lvmEnv = { LVM_SUPPRESS_FD_WARNINGS: '1' } as const;

const groupFields = [
  'vg_name',
  'vg_uuid',
  'vg_tags',
  'vg_exported',
  'vg_missing_pv_count',
  'lv_count',
  'pv_name',
  'pv_missing',
  'pv_duplicate',
] as const;

const volumeFields = [
  'vg_name',
  'lv_name',
  'lv_active',
  'lv_skip_activation',
  'lv_kernel_major',
  'lv_kernel_minor',
  'lv_device_open',
  'lv_suspended',
  'origin',
] as const;

export const lvmReads = [
  ['pvs', '--all', '--reportformat', 'json'],
  ['lvs', '--reportformat', 'json'],
] as const satisfies readonly ReadPrefix[];

/** One row for each physical volume, with what is said of its group: a group has at least one, so one look tells all. */
export function groupArgv(selection: string): Argv {
  return ['pvs', '--all', '--reportformat', 'json', '-o', groupFields.join(','), '-S', selection];
}

function volumesArgv(name: string): Argv {
  return ['lvs', '--reportformat', 'json', '-o', volumeFields.join(','), '-S', `vg_name="${name}"`];
}

/** Undefined when there is no such group. COMMAND when two groups have this name: nobody can tell which is meant. */
export async function findGroup(reader: Reader, name: string, options: RunOptions = {}): Promise<VolumeGroup | undefined> {
  const argv = groupArgv(`vg_name="${name}"`);
  return parseGroup((await reader.read(argv, { env: lvmEnv, ...options })).stdout, name);
}

export function parseGroup(text: string, name: string): VolumeGroup | undefined {
  const rows = parseLvmReport(text, 'pv', groupFields);
  const stray = rows.find((row) => row.vg_name !== name);
  if (stray !== undefined) throw new SvcError('COMMAND', `pvs was asked for ${name} and tells of ${JSON.stringify(stray.vg_name)}`);
  const kept = rows.filter((row) => row.pv_duplicate === '');
  const [first] = kept;
  if (first === undefined) return undefined;
  const uuids = [...new Set(kept.map((row) => row.vg_uuid))];
  if (uuids.length > 1) {
    throw new SvcError('COMMAND', `${uuids.length} volume groups are named ${name} (${uuids.join(', ')})`, {
      hint: 'rename the wrong one by its uuid: vgrename UUID NEWNAME',
    });
  }
  return {
    name,
    uuid: first.vg_uuid,
    tags: first.vg_tags.split(',').filter((tag) => tag !== ''),
    exported: flag(first.vg_exported, 'exported'),
    volumes: kept.map((row) => ({ device: row.pv_name, missing: flag(row.pv_missing, 'missing') })),
    duplicates: rows.filter((row) => row.pv_duplicate !== '').map((row) => row.pv_name),
    logicalCount: count(first.lv_count),
  };
}

/** The group that a physical volume belongs to; undefined when to none, or when it is no physical volume. */
export async function groupOfDevice(
  reader: Reader,
  device: { readonly path: string | undefined; readonly real: string | undefined },
): Promise<string | undefined> {
  const { stdout } = await reader.read(groupArgv('vg_name!=""'), { env: lvmEnv });
  for (const { pv_name: name, vg_name: group } of parseLvmReport(stdout, 'pv', groupFields)) {
    if (name === device.path || (device.real !== undefined && (await reader.resolve(name)) === device.real)) return group;
  }
  return undefined;
}

/** The volumes that users see; those LVM makes for itself are not among them. */
export async function logicalVolumes(reader: Reader, group: Pick<VolumeGroup, 'name' | 'logicalCount'>): Promise<readonly LogicalVolume[]> {
  if (group.logicalCount === 0) return [];
  return parseVolumes((await reader.read(volumesArgv(group.name), { env: lvmEnv })).stdout, group);
}

export function parseVolumes(text: string, group: Pick<VolumeGroup, 'name' | 'logicalCount'>): readonly LogicalVolume[] {
  const rows = parseLvmReport(text, 'lv', volumeFields);
  const stray = rows.find((row) => row.vg_name !== group.name);
  if (stray !== undefined) throw new SvcError('COMMAND', `lvs was asked for ${group.name} and tells of ${JSON.stringify(stray.vg_name)}`);
  if (rows.length === 0 && group.logicalCount > 0) {
    throw new SvcError('COMMAND', `pvs counts ${group.logicalCount} volumes in ${group.name}, lvs none`);
  }
  return rows.map((row) => ({
    name: row.lv_name,
    active: flag(row.lv_active, 'active'),
    skipped: flag(row.lv_skip_activation, 'skip activation'),
    number: row.lv_kernel_minor === '-1' ? undefined : `${count(row.lv_kernel_major)}:${count(row.lv_kernel_minor)}`,
    open: kernelFlag(row.lv_device_open, 'open'),
    suspended: kernelFlag(row.lv_suspended, 'suspended'),
    origin: row.origin === '' ? undefined : row.origin,
  }));
}

/** What only the kernel knows is `unknown` of a volume that is not active. */
function kernelFlag(value: string, word: string): boolean {
  return value !== 'unknown' && flag(value, word);
}

/** A group with its volumes, asked once in a round by all that stand on it; undefined when there is no such group. */
export function sharedGroup<T extends Keywords>(
  at: Pick<Observe<T>, 'shared' | 'local'>,
  name: string,
): Promise<{ readonly group: VolumeGroup; readonly volumes: readonly LogicalVolume[] } | undefined> {
  return at.shared(`lvm ${name}`, async () => {
    const group = await findGroup(at.local, name);
    return group === undefined ? undefined : { group, volumes: await logicalVolumes(at.local, group) };
  });
}

/** A field that says a word or nothing. */
function flag(value: string, word: string): boolean {
  if (value !== word && value !== '')
    throw new SvcError('COMMAND', `an LVM report says ${JSON.stringify(value)} where ${word} or nothing is expected`);
  return value === word;
}

function count(value: string): number {
  if (!/^\d+$/.test(value)) throw new SvcError('COMMAND', `an LVM report says ${JSON.stringify(value)} where a number is expected`);
  return Number(value);
}

/** `/dev/vg_svc1/data` */
export function volumePath(group: string, volume: string): string {
  return `/dev/${group}/${volume}`;
}

/** The devices that are there. */
export function presentDevices({ volumes }: VolumeGroup): readonly string[] {
  return volumes.filter((volume) => !volume.missing).map((volume) => volume.device);
}

export function missingText({ name, volumes }: VolumeGroup): string | undefined {
  const { length } = volumes.filter((volume) => volume.missing);
  return length === 0 ? undefined : `${length} of the ${volumes.length} physical volumes of ${name} ${length === 1 ? 'is' : 'are'} missing`;
}
