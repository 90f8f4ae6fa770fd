/** What a filesystem driver wants mounted, and what is really mounted there. */
import type { Observe, Reader } from '../../agent/driver/contract.ts';
import { type Mount, mountsOn, readMounts, tidyPath } from './mountinfo.ts';
import type { MountKeywords } from './filesystem-keywords.ts';

/** What one filesystem resource wants, found out anew for each call. */
export interface Wanted {
  /** `mount -t` */
  readonly type: string;
  /** Types under which the kernel may show it; default: only `type`. */
  readonly shownAs?: readonly string[];
  /** Words for people: the `dev` of the service file. */
  readonly name: string;
  readonly options: readonly string[];
  /** Is this mount the wanted one, under any alias? */
  matches(mount: Mount): Promise<boolean>;
}

export interface Seen {
  readonly mounts: readonly Mount[];
  /** The mount point as the kernel names it: links resolved. */
  readonly mountPoint: string;
  /** Every mount on the mount point; the last one is what is seen. */
  readonly stack: readonly Mount[];
  /** Those of them that are the wanted one. */
  readonly ours: readonly Mount[];
  /** The wanted mount, when it is the one that is seen. */
  readonly top: Mount | undefined;
  /** What is seen there instead of it. */
  readonly foreign: Mount | undefined;
}

/** Looks at the mount point of a resource. */
export async function lookAtMount(at: Observe<MountKeywords>, wanted: Wanted): Promise<Seen> {
  const mounts = await readMounts(at.local);
  const mountPoint = await kernelPath(at.local, mounts, at.config.mnt);
  const stack = mountsOn(mounts, mountPoint);
  const ours: Mount[] = [];
  for (const mount of stack) {
    if (await wanted.matches(mount)) ours.push(mount);
  }
  const last = stack.at(-1);
  const top = last !== undefined && ours.includes(last) ? last : undefined;
  return { mounts, mountPoint, stack, ours, top, foreign: top === undefined ? last : undefined };
}

/** Literal first: resolving a path below a broken filesystem may fail or hang, and a status must not need it. */
async function kernelPath(reader: Reader, mounts: readonly Mount[], path: string): Promise<string> {
  const tidy = tidyPath(path);
  if (mounts.some((mount) => mount.mountPoint === tidy)) return tidy;
  return (await reader.resolve(tidy)) ?? tidy;
}

/** `defaults,ro` -> [defaults, ro] */
export function splitOptions(text: string | undefined): readonly string[] {
  return (text ?? '').split(',').filter((option) => option !== '');
}

export function describeMount(mount: Mount): string {
  return `${mount.source} (${mount.type})`;
}
