/** The service of the second part of the demo: it goes from node1 to node2 and back, with its data. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lacks } from './demo-service.ts';
import { lxcNeeds, makeRoot } from './lxc.ts';
import { namePrefix } from './names.ts';
import { nodesNeeds } from './nodes.ts';
import { missing } from './skip.ts';

/** In the network of the nodes (test/support/nodes.ts), which leads nowhere else. */
export const webAddress = '10.77.0.100';

const tools = [...nodesNeeds.tools, ...(lxcNeeds.tools ?? []), 'rsync', 'losetup', 'mkfs.ext4', 'e2fsck', 'arping'];

/** Why this machine or user cannot show it; undefined when it can. */
export function lackOfTwoNodes(): string | undefined {
  return missing({ root: true, tools, files: ['/dev/loop-control'] }) ?? lacks('CAP_SYS_ADMIN') ?? lacks('CAP_NET_ADMIN');
}

/** Both nodes share the kernel, so each has a container with a name of its own; elsewhere one name does. */
function containerName(node: string): string {
  return `${namePrefix()}${node}`;
}

/** `base` has a folder of each node, as its disk would be. */
export function webText(base: string): string {
  return `[DEFAULT]
comment = A page that counts its visits, in a container that goes where its data is
nodes = node1 node2
encapnodes = ${containerName('node1')} ${containerName('node2')}

[env]
base = ${base}

# Standby: each node has it mounted all the time, or the copies would have nowhere to go.
[vg#1]
type = loop
standby = true
file = {env.base}/{nodename}/disk.img
size = 32m

[fs#1]
type = ext4
standby = true
dev = {vg#1.file}
mnt = {env.base}/{nodename}/data

[container#0]
type = lxc
name = ${namePrefix()}{nodename}
cf = {env.base}/{nodename}/lxc.conf
start_timeout = 20s
stop_timeout = 10s

# Both are in the container (encap); nothing of svcmgr is.
[ip#1]
type = host
encap = true
ipname = ${webAddress}
netmask = 24
ipdev = eth0

[app#1]
type = simple
encap = true
start = /bin/busybox httpd -f -p ${webAddress}:80 -h /srv
check = /bin/busybox wget -q -O /dev/null http://${webAddress}/visits
timeout = 10s

[sync#1]
type = rsync
target = nodes
src = {fs#1.mnt}/
dst@node1 = {env.base}/node2/data
dst@node2 = {env.base}/node1/data
dstfs@node1 = {env.base}/node2/data
dstfs@node2 = {env.base}/node1/data
`;
}

/** The configuration of the container of a node; its root folder is on the filesystem of the service. */
export function writeContainer(base: string, node: string): void {
  const lines = [
    `lxc.uts.name = web-on-${node}`,
    `lxc.rootfs.path = dir:${path.join(base, node, 'data/root')}`,
    'lxc.init.cmd = /sbin/init',
    'lxc.apparmor.profile = unconfined',
    'lxc.net.0.type = macvlan',
    'lxc.net.0.macvlan.mode = bridge',
    'lxc.net.0.link = eth0',
    'lxc.net.0.name = eth0',
    'lxc.net.0.flags = up',
  ];
  mkdirSync(path.join(base, node), { recursive: true });
  writeFileSync(path.join(base, node, 'lxc.conf'), `${lines.join('\n')}\n`);
}

const init = `#!/bin/sh
trap "exit 0" PWR TERM INT
while :; do sleep 3600 & wait $!; done
`;

/** Counts its visits in a file, so that one sees that the data came along. */
const counter = `#!/bin/sh
read -r visits </srv/visits
visits=$((visits + 1))
echo $visits >/srv/visits
echo "Content-Type: text/plain"
echo
echo "visit $visits, answered by $(busybox hostname)"
`;

/** What a person would install once: a root folder with busybox, and the page. */
export function installRoot(base: string, node: string): void {
  const root = path.join(base, node, 'data/root');
  makeRoot(root);
  mkdirSync(path.join(root, 'srv/cgi-bin'), { recursive: true });
  writeFileSync(path.join(root, 'srv/visits'), '0\n');
  for (const [file, text] of Object.entries({ 'sbin/init': init, 'srv/cgi-bin/page': counter })) {
    writeFileSync(path.join(root, file), text);
    chmodSync(path.join(root, file), 0o755);
  }
}
