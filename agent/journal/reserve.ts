/** Room put aside for the last words of an action whose disk fills up. */
import { closeSync, constants, fsyncSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../io/files.ts';

const reserveBytes = 16_384;

function reservePath(folder: string): string {
  return join(folder, 'reserve');
}

/** Makes the file unless it is there; on a disk that is already full there is none, and that is no error. */
export function makeReserve(folder: string): void {
  let fd: number;
  try {
    fd = openSync(reservePath(folder), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o640);
  } catch {
    return;
  }
  try {
    // Random-looking bytes would only matter on a compressing filesystem; there the room is never certain anyway.
    writeSync(fd, Buffer.alloc(reserveBytes, 'svcmgr reserve\n'));
    fsyncSync(fd);
  } catch {
    releaseReserve(folder);
  } finally {
    closeSync(fd);
  }
}

/** Gives the room back; false when there was none. */
export function releaseReserve(folder: string): boolean {
  try {
    unlinkSync(reservePath(folder));
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
