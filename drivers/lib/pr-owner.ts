/** Which node of the service has a reservation key, and does it still need it? */
import type { Observe } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { codeOf } from './error-code.ts';
import { plainKey } from './pr-output.ts';
import { keyMemory } from './reservation-key.ts';

export interface KeyOwner {
  /** Its agent says that the service is down there: the reservation is a leftover. */
  readonly isDown: boolean;
  readonly text: string;
}

/** Asks each peer for the key it remembers; a key that nobody knows belongs to a machine that cannot be judged. */
export async function whoseKey<T extends Keywords>(at: Observe<T>, key: string): Promise<KeyOwner> {
  const former = await at.recall(keyMemory);
  if (former !== undefined && plainKey(former) === key) return { isDown: true, text: 'the former key of this node' };
  const silent: string[] = [];
  for (const { node } of at.peers) {
    const kept = await recallOrNothing(at, node);
    if (kept === null) silent.push(node);
    else if (kept !== undefined && plainKey(kept) === key) {
      const instance = await at.instanceOn(node);
      return { isDown: instance.state === 'down', text: instance.state === 'down' ? node : `${node}: ${instance.text}` };
    }
  }
  if (silent.length > 0) return { isDown: false, text: `it may be ${silent.join(' or ')}, which cannot be asked` };
  return { isDown: false, text: 'no node of the service knows this key' };
}

/** Null when it cannot be asked. */
async function recallOrNothing<T extends Keywords>(at: Observe<T>, node: string): Promise<string | undefined | null> {
  try {
    return await at.recallOn(node, keyMemory);
  } catch (error) {
    if (codeOf(error) === undefined || codeOf(error) === 'CANCELLED' || codeOf(error) === 'BUG') throw error;
    return null;
  }
}
