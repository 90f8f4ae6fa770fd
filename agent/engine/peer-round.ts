/** What the other nodes say of their instances, asked once a minute: one question for many services of a node. */
import { asSvcError } from '../errors.ts';
import { createSemaphore } from '../io/semaphore.ts';
import { faultOfError, isRecord, parseAnswer } from './peer-answer.ts';
import { otherNodes } from './peer-questions.ts';
import type { PeerAnswer } from './peers.ts';
import type { ServiceWatch } from './service-watch.ts';
import type { World } from './world.ts';

/** So many statuses fit well below the longest answer that is taken. */
const servicesAtOnce = 40;
/** Questions about one service each that a node gets together. */
const questionsAtOnce = 4;

/** The newest answer of each other node, kept over the rounds: nobody waits for a node that is slow. */
export type PeersTold = WeakMap<ServiceWatch, ReadonlyMap<string, PeerAnswer>>;

/** Asks every node of these services; what a node says is taken when it comes. Never throws but for an abort. */
export async function askPeers(world: World, watches: Iterable<ServiceWatch>, told: PeersTold, signal: AbortSignal): Promise<void> {
  const byNode = new Map<string, Map<string, ServiceWatch>>();
  for (const watch of watches) {
    const { name, instance } = watch.resident();
    const nodes = otherNodes(instance);
    forgetOthers(told, watch, nodes);
    for (const node of nodes) byNode.set(node, (byNode.get(node) ?? new Map<string, ServiceWatch>()).set(name, watch));
  }
  const asking = [...byNode].map(([node, own]) =>
    askNode(world, node, [...own.keys()], signal, ({ service, answer }) => {
      const watch = own.get(service);
      if (watch !== undefined) take(told, watch, answer);
    }),
  );
  await Promise.all(asking);
}

function take(told: PeersTold, watch: ServiceWatch, answer: PeerAnswer): void {
  const answers = new Map(told.get(watch)).set(answer.node, answer);
  told.set(watch, answers);
  watch.setPeers([...answers.values()]);
}

/** The file names other nodes than before. */
function forgetOthers(told: PeersTold, watch: ServiceWatch, nodes: readonly string[]): void {
  const before = told.get(watch) ?? new Map<string, PeerAnswer>();
  const left = new Map([...before].filter(([node]) => nodes.includes(node)));
  if (left.size === before.size) return;
  told.set(watch, left);
  watch.setPeers([...left.values()]);
}

interface ServiceAnswer {
  readonly service: string;
  readonly answer: PeerAnswer;
}

type Taker = (told: ServiceAnswer) => void;

async function askNode(world: World, node: string, services: readonly string[], signal: AbortSignal, tell: Taker): Promise<void> {
  for (let at = 0; at < services.length; at += servicesAtOnce) {
    const answers = await askMany(world, node, services.slice(at, at + servicesAtOnce), signal);
    for (const one of answers) tell(one);
    const [first] = answers;
    if (first === undefined || answers.some(({ answer }) => answer.reachable)) continue;
    // It will not be there for the next ones either: a thousand services must not wait for it one time-out after the other.
    for (const service of services.slice(at + servicesAtOnce)) tell({ service, answer: first.answer });
    return;
  }
}

async function askMany(world: World, node: string, services: readonly string[], signal: AbortSignal): Promise<readonly ServiceAnswer[]> {
  const begunMs = world.now().getTime();
  try {
    const reply = await world.peers.read(node, ['-s', services.join(','), 'print', 'status'], { signal });
    const askedMs = world.now().getTime() - begunMs;
    const answers = documentsOf(reply.document).flatMap((document) => {
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

/** One service is not told as a list. */
function documentsOf(document: unknown): readonly unknown[] {
  if (!isRecord(document)) return [];
  return Array.isArray(document['services']) ? (document['services'] as unknown[]) : [document];
}

async function askEach(world: World, node: string, services: readonly string[], signal: AbortSignal): Promise<readonly ServiceAnswer[]> {
  const gate = createSemaphore(questionsAtOnce);
  const ask = async (service: string): Promise<ServiceAnswer> => ({ service, answer: await world.peers.ask(node, service, { signal }) });
  return Promise.all(services.map((service) => gate.run(() => ask(service))));
}
