/** The interface of an ip.netns resource: made or moved inside, and taken away again (storage-drivers.md §5). Each step is only done where it is not yet. */
import type { Act, Argv, Observe } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { forgetIfKept, recallForBoot, rememberForBoot } from './boot-memory.ts';
import { type LinkDetail, readLinkDetails } from './links.ts';
import { cableNames, type netnsKeywords } from './netns-place.ts';

type At = Observe<typeof netnsKeywords>;
type Acting = Act<typeof netnsKeywords>;

/** Remembered before the first change: what this resource made, `veth0pl4711 veth0pg4711`. */
const cableKey = 'cable';

export interface Wiring {
  /** Pid or name of the network, for ip(8). */
  readonly into: string;
  /** Ends of the cable: the one that stays here, the one that goes inside. */
  readonly here: string;
  readonly there: string;
}

export function wiringOf({ config }: At, { into, tag }: { readonly into: string; readonly tag: string }): Wiring {
  return { into, ...cableNames(config.nsdev, tag) };
}

/** Was the interface inside made by this resource? One of another start, or of the container itself, has no such mark. */
export async function isOurs(at: At, wiring: Wiring): Promise<boolean> {
  return (await recallForBoot(at, cableKey)) === markOf(wiring);
}

function markOf({ here, there }: Wiring): string {
  return `${here} ${there}`;
}

const has = (links: readonly LinkDetail[], name: string): boolean => links.some((link) => link.name === name);
const set = (name: string, ...words: readonly string[]): Argv => ['ip', 'link', 'set', 'dev', name, ...words];

/** Why the interface cannot be made; undefined when it can be, or is ours already. */
export async function wiringFault(
  at: At,
  inside: readonly LinkDetail[],
  here: readonly LinkDetail[],
  wiring: Wiring,
): Promise<string | undefined> {
  const { ipdev, nsdev, mode } = at.config;
  const ours = await isOurs(at, wiring);
  if (has(inside, nsdev) && !ours) return `${nsdev} is already inside, and not of this resource: set nsdev`;
  const parent = here.find(({ name }) => name === ipdev);
  if (parent === undefined) return mode === 'dedicated' && ours ? undefined : `interface ${ipdev} not found`;
  return mode === 'bridge' && parent.kind !== 'bridge' ? `${ipdev} is no bridge, which mode = bridge wants` : undefined;
}

/** Brings the interface inside under its name; what is done already is left as it is. */
export async function plug(at: Acting, inside: Acting, wiring: Wiring): Promise<void> {
  const { nsdev, mode, ipdev } = at.config;
  const [here, there] = [await readLinkDetails(at.local), await readLinkDetails(inside.local)];
  const fault = await wiringFault(at, there, here, wiring);
  if (fault !== undefined) throw new SvcError('REFUSED', fault);
  await removeFormer(at, wiring, here);
  await rememberForBoot(at, cableKey, markOf(wiring));
  const comes = mode === 'dedicated' ? ipdev : wiring.there;
  const isInside = has(there, nsdev) || has(there, comes);
  if (!isInside && !has(here, comes)) await make(at, wiring, here);
  if (mode === 'bridge') await connect(at, wiring, here);
  if (!isInside) await at.local.change(set(comes, 'netns', wiring.into));
  if (!has(there, nsdev) && comes !== nsdev) await inside.local.change(set(comes, 'name', nsdev));
}

/** As large packets as the interface that carries them. */
async function make({ local, config }: Acting, { here, there }: Wiring, links: readonly LinkDetail[]): Promise<void> {
  const { ipdev, mode } = config;
  const mtu = ['mtu', String(links.find(({ name }) => name === ipdev)?.mtu ?? 1500)];
  if (mode === 'macvlan') {
    await local.change(['ip', 'link', 'add', 'link', ipdev, 'name', there, ...mtu, 'type', 'macvlan', 'mode', 'bridge']);
    return;
  }
  if (has(links, here)) await local.change(['ip', 'link', 'del', 'dev', here]);
  await local.change(['ip', 'link', 'add', 'name', here, ...mtu, 'type', 'veth', 'peer', 'name', there, ...mtu]);
}

async function connect({ local, config }: Acting, { here }: Wiring, links: readonly LinkDetail[]): Promise<void> {
  const end = links.find(({ name }) => name === here);
  if (end?.bridge !== config.ipdev) await local.change(set(here, 'master', config.ipdev));
  if (end?.up !== true) await local.change(set(here, 'up'));
}

/** The cable of a container that ended goes with its network, unless something still holds that. */
async function removeFormer(at: Acting, wiring: Wiring | undefined, links: readonly LinkDetail[]): Promise<void> {
  const former = await recallForBoot(at, cableKey);
  if (former === undefined || (wiring !== undefined && former === markOf(wiring))) return;
  const left = former.split(' ').find((name) => links.some((link) => link.name === name && link.kind !== undefined));
  if (left !== undefined) await at.local.change(['ip', 'link', 'del', 'dev', left]);
}

/** The network is gone: only what is left of the cable on this node. */
export async function unplugHere(at: Acting): Promise<void> {
  if ((await recallForBoot(at, cableKey)) !== undefined) await removeFormer(at, undefined, await readLinkDetails(at.local));
  await forgetIfKept(at, cableKey);
}

/** Takes away what a start of this resource brought, however far that had come. */
export async function unplug(at: Acting, inside: Acting, wiring: Wiring): Promise<void> {
  if (!(await isOurs(at, wiring))) return unplugHere(at);
  const { nsdev, mode, ipdev } = at.config;
  const there = await readLinkDetails(inside.local);
  const comes = mode === 'dedicated' ? ipdev : wiring.there;
  const present = [nsdev, comes].find((name) => has(there, name));
  if (mode === 'dedicated') await giveBack(at, inside, present);
  else if (present !== undefined) await inside.local.change(['ip', 'link', 'del', 'dev', present]);
  else await removeFormer(at, undefined, await readLinkDetails(at.local));
  await forgetIfKept(at, cableKey);
}

/** To the network of this agent, whose pid is what /proc/self leads to. */
async function giveBack(at: Acting, inside: Acting, present: string | undefined): Promise<void> {
  if (present === undefined) return;
  const { ipdev } = at.config;
  const self = (await at.local.resolve('/proc/self'))?.slice('/proc/'.length) ?? '1';
  await inside.local.change(set(present, 'down'));
  if (present !== ipdev) await inside.local.change(set(present, 'name', ipdev));
  await inside.local.change(set(ipdev, 'netns', self));
}
