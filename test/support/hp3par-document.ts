/** What every scene of the HP 3PAR document has: two nodes, an array for each, one remote copy group, and how a node file knows the arrays. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestUser } from '../sim/hp3par/use.ts';

export const documentSides = [
  { name: 'node1', array: 'hp3par1.opensvc.com', rcg: 'MYRCG' },
  { name: 'node2', array: 'hp3par2.opensvc.com', rcg: 'MYRCG.r12345' },
] as const;

export const [array1, array2] = [documentSides[0].array, documentSides[1].array] as const;

/** Its service file, with a double in the place of what stands on the disks; `keywords` go behind those of [sync#1]. */
export function documentService(keywords = '', disks = '[fs#1]\ntype = double\n'): string {
  return `[DEFAULT]
nodes = node1
drpnodes = node2
lock_timeout = 30s

[sync#1]
type = hp3par
mode = async
array@node1 = hp3par1.opensvc.com
array@node2 = hp3par2.opensvc.com
rcg@node1 = MYRCG
rcg@node2 = MYRCG.r12345
sync_max_delay = 5
${keywords}
${disks}`;
}

export interface Reach {
  readonly address: string;
  readonly port: number;
  readonly publicHostKey: string;
}

/** Sections of a node file for both arrays, by key and host key, `lines` behind those of each; writes FOLDER/known_hosts. */
export function arraySections(folder: string, reach: (array: string) => Reach, user: TestUser, lines = ''): string {
  const knownHosts = path.join(folder, 'known_hosts');
  const places = documentSides.map(({ array }) => ({ array, ...reach(array) }));
  const hostOf = ({ address, port }: Reach) => (port === 22 ? address : `[${address}]:${port}`);
  writeFileSync(knownHosts, places.map((place) => `${hostOf(place)} ${place.publicHostKey}\n`).join(''));
  return places
    .map(
      ({ array, address, port }) =>
        `\n[array#${array}]\ntype = hp3par\nusername = ${user.name}\nmanager = ${address}\nport = ${port}\nkey = ${user.key}\nknown_hosts = ${knownHosts}\n${lines}`,
    )
    .join('');
}
