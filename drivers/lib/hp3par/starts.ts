/** Who was started last, by the memories of the nodes: what a side that is silent, or a start that was cut, would not tell otherwise. */
import { codeOf } from '../error-code.ts';
import type { Acting, At } from './keywords.ts';

/** When the service was started on a node last (ISO 8601), remembered there by the start itself. */
const startedKey = 'started';
/** What a start that stopped the group knew of the other side, until the roles are turned. */
const handoverKey = 'handed_over';

export async function rememberStart(at: Acting): Promise<void> {
  await at.remember(startedKey, new Date().toISOString());
}

/** `unreadable`: its memory cannot be read now. */
async function startedOn(at: At, node: string): Promise<string | undefined | 'unreadable'> {
  try {
    return await at.recallOn(node, startedKey);
  } catch (error) {
    at.signal.throwIfAborted();
    if (codeOf(error) === undefined || codeOf(error) === 'BUG') throw error;
    return 'unreadable';
  }
}

/** Nobody was started over there later than here; `unknown` when a node does not tell. Without any memory it is nobody. */
export async function whereStartedLast(at: At, peers: readonly string[]): Promise<'here' | 'there' | 'unknown'> {
  const own = (await at.recall(startedKey)) ?? '';
  const theirs = await Promise.all(peers.map((node) => startedOn(at, node)));
  if (theirs.some((one) => one !== 'unreadable' && (one ?? '') > own)) return 'there';
  return theirs.includes('unreadable') ? 'unknown' : 'here';
}

async function wordOfPeers(at: At, peers: readonly string[]): Promise<string | undefined> {
  const words = await Promise.all(peers.map(async (node) => [node, await startedOn(at, node)] as const));
  if (words.some(([, word]) => word === 'unreadable')) return undefined;
  return JSON.stringify(words.map(([node, word]) => [node, word ?? null]));
}

/** Before a start stops the group: whoever completes it must find the other side as it was. */
export async function markHandover(at: Acting, peers: readonly string[]): Promise<void> {
  const word = await wordOfPeers(at, peers);
  if (word !== undefined) await at.remember(handoverKey, word);
}

export async function endHandover(at: Acting): Promise<void> {
  if ((await at.recall(handoverKey)) !== undefined) await at.forget(handoverKey);
}

/** A start of ours stopped the group and was cut, and nobody was started over there since. */
export async function isHandedOver(at: At, peers: readonly string[]): Promise<boolean> {
  const mark = await at.recall(handoverKey);
  return mark !== undefined && mark === (await wordOfPeers(at, peers));
}
