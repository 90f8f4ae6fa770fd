/** Configuration that a node finds in its root at each boot: names, ssh between the nodes, iSCSI, LVM without udev. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { runHost } from './host.ts';
import type { Entry } from './cpio.ts';

export interface Identity {
  readonly name: string;
  readonly address: string;
  /** The node's host key, and the key of its root, which every node lets in. */
  readonly key: string;
  readonly publicKey: string;
}

/** An address on the service network for each, and one ssh key. */
export async function makeIdentities(folder: string, names: readonly string[]): Promise<readonly Identity[]> {
  return await Promise.all(
    names.map(async (name, index) => {
      const file = path.join(folder, `${name}.key`);
      await runHost(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
      const text = (suffix: string) => readFileSync(`${file}${suffix}`, 'utf8');
      return { name, address: `10.77.0.${index + 1}`, key: text(''), publicKey: text('.pub') };
    }),
  );
}

export function nodeFiles(name: string, identities: readonly Identity[]): readonly Entry[] {
  const own = identities.find((identity) => identity.name === name);
  const common: readonly Entry[] = [
    { path: 'etc/hosts', content: ['127.0.0.1 localhost', ...identities.map((one) => `${one.address} ${one.name}`), ''].join('\n') },
    { path: 'etc/lvm/lvmlocal.conf', content: lvmConfig },
    ...['dmsetup', 'kpartx'].map((tool) => ({ path: `usr/local/sbin/${tool}`, content: withoutUdev(tool), mode: 0o755 })),
    { path: 'usr/local/sbin/multipath', content: reloadMap, mode: 0o755 },
  ];
  return own === undefined ? common : [...common, ...sshFiles(own, identities), ...iscsiFiles(name)];
}

/** No udev runs in a node. */
const lvmConfig = `activation {
  udev_sync = 0
  udev_rules = 0
  verify_udev_operations = 1
}
devices {
  obtain_device_list_from_udev = 0
}
`;

/** Found before the real one: makes device files itself, whatever environment it is started in. */
function withoutUdev(tool: string): string {
  return `#!/bin/sh\nDM_DISABLE_UDEV=1 exec /usr/sbin/${tool} "$@"\n`;
}

/** `multipath -r MAP`, which needs udev: the map is loaded anew, writable. */
const reloadMap = `#!/bin/sh
[ "$1" = -r ] || { echo "multipath $*: the lab has only -r" >&2; exit 1; }
table=$(dmsetup table "$2") && dmsetup load "$2" --table "$table" && dmsetup resume "$2"
`;

function sshFiles(own: Identity, identities: readonly Identity[]): readonly Entry[] {
  const lines = [
    `ListenAddress ${own.address}`,
    'HostKey /etc/ssh/lab_host_key',
    'PidFile none',
    'UsePAM no',
    'UseDNS no',
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PrintMotd no',
    'PrintLastLog no',
    'MaxStartups 100',
    'ClientAliveInterval 5',
    'ClientAliveCountMax 3',
    // Keeps bash from reading ~/.bashrc for every command.
    'SetEnv SHLVL=1 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    '',
  ];
  const known = identities.map((one) => `${one.address},${one.name} ${one.publicKey}`).join('');
  return [
    { path: 'etc/ssh/lab_sshd_config', content: lines.join('\n') },
    { path: 'etc/ssh/lab_host_key', content: own.key, mode: 0o600 },
    { path: 'root/.ssh/id_ed25519', content: own.key, mode: 0o600 },
    { path: 'root/.ssh/known_hosts', content: known },
    { path: 'root/.ssh/authorized_keys', content: identities.map((one) => one.publicKey).join(''), mode: 0o600 },
  ];
}

export function initiatorOf(name: string): string {
  return `iqn.2026-11.svcmgr.lab:${name}`;
}

/** Short limits, so that a cut storage network is an error after seconds, not minutes. */
function iscsiFiles(name: string): readonly Entry[] {
  const lines = [
    'node.startup = manual',
    'node.session.timeo.replacement_timeout = 5',
    'node.conn[0].timeo.login_timeout = 15',
    'node.conn[0].timeo.logout_timeout = 15',
    'node.conn[0].timeo.noop_out_interval = 5',
    'node.conn[0].timeo.noop_out_timeout = 10',
    '',
  ];
  return [
    { path: 'etc/iscsi/initiatorname.iscsi', content: `InitiatorName=${initiatorOf(name)}\n`, mode: 0o600 },
    { path: 'etc/iscsi/iscsid.conf', content: lines.join('\n'), mode: 0o600 },
  ];
}
