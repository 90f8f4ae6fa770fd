/** The key by which a node is known to a disk (storage-drivers.md §2.1). */
import type { Observe, Reader } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

const form = /^0x[0-9a-fA-F]{1,16}$/;

/** The key as tools print it, `0x` and no leading zeros. CONFIG when it is none, or 0, which means "no key" to a disk. */
export function tidyKey(text: string, where: string): string {
  if (!form.test(text)) {
    throw new SvcError('CONFIG', `${where} = ${text}: not a reservation key`, {
      hint: '0x and at most 16 hexadecimal digits, like 0x90520a45138e85',
    });
  }
  const key = BigInt(text);
  if (key === 0n) throw new SvcError('CONFIG', `${where} = ${text}: 0 is no reservation key`);
  return `0x${key.toString(16)}`;
}

/**
 * The decimal digits of the address as a number, behind `0x`, as the agents of the HP 3PAR document make theirs:
 * d8:9d:67:2d:1d:7d is 238170552475005 is 0x238170552475005.
 */
export function keyOfMac(mac: string): string {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) throw new SvcError('COMMAND', `${mac} is not the address of a network card`);
  return tidyKey(`0x${BigInt(`0x${mac.replaceAll(':', '')}`)}`, mac);
}

/** What `start` remembers for ever: a card that is replaced must not change the key. */
export const keyMemory = 'key';

/** The key of this node for this resource: `prkey` of its section, of the node, the remembered one, else made of its first network card. */
export async function ownKey(at: Pick<Observe<never>, 'section' | 'recall' | 'local'>, prkey: string | undefined): Promise<string> {
  if (prkey !== undefined) return tidyKey(prkey, 'prkey');
  const ofNode = at.section('node')?.values['prkey'];
  if (ofNode !== undefined) return tidyKey(ofNode, 'prkey of the node');
  const kept = await at.recall(keyMemory);
  return kept === undefined ? keyOfMac(await firstCard(at.local)) : tidyKey(kept, 'remembered key');
}

/** Cards that are devices come before bridges and tunnels, whose addresses may be made up at each boot. */
async function firstCard(reader: Reader): Promise<string> {
  const names = (await reader.list('/sys/class/net')).filter((name) => name !== 'lo');
  const cards = await Promise.all(
    names.map(async (name) => ({
      name,
      mac: ((await reader.file(`/sys/class/net/${name}/address`)) ?? '').trim(),
      isDevice: (await reader.stat(`/sys/class/net/${name}/device`)) !== undefined,
    })),
  );
  const usable = cards.filter(({ mac }) => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) && mac !== '00:00:00:00:00:00');
  const [first] = [...usable.filter(({ isDevice }) => isDevice), ...usable.filter(({ isDevice }) => !isDevice)];
  if (first === undefined) {
    throw new SvcError('CONFIG', 'this node has no network card to make a reservation key of', {
      hint: 'set prkey in [node] of the node file',
    });
  }
  return first.mac;
}
