/** Is it really that machine? Its key against the known_hosts files; a refusal names the file and line, and how to mend it. */
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { SvcError } from '../../errors.ts';
import { readText } from '../files.ts';
import { quoteArgv } from '../redact.ts';
import { isUsableKeyType } from './algorithms.ts';
import type { SshHost } from './host.ts';
import { type AskedHost, entriesAbout, judgeHostKey, type KnownHost, keyTypeOf, parseKnownHosts } from './known-hosts.ts';
import { unreachable } from './unreachable.ts';

export interface HostTrust {
  /** Types of the keys it is known by; empty when it is unknown. */
  readonly keyTypes: readonly string[];
  /** Where it is known, `FILE:LINE` of each. */
  readonly places: readonly string[];
  /** Undefined when this key of the server is the right one, else why not. */
  refuse(key: Buffer): SvcError | undefined;
}

/** Ten thousand hosts with three keys each. */
const maxFileBytes = 16 * 1024 * 1024;

/** known_hosts files that count for a host, in the order OpenSSH reads them. */
export function knownHostsFiles(host: SshHost): readonly string[] {
  const home = join(homedir(), '.ssh');
  return (
    host.knownHosts ?? [join(home, 'known_hosts'), join(home, 'known_hosts2'), '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
  );
}

/** Reads the files anew: what an operator mends counts at the next connection. A file that does not exist knows nobody. */
export async function readHostTrust(host: SshHost, address: string): Promise<HostTrust> {
  const entries = (await Promise.all(knownHostsFiles(host).map(readEntries))).flat();
  const asked = askedHost(host, address);
  const known = entriesAbout(entries, asked);
  return {
    keyTypes: [...new Set(known.map((entry) => entry.keyType))].filter((type) => isUsableKeyType(type, host.legacy === true)),
    places: known.map(placeOf),
    refuse: (key) => refusalOf(host, address, entries, key),
  };
}

export function askedHost(host: SshHost, address: string): AskedHost {
  return { names: [...new Set([address, host.name])], port: host.port };
}

export async function readEntries(file: string): Promise<readonly KnownHost[]> {
  return parseKnownHosts((await readText(file, maxFileBytes)) ?? '', file);
}

/** As `ssh-keygen -l` prints it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function refusalOf(host: SshHost, address: string, entries: readonly KnownHost[], key: Buffer): SvcError | undefined {
  const judged = judgeHostKey(entries, askedHost(host, address), key);
  if (judged.verdict === 'known') return undefined;
  const shown = `${keyTypeOf(key) ?? 'unknown'} ${fingerprint(key)}`;
  const by = 'by' in judged ? judged.by : undefined;
  const why = {
    unknown: `its host key is unknown (${shown}), no line of ${knownHostsFiles(host).join(', ')} is about it`,
    'other-type': `its host key (${shown}) is of a type that is not known of it, only that of ${placeOf(by)}`,
    changed: `its host key has CHANGED: it shows ${shown}, which is not the key in ${placeOf(by)}: another machine, or a man in the middle`,
    revoked: `its host key (${shown}) is revoked by ${placeOf(by)}`,
  }[judged.verdict];
  return unreachable(host, address, {
    level: 'host-key',
    why,
    hint: hintFor(judged.verdict, host, address, by),
    facts: { verdict: judged.verdict, key: shown, ...(by === undefined ? {} : { file: by.file, line: by.line }) },
  });
}

function hintFor(
  verdict: 'unknown' | 'other-type' | 'changed' | 'revoked',
  host: SshHost,
  address: string,
  by: KnownHost | undefined,
): string {
  const file = by?.file ?? knownHostsFiles(host)[0] ?? '';
  const scan = `ssh-keyscan -p ${host.port} ${quoteArgv([address])} >> ${quoteArgv([file])}`;
  const compare = 'compare it with ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub over there';
  if (verdict === 'revoked') return 'give that machine a new host key, then make it known; never remove the line';
  if (verdict !== 'changed') return `${compare}; when it is the same: ${scan}`;
  return `when the machine was really set up anew (${compare}): sed -i ${by?.line ?? 0}d ${quoteArgv([file])} && ${scan}`;
}

function placeOf(entry: KnownHost | undefined): string {
  return entry === undefined ? 'known_hosts' : `${entry.file}:${entry.line}`;
}
