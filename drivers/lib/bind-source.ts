/** How a bind mount is recognised: same filesystem and same folder of it as its source, by mountinfo alone. */
import type { Reader } from '../../agent/driver/contract.ts';
import { type Mount, mountOf, parentOf, tidyPath } from './mountinfo.ts';

export interface BindSource {
  /** Device number of the filesystem that the source lies on. */
  readonly device: string;
  /** Path of the source in that filesystem. */
  readonly root: string;
}

/** Where a path lies, also one that was removed meanwhile; undefined when its folder does not exist either. */
export async function mountBehind(reader: Reader, mounts: readonly Mount[], path: string): Promise<BindSource | undefined> {
  const real = (await reader.resolve(path)) ?? (await resolveRemoved(reader, tidyPath(path)));
  if (real === undefined) return undefined;
  const mount = mountOf(mounts, real);
  if (mount === undefined) return undefined;
  const inside = mount.mountPoint === '/' ? real : real.slice(mount.mountPoint.length);
  return { device: mount.device, root: tidyPath(`${mount.root}/${inside}`) };
}

async function resolveRemoved(reader: Reader, path: string): Promise<string | undefined> {
  const folder = await reader.resolve(parentOf(path));
  return folder === undefined ? undefined : tidyPath(`${folder}/${path.slice(path.lastIndexOf('/') + 1)}`);
}

/** The kernel marks a bind mount whose source was removed with `//deleted`. */
export function isBindOf(mount: Mount, source: BindSource | undefined): boolean {
  return source !== undefined && mount.device === source.device && (mount.root === source.root || mount.root === `${source.root}//deleted`);
}
