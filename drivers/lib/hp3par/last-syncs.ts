/** How fresh the data of each node is, by what the array of this node says of its group. */
import { groupNamed, sharedAnswer } from './ask.ts';
import { timesOf } from './assess.ts';
import { completeMs } from './group-status.ts';
import type { At } from './keywords.ts';
import { isWritable } from './start-table.ts';

/**
 * The nodes of the side that is written have everything; those of the other side have what its last sync brought. A side that may have
 * been left behind by a failover, or an age that cannot be known, says nothing.
 */
export async function lastSyncs(at: At): Promise<Readonly<Record<string, string>>> {
  const { array, rcg } = at.config;
  const answer = await sharedAnswer(at, array);
  const group = await groupNamed(at.on({ array, near: true }), answer.rcopy, rcg);
  if (group === undefined) return {};
  const times = timesOf(at, answer);
  const atMs = completeMs(group, times);
  const others = await Promise.all(at.peers.map(async ({ node }) => ({ node, array: (await at.configOn(node)).array })));
  const here = [at.node, ...others.filter((one) => one.array === array).map(({ node }) => node)];
  const there = others.filter((one) => one.array === group.target).map(({ node }) => node);
  const isSource = isWritable(group.role) && (group.status === 'Started' || group.role === 'Primary-Rev');
  return {
    ...(isSource ? stamped(here, times.nowMs) : {}),
    ...(!isWritable(group.role) && atMs !== undefined ? stamped(here, atMs) : {}),
    ...(isWritable(group.role) && atMs !== undefined ? stamped(there, atMs) : {}),
  };
}

function stamped(nodes: readonly string[], ms: number): Readonly<Record<string, string>> {
  return Object.fromEntries(nodes.map((node) => [node, new Date(ms).toISOString()]));
}
