/** Gathers what a decision about a remote copy group rests on: anew each time, from both arrays, the nodes over there and their memories. */
import type { Peer } from '../../../agent/driver/contract.ts';
import { SvcError } from '../../../agent/errors.ts';
import { codeOf, factOf, messageOf } from '../error-code.ts';
import { type Answer, askArray, groupNamed } from './ask.ts';
import { completeMs } from './group-status.ts';
import type { At } from './keywords.ts';
import { isJoined } from './rcopy.ts';
import type { Far, FarNode, Scene } from './scene.ts';
import { isHandedOver, whereStartedLast } from './starts.ts';

/** @throws SvcError when the own array cannot tell, or has no such group */
export async function assess(at: At): Promise<Scene> {
  const { array, rcg, auto_takeover: autoTakeover, force_sync: forceSync, sync_max_delay: maxDelayMs } = at.config;
  const own = at.on({ array, near: true });
  const [answer, elsewhere] = await Promise.all([askArray(own), groupsElsewhere(at)]);
  const near = await groupNamed(own, answer.rcopy, rcg);
  if (near === undefined) throw new SvcError('COMMAND', `rcg does not exist: ${array} has no group ${rcg}`);
  const { target } = near;
  const there = elsewhere.filter((one) => one.array === target);
  const farRcg = there[0]?.rcg;
  const peers = there.map(({ peer }) => peer.node);
  const [far, nodes, handedOver, lastStart] = await Promise.all([
    farSide(at, target, farRcg),
    Promise.all(peers.map((node) => askNode(at, node))),
    isHandedOver(at, peers),
    whereStartedLast(at, peers),
  ]);
  const atMs = completeMs(near, timesOf(at, answer));
  return {
    service: at.service,
    rid: at.rid,
    rcg,
    array,
    target,
    farRcg,
    rcgs: [...new Set([rcg, ...elsewhere.map((one) => one.rcg)])],
    link: isJoined(answer.rcopy.links ?? [], target) ? 'joined' : 'split',
    targetStatus: answer.rcopy.targets?.find(({ name }) => name === target)?.status,
    near,
    far,
    nodes,
    ageMs: atMs === undefined ? undefined : Math.max(0, Date.now() - atMs),
    handedOver,
    lastStart,
    wishes: { autoTakeover, forceSync, maxDelayMs },
  };
}

export function timesOf(at: At, { clock }: Pick<Answer, 'clock'>): { nowMs: number; zone: string | undefined; clock: Answer['clock'] } {
  return { nowMs: Date.now(), zone: at.config.timezone, clock };
}

/** Where the group is for the other nodes of the service, by the same section of the file. */
async function groupsElsewhere(at: At): Promise<readonly { readonly peer: Peer; readonly array: string; readonly rcg: string }[]> {
  return Promise.all(
    at.peers.map(async (peer) => {
      const { array, rcg } = await at.configOn(peer.node);
      return { peer, array, rcg };
    }),
  );
}

async function farSide(at: At, target: string, farRcg: string | undefined): Promise<Far> {
  try {
    const array = at.on({ array: target });
    const { rcopy } = await askArray(array);
    const group = farRcg === undefined ? undefined : await groupNamed(array, rcopy, farRcg);
    return group === undefined ? { kind: 'absent' } : { kind: 'group', group };
  } catch (error) {
    at.signal.throwIfAborted();
    if (codeOf(error) === undefined || codeOf(error) === 'BUG') throw error;
    return { kind: isSilence(error) ? 'silent' : 'troubled', text: messageOf(error) };
  }
}

/** Nothing answered at its address. A refused connection or login, a wrong key, a command that hangs: somebody is there. */
function isSilence(error: unknown): boolean {
  const level = factOf(error, 'level');
  const errno = factOf(error, 'errno');
  if (codeOf(error) !== 'UNREACHABLE' || errno === 'ECONNREFUSED' || errno === 'ECONNRESET') return false;
  return level === 'client-socket' || (level === 'client-timeout' && factOf(error, 'connected') !== true);
}

async function askNode(at: At, node: string): Promise<FarNode> {
  const { state, text, alive } = await at.instanceOn(node);
  return { node, state, text, alive: alive ?? state !== 'unknown' };
}
