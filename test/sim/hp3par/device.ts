/**
 * How a host sees a volume: a loop device over its image, through a link that stays (`<folder>/dev/<array>/<volume>`), as by-id links do.
 *
 * A secondary is attached read-only (`losetup --read-only`), which the loop driver enforces with EIO; `blockdev --setro` does not stop
 * a filesystem that is already mounted. A device that is in use when its access changes cannot be detached: its image gets another
 * inode, and the old device is cut to nothing, so that what still hangs on it gets EIO, as from a volume that its array took away.
 */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { must, tryTo } from '../../support/command.ts';
import type { Access } from './model.ts';

export interface Devices {
  /** Where a host finds it, now and later. */
  path(array: string, volume: string): string;
  present(array: string, volume: string, image: string, access: Access): void;
  /** Drops what the kernel remembers of a device whose image was changed below it. */
  refresh(array: string, volume: string): void;
  /** What a host can do with it now. */
  access(array: string, volume: string): Access;
  remove(): void;
}

interface Shown {
  readonly device: string | undefined;
  readonly access: Access;
}

/** Without root: no devices, only what a host could do is known. */
export function makeNoDevices(folder: string): Devices {
  const shown = new Map<string, Access>();
  return {
    path: (array, volume) => path.join(folder, array, `${volume}.img`),
    present: (array, volume, _image, access) => shown.set(`${array}/${volume}`, access),
    refresh: () => undefined,
    access: (array, volume) => shown.get(`${array}/${volume}`) ?? 'none',
    remove: () => shown.clear(),
  };
}

export function makeLoopDevices(folder: string): Devices {
  const shown = new Map<string, Shown>();
  const link = (array: string, volume: string) => path.join(folder, 'dev', array, volume);
  return {
    path: link,
    present: (array, volume, image, access) => {
      const key = `${array}/${volume}`;
      const before = shown.get(key);
      if (before?.access === access) return;
      if (before?.device !== undefined) withdraw(before.device, image);
      const device = access === 'none' ? undefined : attach(image, access);
      shown.set(key, { device, access });
      point(link(array, volume), device);
    },
    refresh: (array, volume) => {
      const device = shown.get(`${array}/${volume}`)?.device;
      if (device !== undefined) tryTo('blockdev', '--flushbufs', device);
    },
    access: (array, volume) => shown.get(`${array}/${volume}`)?.access ?? 'none',
    remove: () => {
      for (const { device } of shown.values()) if (device !== undefined) tryTo('losetup', '--detach', device);
      shown.clear();
    },
  };
}

function attach(image: string, access: Access): string {
  return must('losetup', ...(access === 'ro' ? ['--read-only'] : []), '--find', '--show', image).trim();
}

/** Takes a device away from its hosts: from here on nothing that they write reaches the image. */
function withdraw(device: string, image: string): void {
  must('losetup', '--detach', device);
  if (!holdsOn(device, image)) return;
  const old = openSync(image, 'r+');
  // With its times: it was not written to.
  must('cp', '--preserve=timestamps', image, `${image}.moved`);
  renameSync(`${image}.moved`, image);
  ftruncateSync(old, 0);
  closeSync(old);
  tryTo('losetup', '--set-capacity', device);
}

/** Detaching what is in use succeeds and happens later. */
function holdsOn(device: string, image: string): boolean {
  try {
    return readFileSync(`/sys/block/${path.basename(device)}/loop/backing_file`, 'utf8').startsWith(image);
  } catch {
    return false;
  }
}

function point(link: string, device: string | undefined): void {
  mkdirSync(path.dirname(link), { recursive: true });
  rmSync(link, { force: true });
  if (device !== undefined) symlinkSync(device, link);
}
