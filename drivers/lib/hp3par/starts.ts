/** Who was started last, by the memories of the nodes: what a side that is silent, or a start that was cut, would not tell otherwise. */
import { codeOf } from '../error-code.ts';
import type { Acting, At } from './keywords.ts';
import type { Group } from './rcopy.ts';
import type { Scene } from './scene.ts';

/** When the service was started on a node last, and what the group was then; remembered there by the start itself. */
const startedKey = 'started';
/** What a start that stopped the group knew of the other side, until the roles are turned. */
const handoverKey = 'handed_over';

interface Started {
  /** ISO 8601. */
  readonly at: string;
  readonly group: string;
}

/**
 * A start of what is up, beside a running replication, changes nothing and is not remembered either. Any other one is: what it writes
 * makes this side the newer one.
 */
export async function rememberStart(at: Acting, { role, status }: Group, lastStart: Scene['lastStart']): Promise<void> {
  const group = `${role} ${status}`;
  const before = parse(await at.recall(startedKey));
  if (status === 'Started' && at.isServiceUp && before?.group === group && lastStart === 'here') return;
  await at.remember(startedKey, JSON.stringify({ at: new Date().toISOString(), group } satisfies Started));
}

function parse(text: string | undefined): Started | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as Started);
}

/** `unreadable`: its memory cannot be read now. */
async function startedOn(at: At, node: string): Promise<string | undefined | 'unreadable'> {
  try {
    return parse(await at.recallOn(node, startedKey))?.at;
  } catch (error) {
    at.signal.throwIfAborted();
    if (codeOf(error) === undefined || codeOf(error) === 'BUG') throw error;
    return 'unreadable';
  }
}

/** Nobody was started over there later than here; `unknown` when a node does not tell. Without any memory it is nobody. */
export async function whereStartedLast(at: At, peers: readonly string[]): Promise<'here' | 'there' | 'unknown'> {
  const own = parse(await at.recall(startedKey))?.at ?? '';
  const theirs = await Promise.all(peers.map((node) => startedOn(at, node)));
  if (theirs.some((one) => one !== 'unreadable' && (one ?? '') > own)) return 'there';
  return theirs.includes('unreadable') ? 'unknown' : 'here';
}

async function wordOfPeers(at: At, peers: readonly string[]): Promise<string | undefined> {
  const words = await Promise.all(peers.map(async (node) => [node, await startedOn(at, node)] as const));
  if (words.some(([, word]) => word === 'unreadable')) return undefined;
  return JSON.stringify(words.map(([node, word]) => [node, word ?? null]));
}

/** Why the other side counted as dead, for whoever asks later. */
export async function rememberEvidence(at: Acting, evidence: readonly string[]): Promise<void> {
  await at.remember('takeover_evidence', `${new Date().toISOString()} ${evidence.join('; ')}`);
}

/** All that was written before this moment is on the other side. */
export async function rememberSync(at: Acting, { nodes }: Scene): Promise<void> {
  for (const { node } of nodes) await at.remember(`last_sync_${node}`, new Date(at.begunMs).toISOString());
}

/** Before a start stops the group: whoever completes it must find the other side as it was. */
export async function markHandover(at: Acting, peers: readonly string[]): Promise<void> {
  const word = await wordOfPeers(at, peers);
  if (word !== undefined) await at.remember(handoverKey, word);
  else await endHandover(at);
}

export async function endHandover(at: Acting): Promise<void> {
  if ((await at.recall(handoverKey)) !== undefined) await at.forget(handoverKey);
}

/** A start of ours stopped the group and was cut, and nobody was started over there since. */
export async function isHandedOver(at: At, peers: readonly string[]): Promise<boolean> {
  const mark = await at.recall(handoverKey);
  return mark !== undefined && mark === (await wordOfPeers(at, peers));
}
