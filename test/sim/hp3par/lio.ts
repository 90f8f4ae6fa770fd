/**
 * How a host sees a volume over iSCSI: each array is a target of the kernel (LIO), and its volumes are LUNs 0, 1 … of it, in the order of
 * their description, for the initiators that the description names. Made through configfs, whose modules must be there.
 *
 * The image is the LUN (fileio), through the page cache that the simulator reads and writes too, so neither has to be told of the other's
 * writes. A secondary is write protected in the map of each initiator: from that moment a write is answered DATA PROTECT, a read goes on.
 * Nobody is told: a host sees it when it asks again (rescan), as MODE SENSE is the only place that shows it. A dead array answers no
 * login and has no sessions.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmdirSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ArrayConfig, IscsiFace } from './config.ts';
import type { Devices } from './device.ts';
import type { Access } from './model.ts';

const root = '/sys/kernel/config/target';

interface Seat {
  readonly face: IscsiFace;
  readonly portalGroup: string;
  readonly lun: number;
}

export function makeLuns(arrays: readonly ArrayConfig[]): Devices {
  const shown = new Map<string, Access>();
  const undo: (() => void)[] = [];
  const seatOf = (array: string, volume: string): Seat => {
    const config = arrays.find(({ name }) => name === array);
    const lun = config?.volumes?.findIndex(({ name }) => name === volume) ?? -1;
    if (config?.iscsi === undefined || lun === -1) throw new Error(`${array} ${volume}: no iSCSI target is described for it`);
    return { face: config.iscsi, portalGroup: `${root}/iscsi/${config.iscsi.target}/tpgt_1`, lun };
  };
  return {
    path: (array, volume) => {
      const { face, lun } = seatOf(array, volume);
      return `${face.target} lun ${lun}`;
    },
    present: (array, volume, image, access) => {
      const key = `${array}/${volume}`;
      const before = shown.get(key);
      if (before === access) return;
      const seat = seatOf(array, volume);
      if (before === undefined) undo.push(...makeLun(seat, key, image));
      shown.set(key, access);
      const { portalGroup, face, lun } = seat;
      if (access !== 'none') for (const one of face.initiators) set(`${mapOf(seat, one)}/write_protect`, access === 'ro' ? 1 : 0);
      // Not before the first of its LUNs is as it must be; the last one that goes takes the sessions with it.
      if (lun === 0) set(`${portalGroup}/enable`, access === 'none' ? 0 : 1);
    },
    refresh: () => undefined,
    access: (array, volume) => shown.get(`${array}/${volume}`) ?? 'none',
    remove: () => {
      for (const one of undo.toReversed()) one();
      shown.clear();
    },
  };
}

/** Made once and for all initiators; returns what takes it away, in the order of making. */
function makeLun(seat: Seat, key: string, image: string): readonly (() => void)[] {
  const { face, portalGroup, lun } = seat;
  const undo: (() => void)[] = [];
  const folder = (place: string) => {
    if (statSync(place, { throwIfNoEntry: false }) !== undefined) return;
    mkdirSync(place);
    undo.push(() => rmdirSync(place));
  };
  const link = (target: string, place: string) => {
    symlinkSync(target, place);
    undo.push(() => unlinkSync(place));
  };
  const store = `${root}/core/fileio_0/${key.replaceAll('/', '.')}`;
  folder(path.dirname(store));
  folder(store);
  // What a host is told of the maker decides how it counts reservations; the name must be there before the LUN.
  set(`${store}/wwn/vendor_id`, '3PARdata');
  set(`${store}/wwn/product_id`, 'VV');
  set(`${store}/control`, `fd_dev_name=${image},fd_dev_size=${statSync(image).size}`);
  set(`${store}/enable`, 1);
  set(`${store}/wwn/vpd_unit_serial`, serialOf(key));
  folder(`${root}/iscsi`);
  folder(`${root}/iscsi/${face.target}`);
  folder(portalGroup);
  set(`${portalGroup}/attrib/authentication`, 0);
  for (const portal of face.portals) folder(`${portalGroup}/np/${portal}:3260`);
  const place = `${portalGroup}/lun/lun_${lun}`;
  folder(place);
  link(store, `${place}/volume`);
  for (const initiator of face.initiators) {
    folder(`${portalGroup}/acls/${initiator}`);
    folder(mapOf(seat, initiator));
    link(place, `${mapOf(seat, initiator)}/volume`);
  }
  undo.push(() => set(`${portalGroup}/enable`, 0));
  return undo;
}

function mapOf({ portalGroup, lun }: Seat, initiator: string): string {
  return `${portalGroup}/acls/${initiator}/lun_${lun}`;
}

/** Hexadecimal digits: the kernel makes the WWN of the LUN of them. */
function serialOf(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}

function set(file: string, value: string | number): void {
  writeFileSync(file, `${value}\n`);
}
