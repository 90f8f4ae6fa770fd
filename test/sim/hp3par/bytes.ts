/** The bytes of the volumes: image files, really copied. A volume without size has none, and nothing here touches a file for it. */
import { closeSync, copyFileSync, fstatSync, ftruncateSync, mkdirSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { StorageArray, Volume } from './model.ts';

const chunkBytes = 1 << 20;
/** A copy that does not come to rest after so many passes has a writer that never pauses. */
const maxPasses = 50;

export interface Bytes {
  readonly folder: string;
  /** Makes the image, empty and sparse. */
  create(array: StorageArray, volume: Volume): void;
  image(array: StorageArray, volume: Volume): string | undefined;
  /** Keeps what the volume holds at this moment under a file of its own; undefined for a volume without bytes. */
  snapshot(array: StorageArray, volume: Volume): string | undefined;
  /** Makes the volume equal to a file; true when a byte was different. */
  fill(array: StorageArray, volume: Volume, source: string): boolean;
  discard(snapshot: string): void;
  /** Changes whenever anything was written to the volume. */
  stamp(array: StorageArray, volume: Volume): string;
}

/** @param onFill told after the simulator itself has written to a volume */
export function makeBytes(folder: string, onFill: (array: StorageArray, volume: Volume) => void): Bytes {
  let snapshots = 0;
  const image = (array: StorageArray, volume: Volume) =>
    volume.sizeMb === 0 ? undefined : path.join(folder, array.name, `${volume.name}.img`);
  return {
    folder,
    create: (array, volume) => {
      const file = image(array, volume);
      if (file === undefined) return;
      mkdirSync(path.dirname(file), { recursive: true });
      const descriptor = openSync(file, 'wx');
      ftruncateSync(descriptor, volume.sizeMb * chunkBytes);
      closeSync(descriptor);
    },
    image,
    snapshot: (array, volume) => {
      const file = image(array, volume);
      if (file === undefined) return undefined;
      const copy = path.join(folder, array.name, `${volume.name}.snapshot-${++snapshots}`);
      copyFileSync(file, copy);
      copyAtRest(file, copy);
      return copy;
    },
    fill: (array, volume, source) => {
      const file = image(array, volume);
      if (file === undefined) return false;
      const wasDifferent = copyAtRest(source, file);
      onFill(array, volume);
      return wasDifferent;
    },
    discard: (snapshot) => rmSync(snapshot, { force: true }),
    stamp: (array, volume) => {
      const file = image(array, volume);
      if (file === undefined) return '';
      const { mtimeNs } = statSync(file, { bigint: true });
      return String(mtimeNs);
    },
  };
}

/**
 * Copies until a pass finds no difference: then the copy is what the source was at one moment between two passes, as a snapshot of
 * an array is, even with a writer at work. Returns whether anything was different.
 */
function copyAtRest(source: string, target: string): boolean {
  let wasDifferent = false;
  for (let pass = 0; pass < maxPasses; pass++) {
    if (!copyDifferences(source, target)) return wasDifferent;
    wasDifferent = true;
  }
  throw new Error(`${source} was written to without a pause, a copy of one moment could not be taken`);
}

function copyDifferences(source: string, target: string): boolean {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'r+')];
  const [one, other] = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)];
  let different = false;
  try {
    const size = fstatSync(from).size;
    for (let at = 0; at < size; at += chunkBytes) {
      const length = readSync(from, one, 0, chunkBytes, at);
      readSync(to, other, 0, chunkBytes, at);
      if (one.compare(other, 0, length, 0, length) === 0) continue;
      writeSync(to, one, 0, length, at);
      different = true;
    }
  } finally {
    closeSync(from);
    closeSync(to);
  }
  return different;
}
