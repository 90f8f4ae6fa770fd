/** Who owns a volume group: a tag with the name of the node on which it is active (storage-drivers.md §1). */
import type { Act, Blocker, Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';

/** Tags of others. LVM keeps them without the `@` that the command line carries; an old one may have it. */
export function foreignTags(tags: readonly string[], node: string): readonly string[] {
  return tags.filter((tag) => plain(tag) !== plain(node));
}

export function hasOwnTag(tags: readonly string[], node: string): boolean {
  return tags.some((tag) => plain(tag) === plain(node));
}

function plain(tag: string): string {
  return (tag.startsWith('@') ? tag.slice(1) : tag).toLowerCase();
}

/** A service file may name a node by its short name; the tag always holds the full one. */
function isSameHost(node: string, tag: string): boolean {
  const [named, owner] = [plain(node), plain(tag)];
  return named === owner || owner.startsWith(`${named}.`);
}

/** The reservation that guards the devices of this resource, if it has one. */
export function reservationOf(rid: string): string {
  return `${rid}pr`;
}

/**
 * Why a foreign tag may not simply be replaced; undefined when its owner cannot write any more, which one of two things proves: the
 * reservation is ours (whoever held it was preempted), or the agent of that node says that it is down there.
 */
export async function whyOwned<T extends Keywords>(at: Observe<T>, tag: string): Promise<string | undefined> {
  if (isReserved(at)) return undefined;
  const peer = at.peers.find(({ node }) => isSameHost(node, tag));
  if (peer === undefined) return `it carries the tag ${tag}, and no other node of the service has this name`;
  const instance = await at.instanceOn(peer.node);
  return instance.state === 'down' ? undefined : `it carries the tag of ${peer.node}: ${instance.text}`;
}

/** Is the reservation of these devices held by this node now (a path of it may be missing)? */
export function isReserved<T extends Keywords>(at: Observe<T>): boolean {
  const report = at.resource(reservationOf(at.rid))?.report;
  return report?.state === 'up' || report?.facts?.['held'] === true;
}

/** Will the walk take the reservation before it comes to this resource? Its own refusals come first then. */
export function isGuarded<T extends Keywords>(at: Observe<T>): boolean {
  const guard = at.resource(reservationOf(at.rid));
  return guard !== undefined && guard.type === 'vg.scsireserv' && guard.report?.state !== 'n/a';
}

/** The verb itself asks again what was asked before the walk. REFUSED by the first refusal that was not waived. */
export function mustBeAllowed<T extends Keywords>(at: Act<T>, refusals: readonly Blocker[]): void {
  const waived = [
    ...(at.allows('foreign-tag') ? ['foreign-tag'] : []),
    ...(at.allows('degraded') ? ['degraded'] : []),
    ...(at.allows('overwrite-data') ? ['overwrite-data'] : []),
  ];
  const standing = refusals.find(({ allow }) => allow === undefined || !waived.includes(allow));
  if (standing === undefined) return;
  const { text, allow } = standing;
  throw new SvcError('REFUSED', text, allow === undefined ? {} : { hint: `--allow ${allow} goes on all the same` });
}
