/**
 * known_hosts files as OpenSSH reads them (sshd(8) "SSH_KNOWN_HOSTS FILE FORMAT"): plain, hashed, port and pattern forms, @revoked.
 * Keys signed by a certificate authority are not understood, so @cert-authority lines make nothing known. Pure.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface KnownHost {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly marker: 'revoked' | 'cert-authority' | undefined;
  /** Patterns as written: `node1,10.0.0.1`, `[node1]:2222`, `|1|salt|hash`. */
  readonly patterns: readonly string[];
  readonly keyType: string;
  /** The key blob, as the server sends it. */
  readonly key: Buffer;
}

export type HostKeyVerdict =
  | { readonly verdict: 'known' }
  | { readonly verdict: 'revoked'; readonly by: KnownHost }
  /** The host is known by other keys of this type (`changed`) or of other types only (`other-type`). */
  | { readonly verdict: 'changed' | 'other-type'; readonly by: KnownHost }
  | { readonly verdict: 'unknown' };

/** Who is asked for: its address and its name, either of which may stand in the file; and its port. */
export interface AskedHost {
  readonly names: readonly string[];
  readonly port: number;
}

/** Parses a file; lines that are none of the known forms are skipped, as OpenSSH does. */
export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, at) => parseLine(line, file, at + 1) ?? []);
}

function parseLine(text: string, file: string, line: number): KnownHost | undefined {
  const words = text.trim().split(/[ \t]+/);
  if (words[0] === undefined || words[0] === '' || words[0].startsWith('#')) return undefined;
  const marker = words[0].startsWith('@') ? words.shift()?.slice(1) : undefined;
  const [hosts, keyType, encoded] = words;
  if (hosts === undefined || keyType === undefined || encoded === undefined) return undefined;
  if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') return undefined;
  const key = Buffer.from(encoded, 'base64');
  if (keyTypeOf(key) !== keyType) return undefined;
  return { file, line, marker, patterns: hosts.split(','), keyType, key };
}

/** The type that a key blob itself says: its first length-prefixed string. */
export function keyTypeOf(key: Buffer): string | undefined {
  if (key.length < 4) return undefined;
  const length = key.readUInt32BE(0);
  return length > 0 && key.length >= 4 + length ? key.toString('latin1', 4, 4 + length) : undefined;
}

/** What the files say about the key a host presents; a revoked key is refused whatever else stands there. */
export function judgeHostKey(entries: readonly KnownHost[], asked: AskedHost, key: Buffer): HostKeyVerdict {
  const revoked = entries.find((entry) => entry.marker === 'revoked' && sameBytes(entry.key, key) && concerns(entry, anyForm(asked)));
  if (revoked !== undefined) return { verdict: 'revoked', by: revoked };
  const known = entriesAbout(entries, asked);
  if (known.some((entry) => sameBytes(entry.key, key))) return { verdict: 'known' };
  const ofType = known.find((entry) => entry.keyType === keyTypeOf(key));
  if (ofType !== undefined) return { verdict: 'changed', by: ofType };
  const other = known[0];
  return other === undefined ? { verdict: 'unknown' } : { verdict: 'other-type', by: other };
}

/** The entries this host is known by, for the negotiation: the server must present a key of a type that we can check. */
export function entriesAbout(entries: readonly KnownHost[], asked: AskedHost): readonly KnownHost[] {
  const plain = entries.filter((entry) => entry.marker === undefined);
  const exact = plain.filter((entry) => concerns(entry, portForms(asked)));
  // OpenSSH too looks for the bare name when the one with the port is unknown.
  return exact.length > 0 ? exact : plain.filter((entry) => concerns(entry, asked.names));
}

function portForms({ names, port }: AskedHost): readonly string[] {
  return port === 22 ? names : names.map((name) => `[${name}]:${port}`);
}

function anyForm(asked: AskedHost): readonly string[] {
  return [...portForms(asked), ...asked.names];
}

function concerns({ patterns }: KnownHost, names: readonly string[]): boolean {
  return names.some((name) => matchesHost(patterns, name.toLowerCase()));
}

function matchesHost(patterns: readonly string[], name: string): boolean {
  let found = false;
  for (const pattern of patterns) {
    const negated = pattern.startsWith('!');
    if (!matchesOne(negated ? pattern.slice(1) : pattern, name)) continue;
    if (negated) return false;
    found = true;
  }
  return found;
}

function matchesOne(pattern: string, name: string): boolean {
  if (pattern.startsWith('|')) return matchesHash(pattern, name);
  if (!/[*?]/.test(pattern)) return pattern.toLowerCase() === name;
  const source = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(name);
}

/** `|1|base64 salt|base64 HMAC-SHA1(salt, name)`. */
function matchesHash(pattern: string, name: string): boolean {
  const [, version, salt, hash] = pattern.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return sameBytes(Buffer.from(hash, 'base64'), createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest());
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
