/** The /dev and /sys of a simulated node, made anew of its state for each look. */
import type { FileStat } from '../../../agent/driver/contract.ts';
import type { Machine, MappedState } from './machine.ts';
import type { PathState } from './sg-persist.ts';

export type Entry = { readonly text: string } | { readonly link: string } | { readonly number: string };

/** d8:9d:67:2d:1d:7d, the card of the HP 3PAR document: its key is 0x238170552475005. */
const macs: Readonly<Record<string, string>> = { node1: 'd8:9d:67:2d:1d:7d', node2: 'd8:9d:67:1e:0f:37' };

export function treeOf(machine: Machine): ReadonlyMap<string, Entry> {
  const tree = new Map<string, Entry>([...machine.files].map(([path, text]) => [path, { text }]));
  const card = '/sys/devices/pci/net/eth0';
  tree.set(`${card}/address`, { text: `${macs[machine.node] ?? '52:54:00:00:00:01'}\n` });
  tree.set(`${card}/device`, { link: '/sys/devices/pci' });
  tree.set('/sys/class/net/eth0', { link: card });
  tree.set('/sys/class/net/lo/address', { text: '00:00:00:00:00:00\n' });
  for (const path of machine.paths.filter(({ dead }) => !dead)) addPath(tree, machine, path);
  for (const one of machine.mapped) addMapped(tree, machine, one);
  return tree;
}

function addPath(tree: Map<string, Entry>, machine: Machine, { name, number, address, lun, readOnly }: PathState): void {
  const device = `/sys/devices/pci/host${address.split(':')[0]}/${address}`;
  const folder = `${device}/block/${name}`;
  tree.set(`/dev/${name}`, { number });
  addBlock(tree, folder, { name, number, readOnly });
  addHolders(tree, machine, folder, name);
  tree.set(`${folder}/device`, { link: device });
  for (const field of ['vendor', 'model', 'wwid'] as const) tree.set(`${device}/${field}`, { text: `${lun[field].padEnd(8)}\n` });
  tree.set(`${device}/rescan`, { text: '' });
}

function addMapped(tree: Map<string, Entry>, machine: Machine, one: MappedState): void {
  const { kernel, number, name, uuid, slaves, readOnly } = one;
  const folder = `/sys/devices/virtual/block/${kernel}`;
  tree.set(`/dev/${kernel}`, { number });
  tree.set(`/dev/mapper/${name}`, { link: `../${kernel}` });
  const volume = volumeOf(machine, one);
  if (volume !== undefined) tree.set(volume, { link: `../${kernel}` });
  addBlock(tree, folder, { name: kernel, number, readOnly });
  addHolders(tree, machine, folder, kernel);
  tree.set(`${folder}/dm/name`, { text: `${name}\n` });
  tree.set(`${folder}/dm/uuid`, { text: `${uuid}\n` });
  for (const slave of slaves) tree.set(`${folder}/slaves/${slave}`, { link: `/sys/class/block/${slave}` });
}

/** `/dev/vg/lv` of an active volume. */
function volumeOf({ san }: Machine, { uuid }: MappedState): string | undefined {
  for (const group of san.groups) {
    const volume = group.volumes.find((one) => uuid === lvmUuid(group.uuid, one.uuid));
    if (volume !== undefined) return `/dev/${group.name}/${volume.name}`;
  }
  return undefined;
}

export function lvmUuid(group: string, volume: string): string {
  return `LVM-${`${group}${volume}`.replaceAll('-', '')}`;
}

function addBlock(tree: Map<string, Entry>, folder: string, block: { name: string; number: string; readOnly: boolean }): void {
  tree.set(`${folder}/dev`, { text: `${block.number}\n` });
  tree.set(`${folder}/ro`, { text: block.readOnly ? '1\n' : '0\n' });
  for (const link of [`/sys/block/${block.name}`, `/sys/class/block/${block.name}`, `/sys/dev/block/${block.number}`])
    tree.set(link, { link: folder });
}

function addHolders(tree: Map<string, Entry>, { mapped }: Machine, folder: string, name: string): void {
  for (const holder of mapped.filter(({ slaves }) => slaves.includes(name))) {
    tree.set(`${folder}/holders/${holder.kernel}`, { link: `/sys/class/block/${holder.kernel}` });
  }
}

/** The path with every link resolved; undefined when it is neither an entry nor above one. */
export function resolveIn(tree: ReadonlyMap<string, Entry>, path: string): string | undefined {
  let done = '';
  const left = path.split('/').filter((part) => part !== '');
  for (let steps = 0; left.length > 0; steps++) {
    if (steps > 100) return undefined;
    const part = left.shift() ?? '';
    if (part === '..') done = done.slice(0, done.lastIndexOf('/'));
    else {
      const entry = tree.get(`${done}/${part}`);
      if (entry !== undefined && 'link' in entry) {
        left.unshift(...entry.link.split('/').filter((one) => one !== ''));
        if (entry.link.startsWith('/')) done = '';
      } else done = `${done}/${part}`;
    }
  }
  return tree.has(done) || isFolder(tree, done) ? done : undefined;
}

function isFolder(tree: ReadonlyMap<string, Entry>, path: string): boolean {
  return [...tree.keys()].some((known) => known.startsWith(`${path}/`));
}

export function readIn(tree: ReadonlyMap<string, Entry>, path: string): string | undefined {
  const entry = tree.get(resolveIn(tree, path) ?? '');
  return entry !== undefined && 'text' in entry ? entry.text : undefined;
}

export function listIn(tree: ReadonlyMap<string, Entry>, path: string): readonly string[] {
  const folder = resolveIn(tree, path);
  if (folder === undefined) return [];
  const below = [...tree.keys()].filter((known) => known.startsWith(`${folder}/`));
  return [...new Set(below.map((known) => known.slice(folder.length + 1).split('/')[0] ?? ''))].sort();
}

export function statIn(tree: ReadonlyMap<string, Entry>, path: string): FileStat | undefined {
  const real = resolveIn(tree, path);
  if (real === undefined) return undefined;
  const entry = tree.get(real);
  const [major = 0, minor = 0] = entry !== undefined && 'number' in entry ? entry.number.split(':').map(Number) : [];
  const kind = entry === undefined ? 'directory' : 'number' in entry ? 'block' : 'file';
  return {
    kind,
    sizeBytes: 0,
    mode: 0o660,
    uid: 0,
    gid: 0,
    dev: 5,
    ino: [...tree.keys()].indexOf(real) + 1,
    rdev: major * 256 + minor,
    modifiedMs: 0,
  };
}
