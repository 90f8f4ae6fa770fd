/** Unix sockets of the daemon: never open to more than was meant, not even for a moment. */
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { SvcError } from '../errors.ts';

export interface SocketPlace {
  readonly path: string;
  readonly mode: number;
  /** Of the file; absent: that of the daemon. */
  readonly group?: string;
}

/** The longest path of a socket that the kernel takes (unix(7)). */
const maxPathBytes = 107;

export function mainSocket(runFolder: string): string {
  return join(runFolder, 'svcmgrd.sock');
}

export function readSocket(runFolder: string): string {
  return join(runFolder, 'svcmgrd-read.sock');
}

/** Listens there; what a daemon that was killed left behind is removed (the caller holds the lock of the home). */
export async function listenAt(server: Server, { path, mode, group }: SocketPlace): Promise<void> {
  if (Buffer.byteLength(path) > maxPathBytes) {
    throw new SvcError('CONFIG', `${path} is too long for a socket (${maxPathBytes} bytes)`, { hint: 'SVCMGR_HOME with a shorter path' });
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  removeSocket(path);
  const listening = new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', resolve);
  });
  // listen() makes the file before it returns: nobody else gets in, and no other file is made with this umask.
  const before = process.umask(0o177);
  try {
    server.listen({ path, backlog: 511 });
  } finally {
    process.umask(before);
  }
  await listening.catch((cause: unknown) => {
    throw new SvcError('COMMAND', `cannot listen at ${path}: ${String(cause)}`, { cause });
  });
  if (group !== undefined) chownSync(path, process.getuid?.() ?? 0, groupId(group));
  chmodSync(path, mode);
}

function removeSocket(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new SvcError('REFUSED', `${path} is there and no socket`, { hint: `look at it, then rm ${path}` });
  unlinkSync(path);
}

/** By /etc/group, which Node cannot ask about. @throws SvcError CONFIG */
export function groupId(name: string, groupFile = readFileSync('/etc/group', 'utf8')): number {
  if (/^\d{1,9}$/.test(name)) return Number(name);
  const line = groupFile.split('\n').find((one) => one.startsWith(`${name}:`));
  const id = line?.split(':')[2];
  if (id === undefined) throw new SvcError('CONFIG', `[api] read_group: no group ${name} in /etc/group`);
  return Number(id);
}
