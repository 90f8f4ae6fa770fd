/** Where an ip.netns resource is: the network it belongs to, the names of its cable, and whether that network is there now. */
import type { Observe, Reader } from '../../agent/driver/contract.ts';
import type { Config, Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { parseAddress, parseNetmask, shareNetwork } from './address.ts';
import { ipKeywords, prefixFromLink, type Place } from './ip-status.ts';
import { readLinks } from './iproute.ts';

export const netnsKeywords = {
  ...ipKeywords,
  ipdev: { ...ipKeywords.ipdev, text: 'Interface of this node that connects the network: a bridge, or what mode says.', example: 'br0' },
  container: { kind: 'string', text: 'Container in whose network the address is; its rid.', example: 'container#0' },
  netns: {
    kind: 'string',
    text: 'Network namespace that the address is in, by its name below /run/netns, in place of a container.',
    example: 'blue',
  },
  mode: {
    kind: 'enum',
    choices: ['bridge', 'macvlan', 'dedicated'],
    default: 'bridge',
    text: 'How the network is connected: a cable to the bridge ipdev, a macvlan on ipdev, or ipdev itself moved there.',
  },
  nsdev: { kind: 'string', default: 'eth0', text: 'Name of the interface inside.', example: 'eth1' },
  network: { kind: 'string', text: 'Network of the address, with its bits; tells the netmask.', example: '10.0.0.0/24' },
} as const satisfies Keywords;

export type NetnsConfig = Config<typeof netnsKeywords>;
export type At = Observe<typeof netnsKeywords>;

/** The target of `at.on`; CONFIG unless exactly one of `container` and `netns` is set. */
export function targetOf({ container, netns }: Pick<NetnsConfig, 'container' | 'netns'>): { readonly netns: string } {
  if ((container === undefined) === (netns === undefined)) throw new SvcError('CONFIG', 'set either container or netns');
  if (container !== undefined && !container.includes('#'))
    throw new SvcError('CONFIG', `container = ${container}: write its rid, like container#0`);
  if (netns !== undefined && !/^[\w.-]{1,255}$/.test(netns))
    throw new SvcError('CONFIG', `netns = ${netns}: not the name of a network namespace`);
  return { netns: container ?? netns ?? '' };
}

/** How the network is named to ip(8), and what tells its cable from those of others; `absent`: why it is not there. */
export type Home = { readonly absent: string } | { readonly absent: undefined; readonly into: string; readonly tag: string };

/** Throws when it cannot be told. */
export async function findHome(at: At): Promise<Home> {
  const { netns } = targetOf(at.config);
  if (at.config.container === undefined) {
    const isThere = (await at.local.stat(`/run/netns/${netns}`)) !== undefined;
    return isThere ? { absent: undefined, into: netns, tag: shortTag(netns) } : { absent: `network namespace ${netns} does not exist` };
  }
  const container = at.resource(netns);
  if (container === undefined) throw new SvcError('CONFIG', `container = ${netns}: the service has no such resource`);
  const { state = 'undef', facts } = container.report ?? {};
  if (state === 'down') return { absent: `${netns} is down` };
  if (state === 'undef') throw new SvcError('UNREACHABLE', `cannot be told while ${netns} is undef`);
  const pid = facts?.['pid'];
  if (typeof pid !== 'number') throw new SvcError('UNREACHABLE', `${netns} is ${state}, but tells no process of its own`);
  return { absent: undefined, into: String(pid), tag: String(pid) };
}

/** Six letters and digits from a name (FNV-1a): names of interfaces have no room for more. */
function shortTag(name: string): string {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(36).padStart(6, '0').slice(-6);
}

const longestName = 15;

/** `veth0pl4711` stays here, `veth0pg4711` goes inside (storage-drivers.md §5). */
export function cableNames(nsdev: string, tag: string): { readonly here: string; readonly there: string } {
  const head = `v${nsdev}`.slice(0, longestName - tag.length - 2);
  return { here: `${head}pl${tag}`, there: `${head}pg${tag}` };
}

/** The same context inside: its interface is nsdev, its looks and effects are those of the network. */
export function insideOf<A extends At>(at: A, netmask: string | undefined): A {
  const target = targetOf(at.config);
  return {
    ...at,
    local: at.on(target),
    config: { ...at.config, ipdev: at.config.nsdev, netmask },
    // The network of a container is known by its rid, which another service may have too.
    shared: (key: string, probe: () => Promise<never>) =>
      at.shared(`${key} in ${target.netns.includes('#') ? `${at.service} ` : ''}${target.netns}`, probe),
  };
}

/** The netmask as the file says it, or as the network or the interface of this node tells it; undefined when nothing does. */
export async function netmaskOf(at: At, reader: Reader): Promise<string | undefined> {
  const { netmask, network, ipname, ipdev } = at.config;
  if (netmask !== undefined) return netmask;
  if (network !== undefined) return /\/(.+)$/.exec(network)?.[1];
  const address = parseAddress(ipname);
  if (address === undefined) return undefined;
  const prefix = prefixFromLink(
    (await readLinks(reader)).find(({ name }) => name === ipdev),
    address,
  );
  return prefix === undefined ? undefined : String(prefix);
}

/** Why the address cannot be in the network that the file names; undefined when it can. */
export function networkFault({ network }: Pick<NetnsConfig, 'network'>, { address }: Pick<Place, 'address'>): string | undefined {
  if (network === undefined) return undefined;
  const [, text = '', bits = ''] = /^([^/]+)\/(.+)$/.exec(network) ?? [];
  const base = parseAddress(text);
  if (base === undefined) throw new SvcError('CONFIG', `network = ${network}: write it like 10.0.0.0/24`);
  const prefix = parseNetmask(bits, base.family);
  return shareNetwork(base, address, prefix) ? undefined : `${address.text} is not in the network ${network}`;
}
