/** LVM of a simulated node: the reports and changes that the drivers use, refusing what LVM 2.03 refuses. */
import { lvmUuid } from './files.ts';
import type { GroupState, LogicalState, Machine, MappedState } from './machine.ts';
import { isBusy } from './mapper.ts';
import { failed, fine, parseWords, type Program, type Said } from './program.ts';

const member = 'LVM2_member';

export function lvmPrograms(machine: Machine): Readonly<Record<string, Program>> {
  return {
    pvs: pvs(machine),
    lvs: lvs(machine),
    vgchange: vgchange(machine),
    lvchange: lvchange(machine),
    pvscan: () => fine(),
    pvcreate: pvcreate(machine),
    pvremove: pvremove(machine),
    vgcreate: vgcreate(machine),
    vgremove: vgremove(machine),
    lvcreate: lvcreate(machine),
    lvremove: lvremove(machine),
    wipefs: wipefs(machine),
  };
}

let counter = 0;

/** `cwnIkj-2DV0-SuzE-oWns-dqbn-d2DR-HCsaW3` */
export function makeUuid(): string {
  counter += 1;
  const text = `x${counter.toString(36)}`.padStart(32, '0');
  return [6, 10, 14, 18, 22, 26].reduceRight((uuid, at) => `${uuid.slice(0, at)}-${uuid.slice(at)}`, text);
}

export function makeVolume(name: string, more: Partial<LogicalState> = {}): LogicalState {
  return { name, uuid: makeUuid(), skip: false, partitions: [], ...more };
}

export function mappedOf({ mapped }: Machine, group: GroupState, volume: LogicalState): MappedState | undefined {
  return mapped.find((one) => one.uuid === lvmUuid(group.uuid, volume.uuid));
}

function report(kind: string, rows: readonly Readonly<Record<string, string>>[], fields: readonly string[]): Said {
  const picked = rows.map((row) => Object.fromEntries(fields.map((field) => [field, row[field] ?? ''])));
  return fine(`${JSON.stringify({ report: [{ [kind]: picked }] }, undefined, 2)}\n`);
}

function parseReport(
  words: readonly string[],
): { readonly fields: readonly string[]; readonly selects: (group: string) => boolean } | undefined {
  const { values, rest, unknown } = parseWords(words, { flags: ['--all'], values: ['-o', '-S', '--reportformat'] });
  const [, operator, name] = /^vg_name(=|!=)"([^"]*)"$/.exec(values.get('-S') ?? '') ?? [];
  if (unknown.length > 0 || rest.length > 0 || values.get('--reportformat') !== 'json' || name === undefined) return undefined;
  return { fields: (values.get('-o') ?? '').split(','), selects: (group) => (group === name) === (operator === '=') };
}

function pvs(machine: Machine): Program {
  return ({ words }) => {
    const asked = parseReport(words);
    if (asked === undefined) return failed(3, 'Error during parsing of command line.');
    const rows = machine.san.groups.filter(({ name }) => asked.selects(name)).flatMap((group) => rowsOf(machine, group));
    return report('pv', rows, asked.fields);
  };
}

function rowsOf(machine: Machine, group: GroupState): readonly Readonly<Record<string, string>>[] {
  const devices = group.disks.map((wwid) => machine.deviceOf(wwid)?.path);
  if (devices.every((device) => device === undefined)) return [];
  return devices.map((device) => ({
    vg_name: group.name,
    vg_uuid: group.uuid,
    vg_tags: group.tags.join(','),
    vg_exported: group.exported ? 'exported' : '',
    vg_missing_pv_count: String(devices.filter((one) => one === undefined).length),
    lv_count: String(group.volumes.length),
    pv_name: device ?? '[unknown]',
    pv_missing: device === undefined ? 'missing' : '',
  }));
}

function lvs(machine: Machine): Program {
  return ({ words }) => {
    const asked = parseReport(words);
    if (asked === undefined) return failed(3, 'Error during parsing of command line.');
    const rows = machine.san.groups
      .filter(({ name }) => asked.selects(name))
      .flatMap((group) => group.volumes.map((volume) => volumeRow(group, volume, mappedOf(machine, group, volume))));
    return report('lv', rows, asked.fields);
  };
}

function volumeRow(group: GroupState, volume: LogicalState, mapped: MappedState | undefined): Readonly<Record<string, string>> {
  const [major = '-1', minor = '-1'] = mapped?.number.split(':') ?? [];
  const known = (yes: boolean, word: string): string => (mapped === undefined ? 'unknown' : yes ? word : '');
  return {
    vg_name: group.name,
    lv_name: volume.name,
    lv_active: mapped === undefined ? '' : 'active',
    lv_skip_activation: volume.skip ? 'skip activation' : '',
    lv_kernel_major: major,
    lv_kernel_minor: minor,
    lv_device_open: known(mapped?.open ?? false, 'open'),
    lv_suspended: known(mapped?.suspended ?? false, 'suspended'),
  };
}

/** A group by its name, when enough of its disks is there to change it. */
function findGroup({ san, deviceOf }: Machine, name: string): GroupState | undefined {
  return san.groups.find((group) => group.name === name && group.disks.some((wwid) => deviceOf(wwid) !== undefined));
}

const changed = (name: string): Said => fine(`  Volume group "${name}" successfully changed\n`);
const noGroup = (name: string): Said => failed(5, `  Volume group "${name}" not found\n  Cannot process volume group ${name}`);

function vgchange(machine: Machine): Program {
  return ({ words }) => {
    const { values, rest, unknown } = parseWords(words, { flags: [], values: ['-a', '--addtag', '--deltag'] });
    const [name = ''] = rest;
    const group = findGroup(machine, name);
    if (unknown.length > 0 || values.size !== 1 || rest.length !== 1) return failed(3, '  Error during parsing of command line.');
    if (group === undefined) return noGroup(name);
    const isPartial = group.disks.some((wwid) => machine.deviceOf(wwid) === undefined);
    if (group.exported) return failed(5, `  Volume group ${name} is exported`);
    const tag = (values.get('--addtag') ?? values.get('--deltag'))?.replace(/^@/, '');
    if (tag !== undefined && isPartial) return failed(5, `  Cannot change VG ${name} while PVs are missing.`);
    if (tag !== undefined) {
      group.tags = [...group.tags.filter((one) => one !== tag), ...(values.has('--addtag') ? [tag] : [])].sort();
      return changed(name);
    }
    return values.get('-a') === 'y' ? activateAll(machine, group) : deactivateAll(machine, group);
  };
}

function counted(machine: Machine, group: GroupState, failures: readonly string[]): Said {
  const count = group.volumes.filter((volume) => mappedOf(machine, group, volume) !== undefined).length;
  const stdout = `  ${count} logical volume(s) in volume group "${group.name}" now active\n`;
  return failures.length === 0 ? fine(stdout) : { exitCode: 5, stdout, stderr: `${failures.join('\n')}\n` };
}

function activateAll(machine: Machine, group: GroupState): Said {
  const wanted = group.volumes.filter(({ skip }) => !skip);
  for (const volume of wanted.filter(({ stuck }) => stuck !== true)) activateOne(machine, group, volume);
  const stuck = wanted
    .filter((volume) => volume.stuck === true)
    .map(({ name }) => `  device-mapper: reload ioctl on ${name} failed: Invalid argument`);
  return counted(machine, group, stuck);
}

function activateOne(machine: Machine, group: GroupState, volume: LogicalState): void {
  if (mappedOf(machine, group, volume) !== undefined) return;
  const slaves = group.disks.flatMap((wwid) => machine.deviceOf(wwid)?.kernel ?? []);
  const name = `${group.name.replaceAll('-', '--')}-${volume.name.replaceAll('-', '--')}`;
  machine.addMapped({ name, uuid: lvmUuid(group.uuid, volume.uuid), slaves });
}

function deactivateAll(machine: Machine, group: GroupState): Said {
  return counted(
    machine,
    group,
    group.volumes.flatMap((volume) => deactivateOne(machine, group, volume)),
  );
}

/** @returns why it stays active */
function deactivateOne(machine: Machine, group: GroupState, volume: LogicalState): readonly string[] {
  const mapped = mappedOf(machine, group, volume);
  if (mapped === undefined) return [];
  if (isBusy(machine, mapped)) return [`  Logical volume ${group.name}/${volume.name} in use.`];
  machine.removeMapped(mapped.name);
  return [];
}

function findVolume(machine: Machine, full: string): { group: GroupState; volume: LogicalState } | undefined {
  const [groupName = '', name = ''] = full.split('/');
  const group = findGroup(machine, groupName);
  const volume = group?.volumes.find((one) => one.name === name);
  return group === undefined || volume === undefined ? undefined : { group, volume };
}

function lvchange(machine: Machine): Program {
  return ({ words: [option, value, full = ''] }) => {
    const found = findVolume(machine, full);
    if (option !== '-a' || found === undefined) return failed(5, `  Failed to find logical volume "${full}"`);
    if (value === 'y') {
      activateOne(machine, found.group, found.volume);
      return fine();
    }
    const why = deactivateOne(machine, found.group, found.volume);
    return why.length === 0 ? fine() : failed(5, why.join('\n'));
  };
}

function pvcreate(machine: Machine): Program {
  return ({ words }) => {
    const device = words.at(-1) ?? '';
    const [path] = machine.pathsOf(device);
    if (path === undefined) return failed(5, `  No device found for ${device}.`);
    const owner = machine.san.groups.find(({ disks }) => disks.includes(path.lun.wwid));
    if (owner !== undefined) return failed(5, `  Can't initialize physical volume "${device}" of volume group "${owner.name}" without -ff`);
    path.lun.signatures = [member];
    return fine(`  Physical volume "${device}" successfully created.\n`);
  };
}

function pvremove(machine: Machine): Program {
  return ({ words: [device = ''] }) => {
    const [path] = machine.pathsOf(device);
    if (path === undefined || !path.lun.signatures.includes(member)) return failed(5, `  No PV found on device ${device}.`);
    if (machine.san.groups.some(({ disks }) => disks.includes(path.lun.wwid)))
      return failed(5, `  PV ${device} is used by a VG so please use vgreduce first.`);
    path.lun.signatures = [];
    return fine(`  Labels on physical volume "${device}" successfully wiped.\n`);
  };
}

function vgcreate(machine: Machine): Program {
  return ({ words }) => {
    const { rest } = parseWords(words, { flags: [], values: ['--physicalextentsize'] });
    const [name = '', ...devices] = rest;
    if (machine.san.groups.some((group) => group.name === name)) return failed(5, `  A volume group called ${name} already exists.`);
    const luns = devices.map((device) => machine.pathsOf(device)[0]?.lun);
    if (luns.some((lun) => !lun?.signatures.includes(member))) return failed(5, '  Not a physical volume.');
    machine.san.groups.push({
      name,
      uuid: makeUuid(),
      tags: [],
      exported: false,
      disks: luns.flatMap((lun) => lun?.wwid ?? []),
      volumes: [],
    });
    return fine(`  Volume group "${name}" successfully created\n`);
  };
}

function vgremove(machine: Machine): Program {
  return ({ words }) => {
    const name = words.at(-1) ?? '';
    const group = findGroup(machine, name);
    if (group === undefined) return noGroup(name);
    if (group.volumes.some((volume) => mappedOf(machine, group, volume)?.open)) return failed(5, '  Logical volume in use.');
    for (const volume of group.volumes) deactivateOne(machine, group, volume);
    machine.san.groups.splice(machine.san.groups.indexOf(group), 1);
    return fine(`  Volume group "${name}" successfully removed\n`);
  };
}

function lvcreate(machine: Machine): Program {
  return ({ words }) => {
    const { values, rest, unknown } = parseWords(words, { flags: ['--yes'], values: ['-n', '-L', '-l'] });
    const group = findGroup(machine, rest[0] ?? '');
    const name = values.get('-n');
    if (group === undefined) return noGroup(rest[0] ?? '');
    if (name === undefined || unknown.length > 0 || (!values.has('-L') && !values.has('-l')))
      return failed(3, '  Please specify either size or extents');
    if (group.volumes.some((volume) => volume.name === name))
      return failed(5, `  Logical Volume "${name}" already exists in volume group "${group.name}"`);
    const volume = makeVolume(name);
    group.volumes.push(volume);
    activateOne(machine, group, volume);
    return fine(`  Logical volume "${name}" created.\n`);
  };
}

function lvremove(machine: Machine): Program {
  return ({ words }) => {
    const found = findVolume(machine, words.at(-1) ?? '');
    if (found === undefined) return failed(5, '  Failed to find logical volume');
    const why = deactivateOne(machine, found.group, found.volume);
    if (why.length > 0) return failed(5, why.join('\n'));
    found.group.volumes.splice(found.group.volumes.indexOf(found.volume), 1);
    return fine(`  Logical volume "${found.volume.name}" successfully removed\n`);
  };
}

function wipefs(machine: Machine): Program {
  return ({ words }) => {
    const [path] = machine.pathsOf(words.at(-1) ?? '');
    if (path === undefined) return failed(1, 'wipefs: probing initialization failed: No such file or directory');
    if (words.includes('--all')) path.lun.signatures = [];
    return fine(
      `${JSON.stringify({ signatures: path.lun.signatures.map((type) => ({ type, offset: '0x218', uuid: null, label: null })) })}\n`,
    );
  };
}
