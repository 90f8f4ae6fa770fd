/** The OpenSSH client with the same host, key and trust: for bulk data, which it moves faster than a library in JavaScript (spec/floors.md §5). */
import { readFileSync } from 'node:fs';
import { knownHostsFiles } from './host-key.ts';
import type { SshHost } from './host.ts';
import { entriesAbout, type KnownHost, parseKnownHosts } from './known-hosts.ts';

export interface OpensshOptions {
  /** The address that answered; default the first one. */
  readonly address?: string;
  /** Socket for one shared login of several streams (at most about 90 characters); each logs in for itself when absent. */
  readonly controlPath?: string;
  readonly connectTimeoutS?: number;
}

/** `ssh` with its options, without the destination: the value of `rsync -e` once quoted (`rsyncShell`). Never asks, never trusts anew. */
export function opensshArgv(host: SshHost, options: OpensshOptions = {}): readonly [string, ...string[]] {
  const files = knownHostsFiles(host);
  const alias = aliasFor(host, options.address ?? host.addresses[0] ?? host.name);
  const settings = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${files.map(quoteSetting).join(' ')}`,
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    `ConnectTimeout=${options.connectTimeoutS ?? 5}`,
    'ServerAliveInterval=10',
    'ServerAliveCountMax=3',
    ...(alias === undefined ? [] : [`HostKeyAlias=${alias}`]),
    ...keySettings(host),
    ...(options.controlPath === undefined
      ? []
      : ['ControlMaster=auto', `ControlPath=${quoteSetting(options.controlPath)}`, 'ControlPersist=30']),
    ...(host.legacy === true ? legacySettings : []),
  ];
  return ['ssh', '-F', 'none', ...settings.flatMap((setting) => ['-o', setting]), '-p', String(host.port), '-l', host.user];
}

/** Where to: goes behind `opensshArgv`; for rsync `DESTINATION:PATH`, in brackets when it is an IPv6 address. */
export function opensshDestination(host: SshHost, address = host.addresses[0] ?? host.name): string {
  return address.includes(':') ? `[${address}]` : address;
}

/** The words as one value of `rsync -e`, which splits at spaces and knows quotes but no backslashes. */
export function rsyncShell(words: readonly string[]): string {
  return words.map((word) => (/^[^\s'"]+$/.test(word) ? word : `'${word.replaceAll("'", "''")}'`)).join(' ');
}

/** OpenSSH looks the address up, we the name too: where only the name is known, it is told to look for that. */
function aliasFor(host: SshHost, address: string): string | undefined {
  const { port } = host;
  const entries = knownHostsFiles(host).flatMap(readEntriesNow);
  if (address === host.name || entriesAbout(entries, { names: [address], port }).length > 0) return undefined;
  if (entriesAbout(entries, { names: [host.name], port }).length === 0) return undefined;
  const exact = port !== 22 && entriesAbout(entries, { names: [`[${host.name}]:${port}`], port: 22 }).length > 0;
  return exact ? `[${host.name}]:${port}` : host.name;
}

function keySettings({ key, agentSocket }: SshHost): readonly string[] {
  if (key !== undefined) return ['IdentitiesOnly=yes', 'IdentityAgent=none', `IdentityFile=${quoteSetting(key)}`];
  return agentSocket === undefined ? ['IdentityAgent=none'] : [`IdentityAgent=${quoteSetting(agentSocket)}`];
}

const legacySettings = [
  'HostKeyAlgorithms=+ssh-rsa,ssh-dss',
  'PubkeyAcceptedAlgorithms=+ssh-rsa',
  'KexAlgorithms=+diffie-hellman-group14-sha1,diffie-hellman-group1-sha1',
  'Ciphers=+aes128-cbc,3des-cbc',
  'MACs=+hmac-sha1,hmac-md5',
];

/** ssh_config(5): white space separates, a percent sign begins a token. */
function quoteSetting(text: string): string {
  const escaped = text.replaceAll('%', '%%');
  return /[\s"'\\]/.test(text) ? `"${escaped.replace(/["\\]/g, '\\$&')}"` : escaped;
}

/** Called while an argv is put together, which nobody waits for. A file that cannot be read knows nobody: OpenSSH will say so. */
function readEntriesNow(file: string): readonly KnownHost[] {
  try {
    return parseKnownHosts(readFileSync(file, 'utf8'), file);
  } catch {
    return [];
  }
}
