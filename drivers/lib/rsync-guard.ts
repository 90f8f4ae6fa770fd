/** What must hold on a target before rsync may write and delete there (spec/cli.md "Safety" 4, spec/storage-drivers.md §6.1). */
import type { Act, Blocker, Peer, ResourceView } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { type Mount, mountsOn, readMounts } from './mountinfo.ts';
import { isBelow, overlaps } from './rsync-items.ts';

/** Why this target must be left alone; waived refusals are only logged. Throws when the node cannot be asked. */
export async function refusalsOn(
  at: Act<Keywords>,
  peer: Peer,
  covers: readonly string[],
  dstfs: string | undefined,
): Promise<readonly Blocker[]> {
  const mounts = await readMounts(at.on({ node: peer.node }));
  const fixed = [...missingFilesystem(mounts, peer.node, covers, dstfs), ...liveMounts(mounts, peer.node, covers, at.resources)];
  const hidden = hiddenBelow(mounts, peer.node, covers, at.resources).filter(
    (text) => !isWaived(at, text, 'below-mount', at.allows('below-mount')),
  );
  return [
    ...fixed.map((text) => ({ text })),
    ...hidden.map((text) => ({ text, allow: 'below-mount' })),
    ...(await instanceRefusals(at, peer.node)),
  ];
}

/** The instance there must be down: two copies that are both written must not overwrite each other. */
export async function instanceRefusals(at: Act<Keywords>, node: string): Promise<readonly Blocker[]> {
  const { state, text } = await at.instanceOn(node);
  if (state === 'down') return [];
  const about = `${at.service} on ${node}: ${text}`;
  if (state === 'up') return isWaived(at, about, 'peer-up', at.allows('peer-up')) ? [] : [{ text: about, allow: 'peer-up' }];
  return isWaived(at, about, 'peer-unreachable', at.allows('peer-unreachable')) ? [] : [{ text: about, allow: 'peer-unreachable' }];
}

function isWaived(at: Act<Keywords>, text: string, name: string, given: boolean): boolean {
  if (given) at.log.warn(`allowed (${name}): ${text}`);
  return given;
}

function missingFilesystem(
  mounts: readonly Mount[],
  node: string,
  covers: readonly string[],
  dstfs: string | undefined,
): readonly string[] {
  if (dstfs === undefined) return [];
  if (mountsOn(mounts, dstfs).length === 0) {
    return [`the destination filesystem ${dstfs} is not mounted on ${node}: ${covers.join(' ')} would fill the one below it`];
  }
  return covers.filter((path) => path !== dstfs && !isBelow(path, dstfs)).map((path) => `${path} is not on dstfs ${dstfs}`);
}

/** Mounts that the service itself makes when it starts; a standby one is meant to be there. */
function ownMounts(resources: readonly ResourceView[]): readonly { readonly rid: string; readonly mnt: string }[] {
  return resources.flatMap(({ rid, config, standby }) => {
    const mnt = config['mnt'];
    return typeof mnt === 'string' && standby !== true ? [{ rid, mnt }] : [];
  });
}

function liveMounts(
  mounts: readonly Mount[],
  node: string,
  covers: readonly string[],
  resources: readonly ResourceView[],
): readonly string[] {
  return ownMounts(resources)
    .filter(({ mnt }) => mountsOn(mounts, mnt).length > 0 && covers.some((path) => overlaps(path, mnt)))
    .map(({ rid, mnt }) => `${mnt} (${rid}) is mounted on ${node}: it is live data there`);
}

function hiddenBelow(
  mounts: readonly Mount[],
  node: string,
  covers: readonly string[],
  resources: readonly ResourceView[],
): readonly string[] {
  return ownMounts(resources)
    .filter(({ mnt }) => mountsOn(mounts, mnt).length === 0 && covers.some((path) => path === mnt || isBelow(path, mnt)))
    .map(({ rid, mnt }) => `${mnt} (${rid}) is not mounted on ${node}: what is copied there is hidden once it is`);
}

/** How many deletions a run may make without being asked: the keyword, else a quarter of what is here, 100 at least. */
export function deletionLimit(asked: number | undefined, filesHere: number): number {
  if (asked !== undefined) return asked;
  // Only the folder itself: more likely a source that is not there than one that was emptied.
  return filesHere <= 1 ? 10 : Math.max(100, Math.floor(filesHere / 4));
}

/** The sentence for people: each refusal with the name that waives it. */
export function refusalText(refusals: readonly Blocker[]): string {
  return refusals.map(({ text, allow }) => `${text} (${allow === undefined ? 'cannot be waived' : `--allow ${allow}`})`).join('; ');
}
