/**
 * The service of the HP 3PAR document (seed 004) on the lab's LUN: reservation, volume group, filesystem, LXC container, an address inside it.
 * Everything but the array, which the LUN stands for.
 */
import type { Lab, NodeName } from './lab.ts';
import type { RunOptions, RunResult } from './channel.ts';
import type { LabNode } from './node.ts';

export const serviceName = 'svc1.opensvc.com';
export const mountPoint = `/opt/${serviceName}`;
export const containerAddress = '10.77.0.80';

export const serviceText = `[DEFAULT]
nodes = node1
drpnodes = node2
encapnodes = ${serviceName}

[vg#1]
type = vg
vgname = vg_svc1
scsireserv = true

[fs#1]
type = ext4
dev = /dev/mapper/vg_svc1-rootdisk
mnt = ${mountPoint}
mnt_opt = defaults,discard

[container#0]
type = lxc
name = ${serviceName}
start_timeout = 2m
stop_timeout = 30s

[ip#1]
type = host
encap = true
ipname = ${containerAddress}
netmask = 24
ipdev = eth0
`;

/** Its eth0 is a second address of the card on the service network, so that the other node can reach it. */
const containerText = `lxc.uts.name = ${serviceName}
lxc.rootfs.path = dir:${mountPoint}/root
lxc.init.cmd = /sbin/init
lxc.apparmor.profile = unconfined
lxc.net.0.type = macvlan
lxc.net.0.macvlan.mode = bridge
lxc.net.0.link = eth0
lxc.net.0.name = eth0
lxc.net.0.flags = up
`;

/** Makes the volume group with its filesystem and the root folder of the container, and leaves all of it down. */
const provision = `
vgcreate -q vg_svc1 /dev/mapper/lun
lvcreate -q -y -n rootdisk -l 65%VG vg_svc1
mkfs.ext4 -q /dev/vg_svc1/rootdisk
mkdir -p "$1"
mount /dev/vg_svc1/rootdisk "$1"
cd "$1"
mkdir -p root/{bin,sbin,dev,proc,sys,tmp,etc,run}
cp /bin/busybox root/bin/
for applet in sh sleep cat pwd env true false kill mkdir mount rm id ps test echo; do ln -s busybox root/bin/$applet; done
echo 'root:x:0:0::/root:/bin/sh' >root/etc/passwd
echo 'root:x:0:' >root/etc/group
printf '#!/bin/sh\\ntrap "exit 0" PWR TERM INT\\nwhile :; do sleep 3600 & wait $!; done\\n' >root/sbin/init
chmod 755 root/sbin/init
dd if=/dev/zero of=counter bs=4096 count=1 status=none
cd /
umount "$1"
vgchange -q -a n vg_svc1
`;

/** On both nodes: node file, service file, configuration of the container. On the LUN: what the service needs. */
export async function prepareService(lab: Lab, text = serviceText): Promise<void> {
  await Promise.all([introduce(lab, 'node1', 'node2', text), introduce(lab, 'node2', 'node1', text)]);
  await lab.node('node1').sh(provision, [mountPoint], { timeoutMs: 180_000 });
}

/** Emulated, the agent of a peer needs longer for an answer. */
const patience = 'peer_timeout = 60s\nstatus_timeout = 60s\n';

async function introduce(lab: Lab, name: NodeName, other: NodeName, text: string): Promise<void> {
  const node = lab.node(name);
  const [address = ''] = lab.node(other).addresses('service');
  const paths = { address, key: '/root/.ssh/id_ed25519', known_hosts: '/root/.ssh/known_hosts', svcmgr: '/usr/bin/svcmgr' };
  const lines = Object.entries(paths).map(([key, value]) => `${key} = ${value}\n`);
  await node.sh('mkdir -p /etc/svcmgr/services.d "/var/lib/lxc/$1" "$2"', [serviceName, mountPoint]);
  await node.write('/etc/svcmgr/svcmgr.conf', `[node]\nname = ${name}\n${patience}\n[host#${other}]\n${lines.join('')}`);
  await node.write(`/etc/svcmgr/services.d/${serviceName}.conf`, text);
  await node.write(`/var/lib/lxc/${serviceName}/config`, containerText);
  // A node that crashed must find its configuration again.
  await node.must(['sync']);
}

/** svcmgr on a node, for this service; emulated, an action takes its time. */
export async function svcmgr(node: LabNode, words: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return await node.run(['svcmgr', '-s', serviceName, ...words], { timeoutMs: 240_000, ...options });
}

/** The same, which must succeed: the lines of its log, `VG#1PR sg_persist …`. */
export async function act(node: LabNode, ...words: readonly string[]): Promise<readonly string[]> {
  const result = await svcmgr(node, words);
  if (result.code !== 0) throw new Error(`${node.name}: ${words.join(' ')}: exit ${result.code}\n${result.stdout}${result.stderr}`);
  return logLines(result.stderr);
}

/** Of the console log: what the service or a resource of it said at level INFO. */
export function logLines(stderr: string): readonly string[] {
  const head = serviceName.toUpperCase();
  return stderr.split('\n').flatMap((line) => {
    const [, level, who = '', text = ''] = /^\d\d:\d\d:\d\d (\S+) +(\S+) (.*)$/.exec(line) ?? [];
    return level === 'INFO' && who.startsWith(head) ? [`${who.slice(head.length + 1)} ${text}`.trim()] : [];
  });
}

/** Its commands among them, without what they printed. */
export function commandsOf(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => /^\S+ (sg_persist|vgchange|kpartx|e2fsck|mount|umount|lxc-start|lxc-stop|ip) /.test(line));
}

export interface Seen {
  readonly avail: string;
  readonly monitor: { readonly interrupted: { readonly verb: string } | null };
  readonly resources: Readonly<Record<string, { readonly status: string; readonly notes: readonly { readonly text: string }[] }>>;
}

/** `print status` of one node, looked at anew. */
export async function statusOf(node: LabNode): Promise<Seen> {
  const { stdout, stderr, code } = await svcmgr(node, ['print', 'status', '--format', 'json']);
  if (code !== 0) throw new Error(`${node.name}: print status: exit ${code}\n${stderr}`);
  const parsed = JSON.parse(stdout) as Seen | { readonly services: readonly Seen[] };
  const found = 'services' in parsed ? parsed.services[0] : parsed;
  if (found === undefined) throw new Error(`${node.name} knows no service: ${stdout}`);
  return found;
}

/** The decimal digits of the address of the first card, 52:54:00:00:01:00 and 52:54:00:00:02:00, behind `0x`, as in the document. */
export const keys = { node1: '0x90520730730752', node2: '0x90520730731008' };
const paths = ['/dev/sda', '/dev/sdb'] as const;

/** Commands of a start in the document's order (its log of 13:32), then the address, which its container sets itself. */
export function startedCommands(name: 'node1' | 'node2'): readonly string[] {
  return [
    ...paths.map((path) => `VG#1PR sg_persist -n --out --register-ignore --param-sark=${keys[name]} ${path}`),
    `VG#1PR sg_persist -n --out --reserve --param-rk=${keys[name]} --prout-type=5 ${paths[0]}`,
    `VG#1 vgchange --addtag @${name} vg_svc1`,
    'VG#1 vgchange -a y vg_svc1',
    'FS#1 e2fsck -p /dev/mapper/vg_svc1-rootdisk',
    `FS#1 mount -t ext4 -o defaults,discard /dev/mapper/vg_svc1-rootdisk ${mountPoint}`,
    `CONTAINER#0 lxc-start -d -n ${serviceName} -o /var/tmp/svc_${serviceName}_lxc_start.log -f /var/lib/lxc/${serviceName}/config`,
    `IP#1 ip addr add ${containerAddress}/24 dev eth0 (in container#0)`,
  ];
}

/**
 * Commands of a stop in the document's order (its log of 13:29), but for two things: the tag stays until the volume is down, and lxc-stop is told
 * how long to wait and not to kill by itself.
 */
export function stoppedCommands(name: 'node1' | 'node2'): readonly string[] {
  return [
    `IP#1 ip addr del ${containerAddress}/24 dev eth0 (in container#0)`,
    `CONTAINER#0 lxc-stop -n ${serviceName} -o /var/tmp/svc_${serviceName}_lxc_stop.log -t 30 --nokill`,
    `FS#1 umount ${mountPoint}`,
    'VG#1 kpartx -d /dev/vg_svc1/rootdisk',
    'VG#1 vgchange -a n vg_svc1',
    `VG#1 vgchange --deltag @${name} vg_svc1`,
    `VG#1PR sg_persist -n --out --release --param-rk=${keys[name]} --prout-type=5 ${paths[0]}`,
    ...paths.map((path) => `VG#1PR sg_persist -n --out --register-ignore --param-rk=${keys[name]} ${path}`),
  ];
}

/** Lines of the document's log as this lab would say them: its own names, keys and two paths of the four. */
export function inLab(lines: readonly string[], name: 'node1' | 'node2'): readonly string[] {
  const theirs = [...new Set(lines.flatMap((line) => /\/dev\/sd\w+/.exec(line)?.[0] ?? []))];
  return lines.flatMap((line) => {
    const at = theirs.findIndex((path) => line.endsWith(` ${path}`));
    if (at >= paths.length) return [];
    const ours = line.replace(/0x\d{15}/, keys[name]).replace(`@${name}.opensvc.com`, `@${name}`);
    return [at < 0 ? ours : ours.replace(/\/dev\/sd\w+/, paths[at] ?? '')];
  });
}

export const nothing = { mounts: '', maps: 'lun', containers: '', tags: '', keys: 'NO registered' };

/** What a stopped service may not leave. */
export async function leftOn(node: LabNode): Promise<typeof nothing> {
  return {
    mounts: await node.sh('grep " $1 " /proc/mounts || true', [mountPoint]),
    maps: await node.sh('dmsetup ls | cut -f 1'),
    containers: await node.sh('lxc-info -n "$1" -s | grep RUNNING || true', [serviceName]),
    tags: await node.sh('vgs --noheadings -o tags vg_svc1 | tr -d " "'),
    keys: (await node.must(['sg_persist', '-n', '-k', '/dev/sda'])).match(/NO registered/)?.[0] ?? 'keys',
  };
}
