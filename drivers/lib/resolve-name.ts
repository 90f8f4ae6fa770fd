/** From `ipname` to an address: literal, or through getent(1), which asks what the machine asks (hosts file, DNS …). */
import type { Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { type Address, isSameAddress, parseAddress } from './address.ts';

export const resolveReads = [['getent', 'ahosts']] as const satisfies readonly ReadPrefix[];

/** The addresses of a name, IPv4 only when it has any, sorted; empty when the name is not known. */
export async function resolveName(reader: Reader, name: string): Promise<readonly Address[]> {
  const literal = parseAddress(name);
  if (literal !== undefined) return [literal];
  const { exitCode, stdout } = await reader.read(['getent', 'ahosts', name], { okCodes: [0, 2] });
  return exitCode === 2 ? [] : preferFour(parseAhosts(stdout));
}

/** `10.0.0.1        STREAM www.example.com` */
export function parseAhosts(text: string): readonly Address[] {
  const found: Address[] = [];
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const address = parseAddress(plainFour(/^(\S+) +(?:STREAM|DGRAM|RAW)\b/.exec(line)?.[1] ?? ''));
    if (address === undefined) throw new SvcError('COMMAND', `getent printed a line that is not understood: ${line}`, { facts: { line } });
    if (!found.some((known) => isSameAddress(known, address))) found.push(address);
  }
  return found;
}

/** Where no interface has an IPv4 address yet, as in a container before its own, getent tells IPv4 addresses as IPv6. */
function plainFour(text: string): string {
  return text.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');
}

function preferFour(addresses: readonly Address[]): readonly Address[] {
  const four = addresses.filter((address) => address.family === 4);
  const chosen = four.length > 0 ? four : addresses;
  return [...chosen].sort((a, b) => (a.value < b.value ? -1 : 1));
}
