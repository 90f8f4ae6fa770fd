/** The instances of a service on its other nodes, put into a status (spec/status.md "Aggregation", the service over all nodes). */
import { judgeInstance } from '../state/instance-verdict.ts';
import type { InstanceStatus, StatusDocument } from '../state/status-document.ts';
import type { Instance } from './instance.ts';
import { otherNodes } from './peer-questions.ts';
import type { PeerAnswer } from './peers.ts';
import { loadForStatus } from './services.ts';
import type { World } from './world.ts';

/** Asks every other node; two that are up in a failover topology make the whole `warn`. */
export async function withInstances(world: World, document: StatusDocument, signal: AbortSignal): Promise<StatusDocument> {
  const { instance } = await loadForStatus(world, document.service);
  const answers = await Promise.all(otherNodes(instance).map((node) => world.peers.ask(node, document.service, { signal })));
  return joinInstances(instance, document, answers);
}

/** What the other nodes said, put into the status of this one. */
export function joinInstances(
  instance: Instance,
  document: StatusDocument,
  answers: readonly Pick<PeerAnswer, 'node' | 'status' | 'fault'>[],
): StatusDocument {
  const instances = Object.fromEntries(answers.flatMap(({ node, status }) => (status === undefined ? [] : [[node, instanceOf(status)]])));
  const unanswered = Object.fromEntries(
    answers.flatMap(({ node, status, fault }) => (status === undefined ? [[node, fault?.text ?? 'it gave no status']] : [])),
  );
  const isFlex = instance.definition.settings.topology === 'flex';
  const up = [document, ...Object.values(instances)].filter((one) => judgeInstance(one).state === 'up').map(({ node }) => node);
  const split = isFlex || up.length < 2 ? [] : up;
  return { ...document, instances, unanswered, split, overall: split.length > 0 ? 'warn' : document.overall };
}

/** An instance tells of itself only: what it knows of others is not ours to pass on. */
function instanceOf({
  schema: _schema,
  service: _service,
  instances: _instances,
  unanswered: _unanswered,
  split: _split,
  ...own
}: StatusDocument): InstanceStatus {
  return own;
}
