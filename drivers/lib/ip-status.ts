/** Where the address of an ip.host resource is, and where it should be (storage-drivers.md §5). */
import type { Note, Observe, Report } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { type Address, isSameAddress, parseAddress, parseNetmask, shareNetwork } from './address.ts';
import { hasDefaultRoute, parseGateway } from './default-route.ts';
import { type Link, type LinkAddress, readLinks } from './iproute.ts';
import { resolveName } from './resolve-name.ts';

export const ipKeywords = {
  ipname: {
    kind: 'string',
    required: true,
    alias: ['name'],
    text: 'Address, or a name that resolves to one address.',
    example: '10.0.0.10',
  },
  ipdev: { kind: 'string', required: true, alias: ['dev'], text: 'Interface that carries the address.', example: 'eth0' },
  netmask: {
    kind: 'string',
    text: 'Bits or dotted mask of the network; taken from the other addresses of the interface when not set.',
    example: '24',
  },
  gateway: {
    kind: 'string',
    text: 'Address of a router: start makes it the default route, stop puts the former one back.',
    example: '10.0.0.1',
  },
  check_conflict: { kind: 'boolean', default: 'true', text: 'Whether start first asks the network if somebody has the address.' },
  announce: { kind: 'boolean', default: 'true', text: 'Whether start tells the neighbours by a gratuitous ARP where the address is now.' },
} as const satisfies Keywords;

type At = Observe<typeof ipKeywords>;

export type Found = { readonly kind: 'found'; readonly address: Address } | { readonly kind: 'unknown'; readonly why: string };

export interface Place {
  readonly kind: 'found';
  readonly address: Address;
  /** Bits of the network; undefined when neither netmask nor the interface tells. */
  readonly prefix: number | undefined;
  readonly link: Link | undefined;
  /** The address on the wanted interface. */
  readonly current: LinkAddress | undefined;
  /** Other interfaces that carry it. */
  readonly others: readonly string[];
}

/** `remembered`: what the last start used; it wins over a name, whose answer may have changed or be gone. */
export async function findAddress(at: At, remembered?: string): Promise<Found> {
  const known = remembered === undefined ? undefined : parseAddress(remembered);
  if (known !== undefined) return { kind: 'found', address: known };
  const { ipname } = at.config;
  const addresses = await resolveName(at.local, ipname);
  const [address] = addresses;
  if (address === undefined) return { kind: 'unknown', why: `cannot resolve ${ipname}` };
  if (addresses.length > 1) {
    return {
      kind: 'unknown',
      why: `${ipname} has several addresses (${addresses.map(({ text }) => text).join(', ')}): write the one that is meant`,
    };
  }
  return { kind: 'found', address };
}

export async function wantedPlace(at: At, links: readonly Link[]): Promise<Place | Exclude<Found, { kind: 'found' }>> {
  const found = await findAddress(at);
  if (found.kind === 'unknown') return found;
  const { address } = found;
  const { ipdev, netmask } = at.config;
  const link = links.find(({ name }) => name === ipdev);
  const has = (each: Link): LinkAddress | undefined => each.addresses.find((one) => isSameAddress(one.address, address));
  return {
    kind: 'found',
    address,
    prefix: netmask === undefined ? prefixFromLink(link, address) : parseNetmask(netmask, address.family),
    link,
    current: link === undefined ? undefined : has(link),
    others: links.filter((each) => each !== link && has(each) !== undefined).map(({ name }) => name),
  };
}

export function prefixFromLink(link: Link | undefined, address: Address): number | undefined {
  return link?.addresses.find((one) => shareNetwork(one.address, address, one.prefix))?.prefix;
}

export async function ipStatus(at: At): Promise<Report> {
  const links = await at.shared('ip -j addr show', () => readLinks(at.local));
  const place = await wantedPlace(at, links);
  if (place.kind === 'unknown') return { state: 'warn', notes: [{ level: 'warn', text: place.why }] };
  const notes = [...otherNotes(at, place), ...linkNotes(at, place)];
  const facts = { address: place.address.text };
  if (place.current === undefined) return { state: place.others.length > 0 ? 'warn' : 'down', notes, facts };
  notes.push(...currentNotes(place, place.current), ...(await gatewayNotes(at)));
  return { state: notes.some((note) => note.level !== 'info') ? 'warn' : 'up', notes, facts };
}

function otherNotes(at: At, { others, address }: Place): readonly Note[] {
  return others.map((name) => ({ level: 'warn', text: `${address.text} is on ${name}, expected ${at.config.ipdev}` }));
}

function linkNotes(at: At, { link }: Place): readonly Note[] {
  const { ipdev } = at.config;
  if (link === undefined) return [{ level: 'warn', text: `interface ${ipdev} not found` }];
  if (!link.up) return [{ level: 'warn', text: `interface ${ipdev} is down`, mend: `ip link set dev ${ipdev} up` }];
  return link.carrier ? [] : [{ level: 'warn', text: `interface ${ipdev} has no carrier` }];
}

export function currentNotes({ prefix, address }: Place, current: LinkAddress): readonly Note[] {
  const notes: Note[] = [];
  if (prefix !== undefined && prefix !== current.prefix)
    notes.push({ level: 'warn', text: `current netmask ${current.prefix}, expected ${prefix}` });
  if (current.dadFailed)
    notes.push({ level: 'error', text: `${address.text} is in use by another machine: this one does not answer for it` });
  else if (current.tentative) notes.push({ level: 'warn', text: `${address.text} is still being checked for duplicates` });
  return notes;
}

export async function gatewayNotes(at: At): Promise<readonly Note[]> {
  const { gateway, ipdev } = at.config;
  if (gateway === undefined || (await hasDefaultRoute(at.local, parseGateway(gateway), ipdev))) return [];
  return [{ level: 'warn', text: `no default route via ${gateway} on ${ipdev}`, mend: `svcmgr -s ${at.service} start --rid ${at.rid}` }];
}
