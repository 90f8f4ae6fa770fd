/** Where a service is: what every node of it says, this one included. */
import { setTimeout as delay } from 'node:timers/promises';
import { isSameNode } from '../config/scope.ts';
import { asSvcError } from '../errors.ts';
import { judgeInstance } from '../state/instance-verdict.ts';
import type { PeerState } from '../state/readiness.ts';
import type { InstanceStatus } from '../state/status-document.ts';
import type { Asker } from './peer-questions.ts';
import type { PeerAnswer } from './peers.ts';
import { evaluateStatus } from './status.ts';

export interface SurveyedNode extends PeerState {
  readonly status: InstanceStatus | undefined;
}

const askAgainMs = 1000;

/** Asks all at once, in the order of `nodes`, `drpnodes`. */
export async function survey(asker: Asker): Promise<readonly SurveyedNode[]> {
  const { run, signal } = asker;
  const { nodes, drpnodes } = run.instance.definition.settings;
  return Promise.all(
    [...new Set([...nodes, ...drpnodes])].map((node) =>
      isSameNode(node, run.instance.node) ? lookHere(asker, node) : run.world.peers.ask(node, run.instance.name, { signal }).then(surveyed),
    ),
  );
}

/** The same, once no start is on its way any more: until then nobody knows where the service will be. */
export async function settledSurvey(asker: Asker, waitMs: number): Promise<readonly SurveyedNode[]> {
  const endsAt = performance.now() + waitMs;
  for (let told = false; ; told = true) {
    const found = await survey(asker);
    const starting = found.filter(({ state }) => state === 'starting');
    if (starting.length === 0 || performance.now() >= endsAt) return found;
    if (!told) asker.run.log().info(`waiting: ${starting.map(({ node, text }) => `${node}: ${text}`).join('; ')}`);
    await delay(askAgainMs, undefined, { signal: asker.signal });
  }
}

async function lookHere({ run, signal }: Asker, node: string): Promise<SurveyedNode> {
  try {
    const status = await evaluateStatus(run, signal);
    return { node, ...judgeInstance(status), status };
  } catch (thrown) {
    signal.throwIfAborted();
    return { node, state: 'unknown', text: asSvcError(thrown).message, status: undefined };
  }
}

function surveyed(answer: PeerAnswer): SurveyedNode {
  return { ...peerState(answer), status: answer.status };
}

export function peerState({ node, status, fault }: PeerAnswer): PeerState {
  if (status === undefined) return { node, state: 'unreachable', text: fault?.text ?? 'it gave no status' };
  return { node, ...judgeInstance(status) };
}
