/** Does somebody else answer for an address? Asked before it is taken. */
import type { Reader, ReadPrefix, Result } from '../../agent/driver/contract.ts';
import type { Address } from './address.ts';
import type { Link } from './iproute.ts';
import { codeOf } from './error-code.ts';

export type Answer =
  | { readonly kind: 'free' }
  | { readonly kind: 'alive'; readonly by: string }
  | { readonly kind: 'unknown'; readonly why: string };

export const conflictReads = [
  ['arping', '-D'],
  ['ping', '-n', '-c', '1'],
] as const satisfies readonly ReadPrefix[];

/**
 * ARP first: it needs neither an own address nor a route, and no firewall hides from it. Ping where ARP does not reach. IPv6
 * is asked once more by the kernel itself (duplicate address detection), so there silence is enough.
 */
export async function askForAddress(reader: Reader, address: Address, link: Link): Promise<Answer> {
  if (!link.arp) return { kind: 'free' };
  if (address.family === 6) {
    const six = await runIfThere(reader, ['ping', '-n', '-c', '1', '-W', '1', '-6', address.text]);
    return six?.exitCode === 0 ? { kind: 'alive', by: 'ping' } : { kind: 'free' };
  }
  // Two probes, one second apart: one may be lost. An answer ends it at once.
  const arp = await runIfThere(reader, ['arping', '-D', '-c', '2', '-w', '2', '-I', link.name, address.text]);
  if (arp !== undefined) return arpAnswer(arp);
  const ping = await runIfThere(reader, ['ping', '-n', '-c', '1', '-W', '1', address.text]);
  if (ping === undefined) return { kind: 'unknown', why: 'neither arping nor ping is installed' };
  if (ping.exitCode === 0) return { kind: 'alive', by: 'ping' };
  return ping.exitCode === 1
    ? { kind: 'free' }
    : { kind: 'unknown', why: `arping is not installed and ping could not ask: ${ping.stderr.trim()}` };
}

function arpAnswer(result: Result): Answer {
  if (result.exitCode === 0) return { kind: 'free' };
  if (result.exitCode === 1) return { kind: 'alive', by: parseArpOwner(result.stdout) };
  return { kind: 'unknown', why: result.stderr.trim() };
}

/** `Unicast reply from 10.9.0.9 [9A:01:9D:09:99:EA]  0.524ms` -> the MAC address. */
export function parseArpOwner(stdout: string): string {
  return /reply from \S+ \[([0-9A-Fa-f:]+)\]/.exec(stdout)?.[1] ?? 'an unnamed station';
}

async function runIfThere(reader: Reader, argv: readonly [string, ...string[]]): Promise<Result | undefined> {
  try {
    return await reader.read(argv, { okCodes: [0, 1, 2] });
  } catch (error) {
    if (codeOf(error) === 'UNSUPPORTED') return undefined;
    throw error;
  }
}
