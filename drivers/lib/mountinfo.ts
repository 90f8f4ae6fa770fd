/** The mounts of this machine as the kernel tells them: /proc/self/mountinfo (proc_pid_mountinfo(5)). No spawn. */
import type { Reader } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

export interface Mount {
  readonly id: number;
  readonly parentId: number;
  /** `7:0`: the device number, of an anonymous device for btrfs, tmpfs … */
  readonly device: string;
  /** The folder of the filesystem that is mounted: `/`, of a bind or subvolume the path in it. */
  readonly root: string;
  readonly mountPoint: string;
  /** Options of this mount (ro, noexec …). */
  readonly options: readonly string[];
  readonly type: string;
  readonly source: string;
  /** Options of the filesystem (ro, errors=…, subvol=…). */
  readonly superOptions: readonly string[];
}

export const mountinfoPath = '/proc/self/mountinfo';

/** Reads and parses the mounts; UNSUPPORTED where there is no /proc. */
export async function readMounts(reader: Reader): Promise<readonly Mount[]> {
  const text = await reader.file(mountinfoPath);
  if (text === undefined) throw new SvcError('UNSUPPORTED', `${mountinfoPath} does not exist: is /proc mounted?`);
  const mounts = parseMountinfo(text);
  // There is no mount namespace without a root; taken for true, nothing at all would be mounted.
  if (mounts.length === 0) throw new SvcError('COMMAND', `${mountinfoPath} is empty`);
  return mounts;
}

/** The last text and what it means: in a round of the daemon a thousand filesystems are given the same one. */
let parsed: { readonly text: string; readonly mounts: readonly Mount[] } | undefined;

/** Strict: a line of another shape throws with the line. */
export function parseMountinfo(text: string): readonly Mount[] {
  if (parsed?.text !== text) parsed = { text, mounts: parse(text) };
  return parsed.mounts;
}

function parse(text: string): readonly Mount[] {
  if (text !== '' && !text.endsWith('\n')) throw badLine(text.slice(text.lastIndexOf('\n') + 1));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
}

/** Fields end at a blank, not at any white space: a name may hold a no-break space. */
const lineShape = /^(\d+) (\d+) (\d+:\d+) ([^ ]+) ([^ ]+) ([^ ]+)(?: [^ ]+)*? - ([^ ]+) ([^ ]*) ([^ ]+)$/;

function parseLine(line: string): Mount {
  const [, id, parentId, device, root, mountPoint, options, type, source, superOptions] = lineShape.exec(line) ?? [];
  if (!id || !parentId || !device || !root || !mountPoint || !options || !type || source === undefined || !superOptions)
    throw badLine(line);
  return {
    id: Number(id),
    parentId: Number(parentId),
    device,
    root: decodeOctal(root),
    mountPoint: decodeOctal(mountPoint),
    options: options.split(','),
    type: decodeOctal(type),
    source: decodeOctal(source),
    superOptions: superOptions.split(',').map(decodeOctal),
  };
}

function badLine(line: string): SvcError {
  return new SvcError('COMMAND', `${mountinfoPath} has a line that is not understood: ${line}`, { facts: { line } });
}

/** The kernel writes blank, tab, newline, `\` and `#` as three octal digits. Bytes above 127 are written as they are. */
export function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The mounts on one mount point, the one that is seen last (each further one is mounted over the former). */
export function mountsOn(mounts: readonly Mount[], mountPoint: string): readonly Mount[] {
  const here = mounts.filter((mount) => mount.mountPoint === mountPoint);
  const ids = new Set(here.map((mount) => mount.id));
  const ordered: Mount[] = [];
  let next = here.find((mount) => !ids.has(mount.parentId) || mount.parentId === mount.id);
  while (next !== undefined && !ordered.includes(next)) {
    ordered.push(next);
    const parent: Mount = next;
    next = here.find((mount) => mount.parentId === parent.id && !ordered.includes(mount));
  }
  // Mounts of one point that do not hang on each other do not exist in one namespace; if they did, keep the kernel's order.
  return [...ordered, ...here.filter((mount) => !ordered.includes(mount))];
}

/** The mounts below a mount point, deepest first, so that unmounting in this order works. */
export function mountsBelow(mounts: readonly Mount[], mountPoint: string): readonly Mount[] {
  const prefix = mountPoint === '/' ? '/' : `${mountPoint}/`;
  const below = mounts.filter((mount) => mount.mountPoint.startsWith(prefix) && mount.mountPoint !== mountPoint);
  return below
    .map((mount, at) => ({ mount, at }))
    .sort((a, b) => depthOf(b.mount.mountPoint) - depthOf(a.mount.mountPoint) || b.at - a.at)
    .map(({ mount }) => mount);
}

/** The mount that a path lies on: the one seen last on the longest mount point above it. */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let point = path;
  for (;;) {
    const on = mountsOn(mounts, point).at(-1);
    if (on !== undefined || point === '/') return on;
    point = parentOf(point);
  }
}

/** Number of names in a path: `/` 0, `/a/b` 2. */
export function depthOf(path: string): number {
  return path.split('/').filter((name) => name !== '').length;
}

/** The folder that holds a path. */
export function parentOf(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut <= 0 ? '/' : path.slice(0, cut);
}

/** A path without repeated or trailing slashes. */
export function tidyPath(path: string): string {
  const tidy = path.replace(/\/+/g, '/');
  return tidy.length > 1 && tidy.endsWith('/') ? tidy.slice(0, -1) : tidy;
}
