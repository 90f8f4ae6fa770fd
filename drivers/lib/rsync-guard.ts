/** What must hold on a target before rsync may write and delete there (spec/cli.md "Safety" 4, spec/storage-drivers.md §6.1). */
import type { Act, Blocker, Observe, Peer, Reader, ResourceView } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { type Mount, mountOf, mountsOn, parentOf, readMounts, tidyPath } from './mountinfo.ts';
import { isBelow, overlaps } from './rsync-items.ts';

/** Why this target must be left alone, by what is mounted there. Throws when the node cannot be asked. */
export async function refusalsOn(
  at: Observe<Keywords>,
  peer: Peer,
  covers: readonly string[],
  dstfs: string | undefined,
): Promise<readonly Blocker[]> {
  const there = at.on({ node: peer.node });
  const view = {
    node: peer.node,
    mounts: await readMounts(there),
    places: await Promise.all(covers.map((path) => realPlace(there, path))),
  };
  const own = await Promise.all(ownMounts(at.resources).map(async ({ rid, mnt }) => ({ rid, mnt: await realPlace(there, mnt) })));
  const missing = (await missingFilesystem(there, view, dstfs)).map((text) => ({ text, ...mendOf(at, peer.node, dstfs) }));
  return [
    ...missing,
    ...liveMounts(view, own).map((text) => ({ text })),
    ...hiddenBelow(view, own).map((text) => ({ text, allow: 'below-mount' })),
  ];
}

/** What a node mounts, and where on it is written, links resolved. */
interface View {
  readonly node: string;
  readonly mounts: readonly Mount[];
  readonly places: readonly string[];
}

interface OwnMount {
  readonly rid: string;
  readonly mnt: string;
}

/** Where a path really is there, as far as it exists. */
async function realPlace(there: Reader, path: string): Promise<string> {
  let rest = '';
  for (let folder = path; ; folder = parentOf(folder)) {
    const real = await there.resolve(folder);
    if (real !== undefined) return tidyPath(`${real}${rest}`);
    if (folder === '/') return path;
    rest = `${folder.slice(folder.lastIndexOf('/'))}${rest}`;
  }
}

/** The instance there must be down: two copies that are both written must not overwrite each other. */
export async function instanceRefusals(at: Observe<Keywords>, node: string): Promise<readonly Blocker[]> {
  const { state, text } = await at.instanceOn(node);
  if (state === 'down') return [];
  return [{ text: `${at.service} on ${node}: ${text}`, allow: state === 'up' ? 'peer-up' : 'peer-unreachable' }];
}

/** The names that a copy may be refused by; each is written out, so that a test finds it. */
const waivers: Readonly<Record<string, (at: Act<Keywords>) => boolean>> = {
  'delete-many': (at) => at.allows('delete-many'),
  'below-mount': (at) => at.allows('below-mount'),
  'peer-up': (at) => at.allows('peer-up'),
  'peer-unreachable': (at) => at.allows('peer-unreachable'),
  'overwrite-peer-config': (at) => at.allows('overwrite-peer-config'),
};

export function isWaived(at: Act<Keywords>, { allow }: Blocker): boolean {
  return allow !== undefined && waivers[allow]?.(at) === true;
}

/** Those that were not allowed; the others are logged. */
export function standingOf(at: Act<Keywords>, refusals: readonly Blocker[]): readonly Blocker[] {
  return refusals.filter((refusal) => {
    const isAllowed = isWaived(at, refusal);
    if (isAllowed) at.log.warn(`allowed (${refusal.allow}): ${refusal.text}`);
    return !isAllowed;
  });
}

async function missingFilesystem(there: Reader, { node, mounts, places }: View, dstfs: string | undefined): Promise<readonly string[]> {
  if (dstfs === undefined) return [];
  const real = await realPlace(there, dstfs);
  if (mountsOn(mounts, real).length === 0) {
    return [`the destination filesystem ${dstfs} is not mounted on ${node}: ${places.join(' ')} would fill the one below it`];
  }
  return places.filter((path) => path !== real && !isBelow(path, real)).map((path) => `${path} is not on dstfs ${dstfs} on ${node}`);
}

/** A filesystem that is meant to be mounted there too is started there like any resource. */
function mendOf({ resources, service }: Observe<Keywords>, node: string, dstfs: string | undefined): { mend?: string } {
  const standby = resources.find(({ config, standby }) => standby === true && config['mnt'] === dstfs);
  return standby === undefined ? {} : { mend: `svcmgr -s ${service} start --rid ${standby.rid}, on ${node}` };
}

/** Mounts that the service itself makes when it starts; a standby one is meant to be there. */
function ownMounts(resources: readonly ResourceView[]): readonly OwnMount[] {
  return resources.flatMap(({ rid, config, standby }) => {
    const mnt = config['mnt'];
    return typeof mnt === 'string' && standby !== true ? [{ rid, mnt }] : [];
  });
}

/** By its mount point, and by its filesystem: a bind mount shows it elsewhere too. */
function liveMounts({ node, mounts, places }: View, own: readonly OwnMount[]): readonly string[] {
  const isLive = ({ mnt }: OwnMount): boolean => {
    const live = mountsOn(mounts, mnt).at(-1);
    return live !== undefined && places.some((path) => overlaps(path, mnt) || mountOf(mounts, path)?.device === live.device);
  };
  return own.filter(isLive).map(({ rid, mnt }) => `${mnt} (${rid}) is mounted on ${node}: it is live data there`);
}

function hiddenBelow({ node, mounts, places }: View, own: readonly OwnMount[]): readonly string[] {
  return own
    .filter(({ mnt }) => mountsOn(mounts, mnt).length === 0 && places.some((path) => path === mnt || isBelow(path, mnt)))
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
