/** The safety questions to the other nodes before a start (spec/cli.md "Safety before a start" 1). */
import { setTimeout as delay } from 'node:timers/promises';
import { isSameNode } from '../config/scope.ts';
import type { Blocker } from '../driver/contract.ts';
import { decideStart, type OwnConfig, type StorageGuard } from '../state/peer-safety.ts';
import { createObserve } from '../driver/context.ts';
import { asSvcError } from '../errors.ts';
import type { Action } from './action-state.ts';
import { withDeadline } from './deadline.ts';
import type { Instance, Resource } from './instance.ts';
import type { PeerAnswer } from './peers.ts';
import { contextInput, type Run } from './run.ts';

/** What the questions need of an action; also readiness asks them, which is none. */
export type Asker = Pick<Action, 'run' | 'signal'>;

/**
 * The one that was told to start at the same moment asks its own questions first: the slowest node among them may take its full
 * time-out, and its looks before that.
 */
const patienceMs = 15_000;
const askAgainMs = 500;

/** Refusals because of the other nodes; none when nothing would come up here, or this node is alone. */
export async function peerBlockers(asker: Asker, resources: readonly Resource[], verbs: readonly string[]): Promise<readonly Blocker[]> {
  const { run } = asker;
  if (!comesUp(run, resources, verbs)) return [];
  const { blockers, warnings } = await questionPeers(asker, { patienceMs });
  for (const text of warnings) run.log().warn(text);
  return blockers;
}

export interface PeerFindings {
  readonly answers: readonly PeerAnswer[];
  readonly blockers: readonly Blocker[];
  readonly warnings: readonly string[];
}

/** Asks all other nodes at once; again, as long as `patienceMs`, those that are starting and will give up for us. */
export async function questionPeers({ run, signal }: Asker, { patienceMs }: { patienceMs: number }): Promise<PeerFindings> {
  const own = ownConfig(run.instance);
  const answers = new Map<string, PeerAnswer>();
  const endsAt = performance.now() + patienceMs;
  for (let nodes = otherNodes(run.instance); ; ) {
    for (const answer of await askAll({ run, signal }, nodes)) answers.set(answer.node, answer);
    const words = [...answers.values()];
    const isPatient = performance.now() < endsAt;
    const strict = decideStart(own, words, undefined, isPatient);
    const isDark = strict.blockers.some(({ allow }) => allow === 'peer-unreachable');
    const guard = isDark ? await storageGuard(run, signal) : undefined;
    const decision = guard === undefined ? strict : decideStart(own, words, guard, isPatient);
    if (decision.askAgain.length === 0 || decision.blockers.length > 0) return { ...decision, answers: words };
    run.log().debug(`${decision.askAgain.join(', ')} starts too and gives up for us: asked again`);
    await delay(askAgainMs, undefined, { signal });
    nodes = decision.askAgain;
  }
}

/** The other nodes of the service, as its file names them. */
export function otherNodes(instance: Instance): readonly string[] {
  const { nodes, drpnodes } = instance.definition.settings;
  return [...new Set([...nodes, ...drpnodes])].filter((node) => !isSameNode(node, instance.node));
}

export function ownConfig({ name, node, definition, configSha256 }: Instance): OwnConfig {
  const { nodes, drpnodes } = definition.settings;
  const listed = [...nodes, ...drpnodes].find((one) => isSameNode(one, node));
  return { service: name, node: listed ?? node, sha256: configSha256, nodes, drpnodes };
}

async function askAll({ run, signal }: Asker, nodes: readonly string[]): Promise<readonly PeerAnswer[]> {
  const answers = await Promise.all(nodes.map((node) => run.world.peers.ask(node, run.instance.name, { signal })));
  for (const { node, status, fault, askedMs } of answers) {
    run.log().debug(`${node}: ${status === undefined ? fault?.text : `avail ${status.avail}, ${status.monitor.state}`} (${askedMs} ms)`);
  }
  return answers;
}

const guardLimitMs = 30_000;

/** The first resource that keeps others from writing, whoever can be asked: one is enough. What cannot tell does not guard. */
async function storageGuard(run: Run, signal: AbortSignal): Promise<StorageGuard | undefined> {
  for (const resource of run.instance.resources) {
    const ask = resource.driver.guard;
    if (ask === undefined || resource.traits.disabled || resource.traits.noaction) continue;
    try {
      const name = await withDeadline(signal, guardLimitMs, `${resource.rid} guard`, (inner) =>
        ask(createObserve(contextInput(run, resource, inner))),
      );
      if (name !== undefined) return { name };
    } catch (thrown) {
      signal.throwIfAborted();
      run.log(resource.rid).debug(`guards nothing: ${asSvcError(thrown).message}`);
    }
  }
  return undefined;
}

/** Standby resources are up everywhere, tasks and what is up already bring nothing up; instances of a flex service run side by side. */
function comesUp({ instance, reports }: Run, resources: readonly Resource[], verbs: readonly string[]): boolean {
  if (instance.definition.settings.topology === 'flex') return false;
  if (!verbs.some((verb) => verb === 'start' || verb === 'provision')) return false;
  const own = resources.filter(({ group, traits }) => group !== 'task' && !traits.standby);
  if (verbs.includes('stop')) return own.length > 0;
  const states = own.map(({ rid }) => reports.get(rid)?.state);
  // What has nothing to say is no sign of an instance that is up, beside others that are it changes nothing.
  return states.some((state) => state !== 'up' && state !== 'n/a') || (states.length > 0 && !states.includes('up'));
}
