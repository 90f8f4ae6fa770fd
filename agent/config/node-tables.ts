/** Keyword tables of the other sections of the node file (spec/config.md "Files"); drivers read them as strings. */
import type { Keywords } from '../driver/keywords.ts';

/** How to reach a peer: `[host#NAME]`. */
export const hostKeywords = {
  address: { kind: 'list', text: 'Addresses of the peer, the first one that answers is used. Default: its name.', example: '10.0.0.2' },
  port: { kind: 'integer', default: '22', min: 1, max: 65535, text: 'Port of its ssh server.' },
  user: { kind: 'string', default: 'root', text: 'User to log in as.' },
  key: { kind: 'path', text: 'Private ssh key to use.', example: '/etc/svcmgr/id_ed25519' },
  known_hosts: { kind: 'path', text: 'File with the host keys that are trusted.' },
  ssh_legacy: { kind: 'boolean', text: 'Accept the old ssh algorithms of an old ssh server (default: no).' },
  home: { kind: 'path', text: 'SVCMGR_HOME of the svcmgr over there.' },
  svcmgr: { kind: 'path', text: 'Path of the svcmgr command over there. Default: where it is here.', example: '/opt/svcmgr/bin/svcmgr' },
} as const satisfies Keywords;

/** A storage array: `[array#NAME]`. Other drivers bring their own keys, so an unknown one here is only a warning. */
export const arrayKeywords = {
  type: { kind: 'string', required: true, text: 'Kind of array.', example: 'hp3par' },
  method: { kind: 'enum', choices: ['ssh', 'cli', 'proxy'], default: 'ssh', text: 'How its commands are sent.' },
  dialect: {
    kind: 'enum',
    choices: ['exec', 'session', 'pty'],
    default: 'exec',
    text: 'Over ssh, each command as an argument, or typed into a session, without a terminal or with one: old arrays know only these.',
  },
  manager: { kind: 'address', text: 'Address of its management port. Default: the name of the section.' },
  port: { kind: 'integer', min: 1, max: 65535, text: 'Port of the management service.' },
  username: { kind: 'string', text: 'User of the array.' },
  key: { kind: 'path', text: 'Private ssh key of that user.' },
  password: {
    kind: 'secret',
    text: 'Password of that user, for methods that know no keys: ssh uses key, cli uses pwf.',
    example: 'file:/etc/svcmgr/array.secret',
  },
  known_hosts: { kind: 'path', text: 'File with the host key of the array.' },
  ssh_legacy: { kind: 'boolean', default: 'false', text: 'Accept the old ssh algorithms of an old array.' },
  pwf: { kind: 'path', text: 'Password file of the command line tool (setpassword -saveonly).' },
  cli: { kind: 'string', text: 'Command line tool of the array.', example: '/opt/3PAR/inform_cli/bin/cli' },
  proxy: { kind: 'url', text: 'Proxy that runs the commands for us.', example: 'https://proxy.opensvc.com:8443' },
  schedule: { kind: 'schedule', text: 'When to take the inventory.' },
} as const satisfies Keywords;

export const clusterKeywords = {
  name: { kind: 'string', default: 'default', text: 'Name of the cluster.' },
  nodes: { kind: 'nodes', default: '', text: 'Nodes of the cluster.' },
  coordinator: { kind: 'enum', choices: ['local', 'etcd'], default: 'local', text: 'Where decisions of several nodes are agreed.' },
  endpoints: { kind: 'list', text: 'Addresses of etcd.', example: 'https://10.0.0.1:2379' },
  cacert: { kind: 'path', text: 'Certificate that signs those of etcd.' },
  cert: { kind: 'path', text: 'Certificate of this node for etcd.' },
  key: { kind: 'path', text: 'Private key of that certificate.' },
} as const satisfies Keywords;

export const apiKeywords = {
  address: { kind: 'address', default: '127.0.0.1', text: 'Address the API listens on.' },
  port: { kind: 'integer', min: 1, max: 65535, text: 'Port the API listens on; none means the unix socket only.' },
  read_group: {
    kind: 'string',
    text: 'Group that may read from the second unix socket, which only looks. Default: root alone.',
    example: 'monitoring',
  },
  cacert: { kind: 'path', text: 'Certificate that signs those of clients.' },
  cert: { kind: 'path', text: 'Certificate of the server.' },
  key: { kind: 'path', text: 'Private key of the server.' },
  tokens: { kind: 'path', text: 'Folder with one token file per client.' },
} as const satisfies Keywords;

/** Who is told about what: `[alert#NAME]`. */
export const alertKeywords = {
  type: { kind: 'enum', choices: ['command', 'http', 'mail'], default: 'command', text: 'How the alert is sent.' },
  command: { kind: 'argv', text: 'Command that gets the alert as JSON on its input.' },
  url: { kind: 'url', text: 'Address the alert is posted to.' },
  to: { kind: 'list', text: 'Mail addresses.' },
  on: { kind: 'list', text: 'Which events are sent.', example: 'down warn' },
} as const satisfies Keywords;

export const logKeywords = {
  level: { kind: 'enum', choices: ['error', 'warn', 'info', 'debug'], default: 'info', text: 'Least important line that is written.' },
  format: { kind: 'enum', choices: ['text', 'json'], default: 'text', text: 'Form of a line.' },
  file: { kind: 'path', text: 'File to write to, besides the standard one.' },
  max_size: { kind: 'size', default: '10m', text: 'Size at which the file is rotated.' },
  keep: { kind: 'integer', default: '5', min: 0, text: 'How many rotated files are kept.' },
} as const satisfies Keywords;

export interface NodeSectionTable {
  readonly keywords: Keywords;
  /** Keys outside the table are allowed with a warning. */
  readonly isOpen: boolean;
}

const fixed: Readonly<Record<string, Keywords>> = { cluster: clusterKeywords, api: apiKeywords, log: logKeywords };
const indexed: Readonly<Record<string, Keywords>> = { host: hostKeywords, array: arrayKeywords, alert: alertKeywords };

/** The table of a section of the node file other than [node] and [env]; undefined when there is none. */
export function nodeSectionTable(name: string): NodeSectionTable | undefined {
  const hash = name.indexOf('#');
  const [tables, prefix] = hash === -1 ? [fixed, name] : [indexed, name.slice(0, hash)];
  const keywords = Object.hasOwn(tables, prefix) && hash !== name.length - 1 ? tables[prefix] : undefined;
  return keywords === undefined ? undefined : { keywords, isOpen: prefix === 'array' };
}

export const nodeSectionNames = ['node', 'env', ...Object.keys(fixed), ...Object.keys(indexed).map((name) => `${name}#`)] as const;
