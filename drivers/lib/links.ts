/** Network links with their kind, from ip(8): what they are, and on which bridge. */
import type { Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { type Fields, notUnderstood, parseList } from './iproute.ts';

export interface LinkDetail {
  readonly name: string;
  /** `veth`, `bridge`, `macvlan` …; undefined for a physical one. */
  readonly kind: string | undefined;
  readonly up: boolean;
  readonly mtu: number;
  /** The bridge it is on. */
  readonly bridge: string | undefined;
}

const linkShow = ['ip', '-j', '-d', 'link', 'show'] as const;

export const linkReads = [linkShow] as const satisfies readonly ReadPrefix[];

export async function readLinkDetails(reader: Reader): Promise<readonly LinkDetail[]> {
  return parseLinkDetails((await reader.read(linkShow)).stdout);
}

export async function namesOfKind(reader: Reader, kind: string): Promise<readonly string[]> {
  return (await readLinkDetails(reader)).filter((link) => link.kind === kind).map(({ name }) => name);
}

/** `ip -j -d link show` */
export function parseLinkDetails(text: string): readonly LinkDetail[] {
  return parseList(text).map((fields) => {
    const { ifname: name, flags, mtu, master, linkinfo } = fields;
    if (typeof name !== 'string' || !Array.isArray(flags) || typeof mtu !== 'number') throw notUnderstood(JSON.stringify(fields));
    const kind = (linkinfo as Fields | undefined)?.['info_kind'];
    return {
      name,
      kind: typeof kind === 'string' ? kind : undefined,
      up: flags.includes('UP'),
      mtu,
      bridge: typeof master === 'string' ? master : undefined,
    };
  });
}
