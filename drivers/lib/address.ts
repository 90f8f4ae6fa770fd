/** IP addresses and networks as numbers, so that two spellings of one address are equal. Pure. */
import { SvcError } from '../../agent/errors.ts';

export interface Address {
  readonly family: 4 | 6;
  readonly value: bigint;
  /** As it was written, in lower case. */
  readonly text: string;
}

/** Undefined when it is not an address (then it may be a name). */
export function parseAddress(text: string): Address | undefined {
  const lower = text.toLowerCase();
  const four = parseFour(lower);
  if (four !== undefined) return { family: 4, value: four, text: lower };
  const six = parseSix(lower);
  return six === undefined ? undefined : { family: 6, value: six, text: lower };
}

function parseFour(text: string): bigint | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 255 || (part.length > 1 && part.startsWith('0')))) return undefined;
  return parts.reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function parseSix(text: string): bigint | undefined {
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (embedded !== null) {
    const low = parseFour(embedded[2] ?? '');
    return low === undefined ? undefined : parseSix(`${embedded[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - groups.flat().length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const [high = [], low = []] = groups;
  const all = halves.length === 2 ? [...high, ...Array.from({ length: missing }, () => '0'), ...low] : high;
  if (!all.every((group) => /^[0-9a-f]{1,4}$/.test(group))) return undefined;
  return all.reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

export function isSameAddress(one: Address, other: Address): boolean {
  return one.family === other.family && one.value === other.value;
}

/** Bits of an address of the family. */
export function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

/** `24`, `/24` or `255.255.255.0` as a number of bits; CONFIG otherwise. */
export function parseNetmask(text: string, family: 4 | 6): number {
  const digits = /^\/?(\d{1,3})$/.exec(text)?.[1];
  const bits = digits === undefined ? dottedBits(text, family) : Number(digits);
  if (bits !== undefined && bits <= bitsOf(family)) return bits;
  throw new SvcError('CONFIG', `netmask = ${text}: not a netmask of IPv${family}`, {
    hint: family === 4 ? 'write 24 or 255.255.255.0' : 'write a number of bits like 64',
  });
}

function dottedBits(text: string, family: 4 | 6): number | undefined {
  const value = family === 4 ? parseFour(text) : undefined;
  if (value === undefined) return undefined;
  const bits = value.toString(2).padStart(32, '0');
  return /^1*0*$/.test(bits) ? bits.lastIndexOf('1') + 1 : undefined;
}

/** Are both addresses in one network of this prefix? */
export function shareNetwork(one: Address, other: Address, prefix: number): boolean {
  const host = BigInt(bitsOf(one.family) - prefix);
  return one.family === other.family && one.value >> host === other.value >> host;
}
