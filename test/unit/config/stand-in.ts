/** What tests of the configuration need instead of the registry: a catalog of small keyword tables, and an environment. */
import type { DriverCatalog } from '../../../agent/config/definition.ts';
import { type IniDocument, parseDocument } from '../../../agent/config/document.ts';
import type { ServiceEnvironment } from '../../../agent/config/scene.ts';
import type { Keywords } from '../../../agent/driver/keywords.ts';

const mountable = {
  dev: { kind: 'string', required: true, text: 'Device to mount.', example: '/dev/vg/lv' },
  mnt: { kind: 'path', required: true, text: 'Mount point.', example: '/srv/data' },
  mnt_opt: { kind: 'string', default: 'defaults', text: 'Mount options.' },
  size: { kind: 'size', text: 'Size made by provision.' },
  user: { kind: 'string', text: 'Owner.' },
  perm: { kind: 'string', text: 'Permissions.' },
  stat_timeout: { kind: 'duration', default: '5s', text: 'Longest stat.' },
} as const satisfies Keywords;

const folder = {
  path: { kind: 'path', required: true, text: 'The folder.', example: '/srv/data' },
  user: { kind: 'string', text: 'Owner.' },
  group: { kind: 'string', text: 'Group.' },
  perm: { kind: 'string', text: 'Permissions.' },
} as const satisfies Keywords;

const application = {
  start: { kind: 'argv', text: 'Start command.', example: '/usr/bin/app' },
  stop: { kind: 'argv', text: 'Stop command.' },
  check: { kind: 'argv', text: 'Check command.' },
  info: { kind: 'string', text: 'Information command.' },
  timeout: { kind: 'duration', text: 'Longest command.' },
  environment: { kind: 'argv', text: 'Variables.' },
} as const satisfies Keywords;

/** The keyword tables of the stand-in drivers, by id. */
export const standInDrivers: Readonly<Record<string, Keywords>> = {
  'vg.lvm': {
    name: { kind: 'string', required: true, alias: ['vgname'], text: 'Name of the volume group.', example: 'vg1' },
    pvs: { kind: 'list', text: 'Disks.' },
  },
  'vg.loop': { file: { kind: 'path', required: true, text: 'Image file.' } },
  'vg.lv': { name: { kind: 'string', required: true, text: 'Name of the logical volume.' } },
  'vg.raw': { devs: { kind: 'list', required: true, text: 'Devices.' } },
  'fs.ext4': mountable,
  'fs.xfs': mountable,
  'fs.directory': folder,
  'fs.flag': {},
  'ip.host': {
    ipname: { kind: 'address', required: true, alias: ['name'], text: 'Address.' },
    ipdev: { kind: 'string', required: true, alias: ['dev'], text: 'Interface.' },
  },
  'container.lxc': {
    name: { kind: 'string', required: true, text: 'Name of the container.' },
    start_timeout: { kind: 'duration', default: '4m', text: 'Longest boot.' },
  },
  'app.simple': application,
  'app.forking': {
    ...application,
    script: { kind: 'string', text: 'Start script.' },
    launcher: { kind: 'string', replacedBy: 'script', text: 'Old name of script.' },
  },
  'task.host': {
    command: { kind: 'argv', required: true, text: 'Command to run.' },
    schedule: { kind: 'schedule', inherits: 'run_schedule', text: 'When to run.' },
    password: { kind: 'secret', text: 'Password given to the command.' },
  },
  'sync.rsync': {
    src: { kind: 'list', required: true, text: 'Sources.' },
    dst: { kind: 'string', required: true, text: 'Destination.' },
    target: { kind: 'list', required: true, choices: ['nodes', 'drpnodes'], text: 'Which nodes.' },
    schedule: { kind: 'schedule', inherits: 'sync_schedule', text: 'When to copy.' },
    sync_max_delay: { kind: 'duration', unit: 'm', default: '1d', text: 'Oldest copy that is fine.' },
  },
  'sync.hp3par': {
    array: { kind: 'string', required: true, text: 'Array.' },
    rcg: { kind: 'string', required: true, text: 'Remote copy group.' },
    mode: { kind: 'enum', choices: ['sync', 'async'], required: true, text: 'Mode.' },
    sync_max_delay: { kind: 'duration', unit: 'm', default: '25', text: 'Oldest copy that is fine.' },
  },
};

export const standInCatalog: DriverCatalog = {
  types: (group) =>
    Object.keys(standInDrivers)
      .filter((id) => id.startsWith(`${group}.`))
      .map((id) => id.slice(group.length + 1))
      .sort(),
  card: (id) => {
    const keywords = Object.hasOwn(standInDrivers, id) ? standInDrivers[id] : undefined;
    return keywords === undefined ? undefined : { id, keywords, abilities: ['start', 'stop'] };
  },
};

export function environment(change: Partial<ServiceEnvironment> = {}): ServiceEnvironment {
  return { name: 'svc1', node: 'n1', catalog: standInCatalog, fileMode: 0o600, ...change };
}

/** A document from `{ section: { key: value } }`, as the vectors write it. */
export function documentOf(config: Readonly<Record<string, Readonly<Record<string, string>>>>): IniDocument {
  const sections = Object.entries(config).map(([name, keys]) => {
    const lines = Object.entries(keys).map(([key, value]) => (value === '' ? `${key} =` : `${key} = ${value}`));
    return [`[${name}]`, ...lines].join('\n');
  });
  return parseDocument(`${sections.join('\n\n')}\n`, 'svc1.conf');
}
