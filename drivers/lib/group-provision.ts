/** Making and removing a volume group. Nothing is ever written over data that is not ours without `--allow overwrite-data`. */
import type { Act, Blocker, Observe } from '../../agent/driver/contract.ts';
import type { Keyword, Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { type Device, findDevice } from './device.ts';
import { usesOfDevice } from './device-users.ts';
import { foreignTags, mustBeAllowed, whyOwned } from './group-owner.ts';
import { findGroup, groupOfDevice, logicalVolumes, lvmEnv, presentDevices, type VolumeGroup } from './lvm.ts';
import { readSignatures, wipeArgv } from './signatures.ts';

export type GroupKeywords = Keywords & {
  readonly name: Keyword & { readonly kind: 'string'; readonly required: true };
  readonly pvs: Keyword & { readonly kind: 'list' };
  readonly options: Keyword & { readonly kind: 'argv' };
};

const member = 'LVM2_member';

export async function isGroupProvisioned(at: Observe<GroupKeywords>): Promise<boolean> {
  return (await findGroup(at.local, at.config.name)) !== undefined;
}

/** Why it must not be made. A group that is there is not made again: its start has its own questions. */
export async function provisionRefusals(at: Observe<GroupKeywords>): Promise<readonly Blocker[]> {
  const { name, pvs = [] } = at.config;
  if (pvs.length === 0) return [{ text: `pvs is not set: of which devices shall ${name} be made?` }];
  const found: Blocker[] = [];
  for (const pv of pvs) {
    const device = await findDevice(at.local, pv);
    if (device.numbers.length === 0) continue;
    found.push(...(await refusalsOfDevice(at, device)));
  }
  return found;
}

async function refusalsOfDevice(at: Observe<GroupKeywords>, device: Device): Promise<readonly Blocker[]> {
  const path = device.path ?? device.wanted;
  const signatures = (await readSignatures(at.local, path)).map(({ type }) => type);
  if (signatures.length === 0) return [];
  if (signatures.every((type) => type === member)) {
    const owner = await groupOfDevice(at.local, device);
    return owner === undefined ? [] : [{ text: `${device.wanted} belongs to the volume group ${owner}` }];
  }
  return [{ text: `${device.wanted} holds ${signatures.join(', ')}`, allow: 'overwrite-data' }];
}

/** Why it must not be removed. */
export async function unprovisionRefusals(at: Observe<GroupKeywords>): Promise<readonly Blocker[]> {
  const group = await findGroup(at.local, at.config.name);
  if (group === undefined) return [];
  const found: Blocker[] = [];
  for (const tag of foreignTags(group.tags, at.node)) {
    const why = await whyOwned(at, tag);
    if (why !== undefined) found.push({ text: `${group.name} belongs to another node: ${why}`, allow: 'foreign-tag' });
  }
  const strangers = [...(await strangeVolumes(at, group)), ...(await strangeDevices(at, group))];
  return [...found, ...strangers.map((text): Blocker => ({ text, allow: 'overwrite-data' }))];
}

/** Volumes that no resource of the service has made. */
async function strangeVolumes(at: Observe<GroupKeywords>, group: VolumeGroup): Promise<readonly string[]> {
  const known = at.resources
    .filter(({ type, config }) => type === 'vg.lv' && config['vg'] === group.name)
    .map(({ config }) => config['name']);
  const names = (await logicalVolumes(at.local, group)).map((volume) => volume.name).filter((name) => !known.includes(name));
  return names.length === 0 ? [] : [`${group.name} holds volumes that no resource of the service names: ${names.join(', ')}`];
}

/** A group of the same name on other devices is somebody else's. */
async function strangeDevices(at: Observe<GroupKeywords>, group: VolumeGroup): Promise<readonly string[]> {
  const { pvs } = at.config;
  if (pvs === undefined) return [];
  const own = await Promise.all(pvs.map((pv) => findDevice(at.local, pv)));
  const numbers = own.flatMap((device) => device.numbers);
  const others: string[] = [];
  for (const path of presentDevices(group)) {
    const device = await findDevice(at.local, path);
    if (!device.numbers.some((number) => numbers.includes(number))) others.push(path);
  }
  return others.length === 0 ? [] : [`${group.name} stands on ${others.join(', ')}, which pvs does not name`];
}

export async function provisionGroup(at: Act<GroupKeywords>): Promise<void> {
  const { name, pvs = [], options = [] } = at.config;
  if (await isGroupProvisioned(at)) {
    at.log.info(`${name} exists already`);
    return;
  }
  mustBeAllowed(at, await provisionRefusals(at));
  const paths: string[] = [];
  for (const pv of pvs) paths.push(await makeVolume(at, await findDevice(at.local, pv)));
  await at.local.change(['vgcreate', ...options, name, ...paths], { env: lvmEnv });
}

/** @returns the path of the device, which is a physical volume now */
async function makeVolume(at: Act<GroupKeywords>, device: Device): Promise<string> {
  const path = device.path ?? device.wanted;
  if (device.numbers.length === 0) {
    // In a dry-run it may be one that a provision before would have made.
    if (!at.dryRun) throw new SvcError('REFUSED', `${device.wanted} is not there`);
    await at.local.change(['pvcreate', '-f', path], { env: lvmEnv });
    return path;
  }
  const uses = await usesOfDevice(at.local, device);
  if (uses.length > 0) throw new SvcError('REFUSED', `${device.wanted} is in use: ${uses.join(', ')}`);
  const signatures = (await readSignatures(at.local, path)).map(({ type }) => type);
  if (signatures.length > 0 && signatures.every((type) => type === member)) return path;
  if (signatures.length > 0) await at.local.change(wipeArgv(path));
  await at.local.change(['pvcreate', '-f', path], { env: lvmEnv });
  return path;
}

/** The engine has stopped it before. The devices lose their labels too, so that nothing finds them as members of nothing. */
export async function unprovisionGroup(at: Act<GroupKeywords>): Promise<void> {
  const group = await findGroup(at.local, at.config.name);
  if (group !== undefined) {
    mustBeAllowed(at, await unprovisionRefusals(at));
    await at.local.change(['vgremove', '-ff', group.name], { env: lvmEnv });
  }
  const paths = group === undefined ? await freeVolumes(at) : presentDevices(group);
  for (const path of paths) await at.local.change(['pvremove', path], { env: lvmEnv });
}

/** Devices of `pvs` that belong to no group: what an interrupted unprovision, or provision, left. */
async function freeVolumes(at: Act<GroupKeywords>): Promise<readonly string[]> {
  const free: string[] = [];
  for (const pv of at.config.pvs ?? []) {
    const device = await findDevice(at.local, pv);
    if (device.path === undefined || device.numbers.length === 0) continue;
    const types = (await readSignatures(at.local, device.path)).map(({ type }) => type);
    const isMember = types.length > 0 && types.every((type) => type === member);
    if (isMember && (await groupOfDevice(at.local, device)) === undefined) free.push(device.path);
  }
  return free;
}
