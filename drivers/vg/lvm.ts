import { type Act, type Blocker, defineDriver, type Note, type Observe, type Report } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { codeOf } from '../lib/error-code.ts';
import { foreignTags, hasOwnTag, isGuarded, mustBeAllowed, whyOwned } from '../lib/group-owner.ts';
import { isGroupProvisioned, provisionGroup, provisionRefusals, unprovisionGroup, unprovisionRefusals } from '../lib/group-provision.ts';
import {
  findGroup,
  type LogicalVolume,
  logicalVolumes,
  lvmEnv,
  lvmReads,
  missingText,
  presentDevices,
  sharedGroup,
  type VolumeGroup,
  volumePath,
} from '../lib/lvm.ts';
import { impliedReservation, reservationKeywords } from '../lib/reservation-keywords.ts';
import { findLuns } from '../lib/scsi-luns.ts';
import { signatureReads } from '../lib/signatures.ts';
import { includesStart } from '../lib/verbs.ts';
import { activate, activeNames, clearVolumes, deactivate, leftActive } from '../lib/volume-stack.ts';
import { mapperReads } from '../lib/device-mapper.ts';
import { makeWritable } from '../lib/writable.ts';

const keywords = {
  name: { kind: 'string', required: true, alias: ['vgname'], text: 'Name of the volume group.', example: 'vg_svc1' },
  pvs: { kind: 'list', text: 'Devices that provision makes the group of.', example: '/dev/mapper/mpatha' },
  options: { kind: 'argv', text: 'Further arguments that provision gives to vgcreate.', example: '--physicalextentsize 16m' },
  ...reservationKeywords,
} as const satisfies Keywords;

type At = Observe<typeof keywords>;
type Acting = Act<typeof keywords>;

interface Seen {
  readonly group: VolumeGroup;
  /** Those that are active whenever the group is. */
  readonly volumes: readonly LogicalVolume[];
  readonly active: number;
}

/** Undefined when there is no such group here. */
async function look(at: At): Promise<Seen | undefined> {
  const found = await sharedGroup(at, at.config.name);
  if (found === undefined) return undefined;
  const { group, volumes: all } = found;
  const volumes = all.filter((volume) => volume.active || !volume.skipped);
  return { group, volumes, active: all.filter((volume) => volume.active).length };
}

async function status(at: At): Promise<Report> {
  const { name } = at.config;
  const seen = await look(at);
  if (seen === undefined) return { state: 'down', notes: [{ level: 'info', text: `there is no volume group ${name} here` }] };
  const { group, volumes, active } = seen;
  mustBeTold(group);
  const facts = { tags: group.tags.join(' '), volumes: volumes.length, active, missing: group.volumes.filter((one) => one.missing).length };
  const owned = hasOwnTag(group.tags, at.node);
  const isUp = volumes.length === 0 ? owned : active > 0;
  const notes = [...storageNotes(group), ...(isUp ? runningNotes(at, seen, owned) : restingNotes(at, group, owned))];
  if (!isUp) return { state: 'down', notes, facts };
  return { state: notes.some((note) => note.level !== 'info') ? 'warn' : 'up', notes, facts };
}

/** Which of two devices LVM works with may change with each command: nothing it says of such a group can be relied on. */
function mustBeTold({ name, duplicates }: VolumeGroup): void {
  if (duplicates.length === 0) return;
  throw new SvcError('COMMAND', `a physical volume of ${name} is there twice, also as ${duplicates.join(', ')}: LVM may work with either`, {
    hint: 'a clone or a path outside multipath: hide it from LVM (devices file or filter), or give it a new identity (vgimportclone)',
  });
}

function storageNotes(group: VolumeGroup): readonly Note[] {
  const missing = missingText(group);
  return [
    ...(missing === undefined ? [] : [{ level: 'warn', text: missing } as const]),
    ...(group.exported ? [{ level: 'warn', text: `${group.name} is exported`, mend: `vgimport ${group.name}` } as const] : []),
  ];
}

function runningNotes(at: At, { group, volumes, active }: Seen, owned: boolean): readonly Note[] {
  const mend = `svcmgr -s ${at.service} start --rid ${at.rid}`;
  const notes: Note[] = foreignTags(group.tags, at.node).map((tag) => ({
    level: 'error',
    text: `it is active here and carries the tag of another node: ${tag}`,
  }));
  if (active < volumes.length) {
    const off = volumes.filter((volume) => !volume.active).map((volume) => volume.name);
    notes.push({ level: 'warn', text: `${off.length} of ${volumes.length} volumes are not active: ${off.join(', ')}`, mend });
  }
  if (!owned) notes.push({ level: 'warn', text: `it is active without the tag of this node (${at.node})`, mend });
  for (const { name } of volumes.filter((volume) => volume.suspended))
    notes.push({ level: 'error', text: `${name} is suspended: whoever uses it waits` });
  return notes;
}

function restingNotes(at: At, group: VolumeGroup, owned: boolean): readonly Note[] {
  const notes: Note[] = foreignTags(group.tags, at.node).map((tag) => ({ level: 'info', text: `tagged ${tag}` }));
  if (owned) notes.push({ level: 'info', text: 'it carries the tag of this node, though nothing of it is active' });
  return notes;
}

async function blockers(at: At, verb: string): Promise<readonly Blocker[]> {
  if (verb === 'unprovision') return unprovisionRefusals(at);
  if (!includesStart(verb)) return [];
  const group = await findGroup(at.local, at.config.name);
  if (group === undefined && verb === 'provision') return provisionRefusals(at);
  if (group === undefined) return mayAppear(at) ? [] : [{ text: absentText(at) }];
  return startBlockers(at, group, isGuarded(at));
}

async function startBlockers(at: At, group: VolumeGroup, isGuardedNow: boolean): Promise<readonly Blocker[]> {
  mustBeTold(group);
  const found: Blocker[] = [];
  if (group.exported) found.push({ text: `${group.name} is exported`, mend: `vgimport ${group.name}` });
  const missing = missingText(group);
  if (missing !== undefined) found.push({ text: missing, allow: 'degraded' });
  for (const tag of isGuardedNow ? [] : foreignTags(group.tags, at.node)) {
    const why = await whyOwned(at, tag);
    if (why !== undefined) found.push({ text: `${group.name} belongs to another node: ${why}`, allow: 'foreign-tag' });
  }
  return found;
}

function absentText({ config: { name } }: At): string {
  return `there is no volume group ${name} (with a devices file it must be in it: vgimportdevices ${name})`;
}

/** What starts before this one may bring its devices: another group, a loop device, an array whose roles change. */
function mayAppear(at: At): boolean {
  const isBefore = ({ rid, type }: { rid: string; type: string }): boolean =>
    rid !== at.rid && rid !== `${at.rid}pr` && (type.startsWith('vg.') || type.startsWith('sync.'));
  return at.resources.some((view) => isBefore(view) && view.report?.state !== 'up');
}

async function start(at: Acting): Promise<void> {
  const group = await appeared(at);
  // In a dry-run it may be one that a provision or the start of something else would have brought.
  if (group === undefined) return planAbsent(at);
  mustBeAllowed(at, await startBlockers(at, group, false));
  if (at.config.promote_rw) await makeWritable(at, await findLuns(at.local, presentDevices(group)));
  for (const tag of foreignTags(group.tags, at.node)) await at.local.change(tagArgv('--deltag', tag, group.name), { env: lvmEnv });
  if (!hasOwnTag(group.tags, at.node)) await at.local.change(tagArgv('--addtag', at.node, group.name), { env: lvmEnv });
  const volumes = (await logicalVolumes(at.local, group)).filter((volume) => !volume.skipped);
  if (volumes.length === 0 ? hasOwnTag(group.tags, at.node) : volumes.every((volume) => volume.active)) {
    at.log.info(`${group.name} is already up`);
    return;
  }
  await activateGroup(at, group);
}

/** What has a missing disk below it stays down; that was allowed, or there is none. */
async function activateGroup(at: Acting, { name, logicalCount }: Pick<VolumeGroup, 'name' | 'logicalCount'>): Promise<void> {
  const missing = async (): Promise<readonly string[]> => {
    const volumes = await logicalVolumes(at.local, { name, logicalCount });
    const off = volumes.filter((volume) => !volume.active && !volume.skipped).map((volume) => volume.name);
    return at.allows('degraded') && off.length < volumes.length ? [] : off;
  };
  await activate(at, ['vgchange', '-a', 'y', name], missing);
}

async function planAbsent(at: Acting): Promise<void> {
  await at.local.change(tagArgv('--addtag', at.node, at.config.name), { env: lvmEnv });
  await activateGroup(at, { name: at.config.name, logicalCount: 0 });
}

/** The names of the seed's log: the `@` says "tag" to the command and is not stored. */
function tagArgv(option: '--addtag' | '--deltag', tag: string, group: string): readonly [string, ...string[]] {
  return ['vgchange', option, tag.startsWith('@') ? tag : `@${tag}`, group];
}

/** A disk that was just attached or promoted is made known to LVM first. */
async function appeared(at: Acting): Promise<VolumeGroup | undefined> {
  const find = (): Promise<VolumeGroup | undefined> => findGroup(at.local, at.config.name);
  const found = await find();
  if (found !== undefined) return found;
  if (at.dryRun) return undefined;
  await at.local.change(['pvscan', '--cache'], { env: lvmEnv, okCodes: [0, 5] });
  try {
    return await at.poll(find, { timeoutMs: 10_000, intervalMs: 500, what: `the volume group ${at.config.name}` });
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error;
    throw new SvcError('REFUSED', absentText(at), { cause: error });
  }
}

/** The tag stays until the last volume is down: whoever sees it knows that data may still be written here (order of V2). */
async function stop(at: Acting): Promise<void> {
  const seen = await look(at);
  if (seen === undefined || (seen.active === 0 && !hasOwnTag(seen.group.tags, at.node))) {
    at.log.info(`${at.config.name} is already down`);
    return;
  }
  const { group } = seen;
  const active = leftActive(at, group, seen.volumes);
  if (active.length > 0) {
    await clearVolumes(at, group, active);
    await deactivate(at, ['vgchange', '-a', 'n', group.name], async () => activeNames(await logicalVolumes(at.local, group)));
  }
  for (const tag of group.tags.filter((one) => hasOwnTag([one], at.node))) {
    await at.local.change(tagArgv('--deltag', tag, group.name), { env: lvmEnv });
  }
}

/** Nothing of it is active, so its tag here only keeps other nodes away. */
async function clear(at: Acting): Promise<void> {
  const seen = await look(at);
  if (seen?.active === 0 && hasOwnTag(seen.group.tags, at.node)) await stop(at);
}

async function devices(at: At): Promise<{ uses: readonly string[]; gives: readonly string[] }> {
  const { name, pvs = [] } = at.config;
  const found = await sharedGroup(at, name);
  if (found === undefined) return { uses: pvs, gives: [] };
  return { uses: presentDevices(found.group), gives: found.volumes.map((volume) => volumePath(name, volume.name)) };
}

export default defineDriver({
  summary: 'An LVM volume group, active on one node: the one whose name it carries as its tag.',
  needs: ['vgchange', 'kpartx'],
  provisionNeeds: ['pvcreate', 'vgcreate', 'vgremove', 'pvremove', 'wipefs'],
  keywords,
  reads: () => [...lvmReads, ...mapperReads, ...signatureReads],
  label: (config) => config.name,
  implies: (config, rid) => impliedReservation(rid, config),
  devices,
  status,
  blockers,
  start,
  stop,
  clear,
  provision: provisionGroup,
  provisioned: isGroupProvisioned,
  unprovision: unprovisionGroup,
});
