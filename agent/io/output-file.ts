/** The file that a long-lived process writes to: bounded at every start. */
import { constants, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileError } from './files.ts';

const rotateAboveBytes = 1_048_576;

/** Opens for appending (and reading back); a file above 1 MiB becomes PATH.1 first. Links are not followed. Throws COMMAND. */
export function openOutputFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > rotateAboveBytes) renameSync(path, `${path}.1`);
    return openSync(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o640);
  } catch (error) {
    throw fileError('open', path, error);
  }
}
