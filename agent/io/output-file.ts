/** Files that processes write their output to: a kept one, bounded at every start, or a nameless one that ends with its last user. */
import { closeSync, constants, fchmodSync, fchownSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileError } from './files.ts';

const rotateAboveBytes = 1_048_576;
const appending = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** Opens for appending (and reading back); a file above 1 MiB becomes PATH.1 first. Links are not followed. Throws COMMAND. */
export function openOutputFile(path: string, owner?: { readonly uid: number; readonly gid: number }): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > rotateAboveBytes) renameSync(path, `${path}.1`);
    const fd = openSync(path, appending | constants.O_NONBLOCK, 0o640);
    // A script that writes to /dev/stderr opens the file once more, as its own account.
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
    return fd;
  } catch (error) {
    throw fileError('open', path, error);
  }
}

/** An empty file that has no name any more; undefined when there is no room for one. Any account that gets the descriptor may use it. */
export function openNamelessFile(): number | undefined {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'svcmgr-'));
    const fd = openSync(join(folder, 'output'), appending | constants.O_EXCL, 0o600);
    fchmodSync(fd, 0o666);
    return fd;
  } catch {
    return undefined;
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Two of them, or none. */
export function openNamelessFiles(): readonly [number, number] | undefined {
  const first = openNamelessFile();
  if (first === undefined) return undefined;
  const second = openNamelessFile();
  if (second === undefined) closeSync(first);
  return second === undefined ? undefined : [first, second];
}
