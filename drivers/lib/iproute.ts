/** ip(8) of iproute2 with JSON output: links with their addresses, default routes. */
import type { Argv, Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { type Address, parseAddress } from './address.ts';

export interface LinkAddress {
  readonly address: Address;
  readonly prefix: number;
  /** IPv4: it goes when the primary address of its network goes (unless promote_secondaries). */
  readonly secondary: boolean;
  /** IPv6: duplicate address detection is still running. */
  readonly tentative: boolean;
  /** IPv6: another machine has it. */
  readonly dadFailed: boolean;
}

export interface Link {
  readonly name: string;
  readonly up: boolean;
  /** The kernel sees a partner: LOWER_UP. */
  readonly carrier: boolean;
  /** Knows ARP: neither loopback nor a tunnel. */
  readonly arp: boolean;
  readonly addresses: readonly LinkAddress[];
}

export interface DefaultRoute {
  readonly gateway: Address | undefined;
  /** Undefined for a route over several paths. */
  readonly dev: string | undefined;
  readonly metric: number | undefined;
}

const addrShow = ['ip', '-j', 'addr', 'show'] as const;
const routeShow = { 4: ['ip', '-j', 'route', 'show', 'default'], 6: ['ip', '-j', '-6', 'route', 'show', 'default'] } as const;

export const iprouteReads = [addrShow, routeShow[4], routeShow[6]] as const satisfies readonly ReadPrefix[];

/** Every link, whether or not the wanted one exists: asking for a missing one is an error of ip and would need its text. */
export async function readLinks(reader: Reader): Promise<readonly Link[]> {
  const links = parseLinks((await reader.read(addrShow)).stdout);
  // There is no network namespace without a loopback interface; taken for true, every address would be off.
  if (links.length === 0) throw new SvcError('COMMAND', `${addrShow.join(' ')} printed no interface at all`);
  return links;
}

export async function readDefaultRoutes(reader: Reader, family: 4 | 6): Promise<readonly DefaultRoute[]> {
  return parseRoutes((await reader.read(routeShow[family])).stdout);
}

export function addArgv(address: Address, prefix: number, dev: string): Argv {
  return ['ip', 'addr', 'add', `${address.text}/${prefix}`, 'dev', dev];
}

export function delArgv(address: Address, prefix: number, dev: string): Argv {
  return ['ip', 'addr', 'del', `${address.text}/${prefix}`, 'dev', dev];
}

export function routeArgv(verb: 'replace' | 'del', gateway: Address | undefined, dev: string, family: 4 | 6): Argv {
  const via = gateway === undefined ? [] : ['via', gateway.text];
  return ['ip', ...(family === 6 ? ['-6'] : []), 'route', verb, 'default', ...via, 'dev', dev];
}

export type Fields = Readonly<Record<string, unknown>>;

/** `ip -j addr show` */
export function parseLinks(text: string): readonly Link[] {
  return parseList(text).map(parseLink);
}

function parseLink(fields: Fields): Link {
  const { ifname, flags, addr_info: addresses } = fields;
  if (typeof ifname !== 'string' || !Array.isArray(flags) || !Array.isArray(addresses)) throw notUnderstood(JSON.stringify(fields));
  return {
    name: ifname,
    up: flags.includes('UP'),
    carrier: flags.includes('LOWER_UP'),
    arp: !flags.includes('NOARP') && !flags.includes('LOOPBACK'),
    addresses: (addresses as Fields[]).filter(isIp).map(parseLinkAddress),
  };
}

function isIp(fields: Fields): boolean {
  return fields['family'] === 'inet' || fields['family'] === 'inet6';
}

function parseLinkAddress(fields: Fields): LinkAddress {
  const { local, prefixlen } = fields;
  const address = typeof local === 'string' ? parseAddress(local) : undefined;
  if (address === undefined || typeof prefixlen !== 'number') throw notUnderstood(JSON.stringify(fields));
  const is = (flag: string) => fields[flag] === true;
  return { address, prefix: prefixlen, secondary: is('secondary'), tentative: is('tentative'), dadFailed: is('dadfailed') };
}

/** `ip -j route show default` */
export function parseRoutes(text: string): readonly DefaultRoute[] {
  return parseList(text).map((fields) => {
    const { dst, gateway, dev, metric } = fields;
    if (dst !== 'default') throw notUnderstood(JSON.stringify(fields));
    return {
      gateway: typeof gateway === 'string' ? parseAddress(gateway) : undefined,
      dev: typeof dev === 'string' ? dev : undefined,
      metric: typeof metric === 'number' ? metric : undefined,
    };
  });
}

/** ip prints nothing at all, or `[]`, when there is nothing; and `{}` for what it left out. */
export function parseList(text: string): readonly Fields[] {
  if (text.trim() === '') return [];
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new SvcError('COMMAND', `ip printed no JSON: ${text.slice(0, 200)}`, { cause });
  }
  if (!Array.isArray(list) || list.some((item) => typeof item !== 'object' || item === null)) throw notUnderstood(text);
  return (list as Fields[]).filter((item) => Object.keys(item).length > 0);
}

export function notUnderstood(line: string): SvcError {
  return new SvcError('COMMAND', `ip printed something that is not understood: ${line.slice(0, 200)}`, { facts: { line } });
}
