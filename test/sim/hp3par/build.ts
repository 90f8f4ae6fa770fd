/** From the description of a simulation to its state at the beginning. */
import { makeBytes } from './bytes.ts';
import { type Clock, makeClock } from './clock.ts';
import { makeGroup } from './commands/volumes.ts';
import { type ArrayConfig, defaultQuirks, defaultTiming, type GroupConfig, type SimConfig, type VolumeConfig } from './config.ts';
import { type Devices, makeLoopDevices, makeNoDevices } from './device.ts';
import { type Invariants, makeInvariants } from './invariants.ts';
import { makeLuns } from './lio.ts';
import type { Link, Member, StorageArray, Target, Volume } from './model.ts';
import { setMembers } from './replicate.ts';
import { startGroup } from './start-stop.ts';
import { arrayNamed, settleAccess, volumeNamed, type World } from './world.ts';

export interface Built {
  readonly world: World;
  readonly invariants: Invariants;
}

/** @param folder where the images and devices are */
export function buildWorld(config: SimConfig, folder: string): Built {
  const clock = makeClock(config.clock ?? 'stepped', config.startMs ?? Date.now());
  const invariants = makeInvariants();
  const world: World = {
    arrays: config.arrays.map((one, index) => makeArray(one, index, config, clock)),
    clock,
    timing: { ...defaultTiming, ...config.timing },
    quirks: { ...defaultQuirks, ...config.quirks },
    bytes: makeBytes(folder, (array, volume) => invariants.replicated(world, array, volume)),
    devices: makeDevices(config, folder),
    taskFaults: [],
    timers: new Map(),
    watchers: [(seen, cause) => invariants.look(seen, cause)],
  };
  for (const array of world.arrays) for (const volume of array.volumes) world.bytes.create(array, volume);
  for (const group of config.groups) addGroup(world, group);
  settleAccess(world, 'beginning');
  return { world, invariants };
}

function makeDevices({ devices, arrays }: SimConfig, folder: string): Devices {
  if (devices === 'iscsi') return makeLuns(arrays);
  return devices ? makeLoopDevices(folder) : makeNoDevices(folder);
}

function makeArray(config: ArrayConfig, index: number, all: SimConfig, clock: Clock): StorageArray {
  const peers = all.arrays.filter(({ name }) => name !== config.name);
  return {
    name: config.name,
    id: config.id,
    model: config.model ?? 'HP_3PAR 7200',
    serial: config.serial ?? `16${String(config.id).padStart(5, '0')}`,
    zone: config.zone ?? 'Europe/Paris',
    licenses: config.licenses ?? ['Remote Copy', 'Virtual Copy', 'Thin Provisioning'],
    users: [...(config.users ?? [])],
    volumes: (config.volumes ?? []).map((volume, at) => makeVolume(volume, index, at, clock.nowMs())),
    groups: [],
    targets: peers.map((peer, at) => makeTarget(config, peer, at)),
    links: config.links === undefined ? makeLinks(index, peers) : config.links.map((link) => ({ ...link, up: true })),
    tasks: [],
    nextTask: config.nextTask ?? 2576,
    alive: true,
  };
}

function makeVolume(config: VolumeConfig, arrayIndex: number, index: number, createdMs: number): Volume {
  const id = config.id ?? 31_000 + 100 * arrayIndex + index;
  const digits = (value: number, length: number) => value.toString(16).toUpperCase().padStart(length, '0');
  return {
    name: config.name,
    id,
    wwn: `60002AC${digits(id, 17)}${digits(arrayIndex + 1, 8)}`,
    sizeMb: config.sizeMb ?? 0,
    prov: config.prov ?? 'tpvv',
    copyOf: config.copyOf,
    createdMs: config.createdMs ?? createdMs,
    hosts: config.hosts ?? [],
  };
}

function makeTarget(own: ArrayConfig, peer: ArrayConfig, index: number): Target {
  const said = own.targets?.[peer.name] ?? {};
  const type = said.type ?? 'IP';
  const options = type === 'FC' ? `2FF70002AC${peer.id.toString(16).toUpperCase().padStart(6, '0')}` : '-';
  return { id: index + 2, options, policy: 'mirror_config', ...said, name: peer.name, type, status: 'ready' };
}

/** Two to each target, and what it receives at the same ports. */
function makeLinks(index: number, peers: readonly ArrayConfig[]): Link[] {
  const ports = ['0:2:4', '1:2:3'];
  const address = (array: number, port: number) => `10.10.${array + 1}.${port + 1}`;
  const own = peers.flatMap((peer, at) => ports.map((node, port) => ({ target: peer.name, node, address: address(at, port), up: true })));
  return [...own, ...ports.map((node, port) => ({ target: 'receive', node, address: address(index, port), up: true }))];
}

function addGroup(world: World, config: GroupConfig): void {
  const [from, to] = [arrayNamed(world, config.from), arrayNamed(world, config.to)];
  const half = makeGroup(from, to, config.name, config.mode);
  const other = to.groups.at(-1);
  if (other === undefined) throw new Error(`no second half of ${config.name}`);
  const pairs = config.volumes.map((text) => text.split(':') as [string, string?]).map(([here, there = here]) => ({ here, there }));
  const member = (volume: string, remote: string): Member => ({ volume, remote, sync: 'New', syncing: undefined, lastSyncMs: undefined });
  half.group.members = pairs.map(({ here, there }) => member(here, there));
  other.members = pairs.map(({ here, there }) => member(there, here));
  const { cpgs = ['', ''], sets = ['NA', 'NA'] } = config;
  Object.assign(half.group, { cpgs, sets, ...(config.ids === undefined ? {} : { id: config.ids[0] }) });
  Object.assign(other, {
    cpgs: [...cpgs].reverse(),
    sets: [...sets].reverse(),
    ...(config.ids === undefined ? {} : { id: config.ids[1] }),
  });
  for (const group of [half.group, other]) {
    group.policies = [...(config.policies ?? ['auto_recover', 'over_per_alert'])];
    group.periodMs = config.periodMs ?? 0;
  }
  for (const { here, there } of pairs) checkSizes(volumeNamed(from, here), volumeNamed(to, there));
  if (config.sync === 'New') return;
  const nowMs = world.clock.nowMs();
  for (const group of [half.group, other]) Object.assign(group, { everStarted: true, lastSyncMs: nowMs });
  setMembers(world, half, { lastSyncMs: nowMs });
  if (config.status === 'Stopped') setMembers(world, half, { sync: config.sync ?? 'Stopped' });
  else startGroup(world, half, { noSync: true });
  if (config.status !== 'Stopped' && config.sync !== undefined) setMembers(world, half, { sync: config.sync });
}

function checkSizes(here: Volume, there: Volume): void {
  if (here.sizeMb !== there.sizeMb) throw new Error(`${here.name} has ${here.sizeMb} MiB, ${there.name} over there ${there.sizeMb}`);
}
