/** Simulated nodes with disks for the rigs of volume groups and reservations. */
import type { Doors } from '../../agent/driver/doors.ts';
import { Lun } from '../sim/block/lun.ts';
import { makeUuid, makeVolume, mappedOf } from '../sim/block/lvm.ts';
import { createMachine, createSan, type GroupState, type Machine } from '../sim/block/machine.ts';

/** The card of node1 in the HP 3PAR document makes this key. */
export const node1Key = 0x238170552475005n;

/** Node1 with a disk on two paths. */
export function oneDisk(more: { vendor?: string; model?: string } = {}): { machine: Machine; lun: Lun } {
  const san = createSan();
  const lun = new Lun('naa.5001', more.vendor, more.model);
  san.luns.push(lun);
  const machine = createMachine(san, 'node1');
  machine.addPath('sda', lun, '3:0:0:1');
  machine.addPath('sdb', lun, '4:0:0:1');
  for (const path of machine.paths) path.fresh = false;
  return { machine, lun };
}

/** The same, with a volume group on it. */
export function oneGroup(
  name = 'vg_svc1',
  volumes: readonly string[] = ['rootdisk', 'data'],
): { machine: Machine; lun: Lun; group: GroupState } {
  const { machine, lun } = oneDisk();
  const group: GroupState = {
    name,
    uuid: makeUuid(),
    tags: [],
    exported: false,
    disks: [lun.wwid],
    volumes: volumes.map((one) => makeVolume(one)),
  };
  lun.signatures = ['LVM2_member'];
  machine.san.groups.push(group);
  return { machine, lun, group };
}

/** `up` when all volumes are active and the tag of node1 is the only one, `down` when neither is so. */
export function groupTruth(machine: Machine, group: GroupState): string {
  const active = group.volumes.filter((volume) => mappedOf(machine, group, volume) !== undefined).length;
  if (active === 0 && !group.tags.includes('node1')) return 'down';
  return active === group.volumes.length && group.tags.join() === 'node1' ? 'up' : `${active} active, tags ${group.tags.join(' ')}`;
}

/** Its own kernel takes the volumes away; the tag is gone too. */
export function dropGroup(machine: Machine, group: GroupState): void {
  for (const volume of group.volumes) {
    const mapped = mappedOf(machine, group, volume);
    if (mapped !== undefined) machine.removeMapped(mapped.name);
  }
  group.tags = group.tags.filter((tag) => tag !== 'node1');
}

export function doorsOf(machine: Machine): (real: Doors) => Doors {
  return (real) => machine.doors(real);
}
