/** Which algorithms are offered: those of ssh2, the old ones only for a device that has no others. */
import type { ConnectConfig } from './library.ts';

type Algorithms = NonNullable<ConnectConfig['algorithms']>;
type HostKeyAlgorithms = NonNullable<Algorithms['serverHostKey']>;

/** Signature algorithms of a key type as known_hosts names it, best first. */
const ofKeyType: Readonly<Record<string, readonly string[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

const legacyOfKeyType: Readonly<Record<string, readonly string[]>> = { 'ssh-rsa': ['ssh-rsa'], 'ssh-dss': ['ssh-dss'] };

/** ssh2 offers HMAC-SHA1 too by default. */
const modernMacs = ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'];

/** Old algorithms a 3PAR array of its time offers, behind the others (spec/deps.md §1.2). */
function legacyAlgorithms(): Algorithms {
  return {
    kex: { append: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'], prepend: [], remove: [] },
    cipher: { append: ['aes256-cbc', 'aes128-cbc', '3des-cbc'], prepend: [], remove: [] },
    hmac: [...modernMacs, 'hmac-sha1', 'hmac-md5'] as NonNullable<Algorithms['hmac']>,
  };
}

/**
 * Algorithms to offer to a host that is known by these key types: only their signatures, so that the server must show the key we can
 * check. None known: everything, for the refusal to show what it has.
 */
export function algorithmsFor(keyTypes: readonly string[], acceptsLegacy: boolean): Algorithms {
  const known = keyTypes.flatMap((type) => [...(ofKeyType[type] ?? []), ...(acceptsLegacy ? (legacyOfKeyType[type] ?? []) : [])]);
  const old = Object.values(legacyOfKeyType).flat();
  const signatures = (known.length > 0 ? known : [...Object.values(ofKeyType).flat(), ...(acceptsLegacy ? old : [])]) as HostKeyAlgorithms;
  return { serverHostKey: signatures, hmac: modernMacs as NonNullable<Algorithms['hmac']>, ...(acceptsLegacy ? legacyAlgorithms() : {}) };
}

/** Can a key of this type be checked at all, with or without the old algorithms? */
export function isUsableKeyType(type: string, acceptsLegacy: boolean): boolean {
  return Object.hasOwn(ofKeyType, type) || (acceptsLegacy && Object.hasOwn(legacyOfKeyType, type));
}
