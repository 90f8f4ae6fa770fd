/** The service of the demo: as much of it as this machine and this user can run. */
import { readFileSync } from 'node:fs';
import type { DemoPlace } from './demo-folder.ts';
import { missing } from './skip.ts';

export interface DemoPlan {
  readonly place: DemoPlace;
  readonly hasBlock: boolean;
  readonly hasAddress: boolean;
  /** What the demo does without, and why. */
  readonly leftOut: readonly string[];
  readonly url: string;
}

/** Bits of capabilities(7): root of a container may lack them. */
const capabilities = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n } as const;

/** Looks at what is possible here: root and its capabilities, tools, loop devices. */
export function planDemo(place: DemoPlace): DemoPlan {
  const block =
    missing({ root: true, tools: ['losetup', 'mkfs.ext4', 'e2fsck', 'mount'], files: ['/dev/loop-control'] }) ?? lacks('CAP_SYS_ADMIN');
  const address = missing({ root: true, tools: ['ip'] }) ?? lacks('CAP_NET_ADMIN');
  const host = address === undefined ? place.address : '127.0.0.1';
  return {
    place,
    hasBlock: block === undefined,
    hasAddress: address === undefined,
    leftOut: [
      ...(block === undefined ? [] : [`the image file, loop device and ext4 (${block}); a folder stands in for them`]),
      ...(address === undefined ? [] : [`the address (${address}); 127.0.0.1 stands in for it`]),
    ],
    url: `http://${host}:${place.port}/`,
  };
}

/** Why not, in words; undefined when this process has it. */
export function lacks(name: keyof typeof capabilities): string | undefined {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return (BigInt(`0x${mask}`) & (1n << capabilities[name])) === 0n ? `needs ${name}` : undefined;
}

/** The application: shows one page from the filesystem of the service. */
export const pageServer = `import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const [folder, host, port] = process.argv.slice(2);
createServer((request, reply) => reply.end(readFileSync(folder + '/page.txt'))).listen(Number(port), host);
`;

const block = `
[vg#1]
type = loop
file = {env.base}/img
size = 32m

[fs#1]
type = ext4
dev = {vg#1.file}
mnt = {env.base}/www
`;

const folder = `
[fs#1]
type = directory
path = {env.base}/www

[fs#2]
type = flag
`;

export function serviceText({ place, hasBlock, hasAddress }: DemoPlan): string {
  const address = `
[ip#1]
type = host
ipname = ${place.address}
netmask = 32
ipdev = lo
`;
  return `[DEFAULT]
comment = A page on a filesystem of its own, behind an address of its own

[env]
base = ${place.folder}
port = ${place.port}
${hasAddress ? address : ''}${hasBlock ? block : folder}
[app#1]
type = simple
# The page is on the filesystem of the service: without it there is nothing to show.
pre_start = /bin/sh -c 'echo "hello from {svcname} on {nodename}" >{${hasBlock ? 'fs#1.mnt' : 'fs#1.path'}}/page.txt'
blocking_pre_start = /bin/sleep 1
start = ${process.execPath} {env.base}/server.mjs {${hasBlock ? 'fs#1.mnt' : 'fs#1.path'}} ${hasAddress ? '{ip#1.ipname}' : '127.0.0.1'} {env.port}
`;
}
