/** What the other nodes say of their instances, asked once a minute: one question for many services of a node. */
import { asSvcError } from '../errors.ts';
import { faultOfError, isRecord, parseAnswer } from './peer-answer.ts';
import { otherNodes } from './peer-questions.ts';
import type { PeerAnswer } from './peers.ts';
import type { ServiceWatch } from './service-watch.ts';
import type { World } from './world.ts';

/** So many statuses fit well below the longest answer that is taken. */
const servicesAtOnce = 40;

/** Asks every node of these services; each service gets the answers of all its nodes at once. Never throws but for an abort. */
export async function askPeers(world: World, watches: readonly ServiceWatch[], signal: AbortSignal): Promise<void> {
  const byNode = new Map<string, string[]>();
  for (const watch of watches) {
    const { name, instance } = watch.resident();
    for (const node of otherNodes(instance)) byNode.set(node, [...(byNode.get(node) ?? []), name]);
  }
  const answers = (await Promise.all([...byNode].map(([node, services]) => askNode(world, node, services, signal)))).flat();
  for (const watch of watches) {
    const { name, instance } = watch.resident();
    const own = answers.filter(({ service }) => service === name).map(({ answer }) => answer);
    if (otherNodes(instance).length > 0) watch.setPeers(own);
  }
}

interface ServiceAnswer {
  readonly service: string;
  readonly answer: PeerAnswer;
}

async function askNode(world: World, node: string, services: readonly string[], signal: AbortSignal): Promise<readonly ServiceAnswer[]> {
  const found: ServiceAnswer[] = [];
  for (let at = 0; at < services.length; at += servicesAtOnce) {
    const answers = await askMany(world, node, services.slice(at, at + servicesAtOnce), signal);
    found.push(...answers);
    const [first] = answers;
    // It will not be there for the next ones either: a thousand services must not wait for it one time-out after the other.
    if (first !== undefined && answers.every(({ answer }) => !answer.reachable)) {
      return [...found, ...services.slice(at + servicesAtOnce).map((service) => ({ service, answer: first.answer }))];
    }
  }
  return found;
}

async function askMany(world: World, node: string, services: readonly string[], signal: AbortSignal): Promise<readonly ServiceAnswer[]> {
  const begunMs = world.now().getTime();
  const [only, other] = services;
  if (only !== undefined && other === undefined) return [{ service: only, answer: await world.peers.ask(node, only, { signal }) }];
  try {
    const reply = await world.peers.read(node, ['-s', services.join(','), 'print', 'status'], { signal });
    const askedMs = world.now().getTime() - begunMs;
    const documents =
      isRecord(reply.document) && Array.isArray(reply.document['services']) ? (reply.document['services'] as unknown[]) : [];
    const answers = documents.flatMap((document) => {
      const service = isRecord(document) ? document['service'] : undefined;
      if (typeof service !== 'string' || !services.includes(service)) return [];
      const parsed = parseAnswer(node, service, { exitCode: 0, document, stderr: '' });
      return [{ service, answer: { node, reachable: true, ...parsed, skewMs: undefined, askedMs } }];
    });
    const told = new Set(answers.map(({ service }) => service));
    // One that it does not have fails the whole question: the others are asked by themselves.
    const rest = services.filter((service) => !told.has(service));
    return [...answers, ...(await askEach(world, node, rest, signal))];
  } catch (thrown) {
    signal.throwIfAborted();
    const fault = faultOfError(asSvcError(thrown));
    const askedMs = world.now().getTime() - begunMs;
    const answer: PeerAnswer = { node, reachable: false, status: undefined, fault, skewMs: undefined, askedMs };
    return services.map((service) => ({ service, answer }));
  }
}

async function askEach(world: World, node: string, services: readonly string[], signal: AbortSignal): Promise<readonly ServiceAnswer[]> {
  const answers: ServiceAnswer[] = [];
  for (const service of services) answers.push({ service, answer: await world.peers.ask(node, service, { signal }) });
  return answers;
}
