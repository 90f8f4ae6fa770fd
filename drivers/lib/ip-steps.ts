/** The steps around adding and removing an address. */
import type { Act, Blocker, Reader } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { type Address, isSameAddress, shareNetwork } from './address.ts';
import { askForAddress } from './address-conflict.ts';
import { delArgv, type Link, type LinkAddress, readLinks } from './iproute.ts';
import { codeOf } from './error-code.ts';

const carrierTimeoutMs = 5_000;
const dadTimeoutMs = 10_000;

/** Undefined when nobody has the address. Not knowing is a refusal too. */
export async function conflictBlocker(reader: Reader, address: Address, link: Link): Promise<Blocker | undefined> {
  const answer = await askForAddress(reader, address, link);
  switch (answer.kind) {
    case 'free':
      return undefined;
    case 'alive':
      return { text: `${address.text} is alive elsewhere (answered by ${answer.by})`, allow: 'address-alive' };
    case 'unknown':
      return { text: `cannot tell whether ${address.text} is alive elsewhere: ${answer.why}`, allow: 'address-alive' };
  }
}

/** The link once it has a carrier; REFUSED when it gets none (`--allow no-carrier` goes on). */
export async function waitForCarrier<T extends Keywords>(at: Act<T>, link: Link): Promise<Link> {
  const probe = async (): Promise<Link | undefined> => {
    const now = (await readLinks(at.local)).find(({ name }) => name === link.name);
    return now?.carrier ? now : undefined;
  };
  const assume = { ...link, up: true, carrier: true };
  if (at.allows('no-carrier')) return assume;
  try {
    return await at.poll(probe, { timeoutMs: carrierTimeoutMs, intervalMs: 100, what: `carrier on ${link.name}`, assume });
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error;
    throw new SvcError('REFUSED', `interface ${link.name} has no carrier`, { hint: '--allow no-carrier goes on without', cause: error });
  }
}

/** Neighbours keep the former station in their caches for minutes unless they are told. A failure is only worth a warning. */
export async function announce<T extends Keywords>(at: Act<T>, address: Address, dev: string): Promise<void> {
  try {
    const { exitCode } = await at.local.change(['arping', '-U', '-c', '1', '-I', dev, address.text], { okCodes: [0, 1, 2] });
    if (exitCode !== 0) at.log.warn(`the neighbours could not be told that ${address.text} is here: arping exit ${exitCode}`);
  } catch (error) {
    if (codeOf(error) !== 'UNSUPPORTED') throw error;
    at.log.warn(`arping is not installed: the neighbours are not told that ${address.text} is here`);
  }
}

/** IPv6: the address works only after the kernel found no duplicate; when it found one, the address is taken off again. */
export async function waitForDad<T extends Keywords>(at: Act<T>, address: Address, prefix: number, dev: string): Promise<void> {
  const probe = async (): Promise<'ready' | 'duplicate' | undefined> => {
    const link = (await readLinks(at.local)).find(({ name }) => name === dev);
    const current = link?.addresses.find((each) => isSameAddress(each.address, address));
    if (current?.dadFailed) return 'duplicate';
    return current !== undefined && !current.tentative ? 'ready' : undefined;
  };
  const what = `duplicate address detection of ${address.text}`;
  const outcome = await at.poll(probe, { timeoutMs: dadTimeoutMs, intervalMs: 100, what, assume: 'ready' });
  if (outcome === 'ready') return;
  await at.local.change(delArgv(address, prefix, dev));
  throw new SvcError('REFUSED', `${address.text} is alive elsewhere (duplicate address detection failed on ${dev})`);
}

/**
 * Removing the primary IPv4 address of a network removes every secondary one with it, other services' too, unless the
 * interface promotes them (seen on Linux 6.18 with the default of 0).
 */
export async function keepSecondaries<T extends Keywords>(at: Act<T>, link: Link, current: LinkAddress): Promise<void> {
  if (current.address.family !== 4 || current.secondary) return;
  const follows = (each: LinkAddress): boolean =>
    each.secondary && each.prefix === current.prefix && shareNetwork(each.address, current.address, current.prefix);
  if (!link.addresses.some(follows)) return;
  const setting = await at.local.file(`/proc/sys/net/ipv4/conf/${link.name}/promote_secondaries`);
  const all = await at.local.file('/proc/sys/net/ipv4/conf/all/promote_secondaries');
  if (setting?.trim() === '1' || all?.trim() === '1') return;
  await at.local.change(['sysctl', '-q', '-w', `net/ipv4/conf/${link.name}/promote_secondaries=1`]);
}
