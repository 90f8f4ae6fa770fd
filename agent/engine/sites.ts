/** The same order to the agent of any node: our own engine here, the other agent's command line there. */
import { isSameNode } from '../config/scope.ts';
import { SvcError } from '../errors.ts';
import { describeWho } from '../io/identity.ts';
import type { ActionRequest } from './action-state.ts';
import { runAction } from './action.ts';
import { isRecord } from './peer-answer.ts';
import type { PeerArgv } from './peers.ts';
import { type ReadinessReport, readinessHere } from './readiness.ts';
import { type Acted, actThere } from './remote-action.ts';
import type { RelocateRequest } from './relocate-bracket.ts';
import type { Run } from './run.ts';

export interface Order {
  readonly verb: 'start' | 'stop' | 'sync update';
  /** Only these resources. */
  readonly rids?: readonly string[];
  /** Beyond what the relocation was given. */
  readonly allow?: readonly string[];
  /** Session id of the action, so that it is found in the journal of that node. */
  readonly sid: string;
}

export interface Sites {
  readonly run: Run;
  readonly request: RelocateRequest;
  readonly signal: AbortSignal;
}

/** Runs an action on a node until its result is known. */
export async function actOn(sites: Sites, node: string, order: Order): Promise<Acted> {
  return isSameNode(node, sites.run.instance.node) ? actHere(sites, order) : actOver(sites, node, order);
}

async function actHere({ run, request, signal }: Sites, order: Order): Promise<Acted> {
  const { world, instance } = run;
  const result = await runAction({ ...world, sid: order.sid }, instance.name, requestOf(run, request, order), signal);
  return { ok: result.ok, error: result.error, changes: result.changes };
}

function requestOf(run: Run, request: RelocateRequest, order: Order): ActionRequest {
  return {
    ...(order.verb === 'sync update' ? { verb: 'sync', sync: 'update' } : { verb: order.verb }),
    ...(order.rids === undefined ? {} : { rid: order.rids.join(',') }),
    allow: [...request.allow, ...(order.allow ?? [])],
    force: false,
    dryRun: request.dryRun,
    rollback: true,
    ...(request.waitMs === undefined ? {} : { waitMs: request.waitMs }),
    reason: reasonText(run, request),
  };
}

async function actOver({ run, request, signal }: Sites, node: string, order: Order): Promise<Acted> {
  const { world, instance } = run;
  const argv: PeerArgv = [
    '-s',
    instance.name,
    ...order.verb.split(' '),
    ...(order.rids === undefined ? [] : ['--rid', order.rids.join(',')]),
    ...[...request.allow, ...(order.allow ?? [])].flatMap((name) => ['--allow', name]),
    ...(request.dryRun ? ['--dry-run'] : []),
    ...(request.waitMs === 0 ? ['--no-wait'] : []),
    `--reason=${reasonText(run, request)}`,
  ];
  return actThere({ peers: world.peers, node, service: instance.name, argv, sid: order.sid, signal, log: run.log() });
}

function reasonText({ world, instance }: Run, { verb, reason }: RelocateRequest): string {
  return `${verb} by ${describeWho(world.who)} on ${instance.node}${reason === undefined ? '' : `: ${reason}`}`;
}

/** Its own peers have 5 s, its looks 10 s, its drivers 30 s to answer. */
const readinessLimitMs = 60_000;

/** @throws SvcError when the node cannot say */
export async function readinessOf(run: Run, node: string, signal: AbortSignal): Promise<ReadinessReport> {
  const { world, instance } = run;
  if (isSameNode(node, instance.node)) return readinessHere(world, instance.name, signal);
  const argv: PeerArgv = ['-s', instance.name, 'readiness', '--node', node, '--local'];
  const { document, exitCode, stderr } = await world.peers.read(node, argv, { signal, timeoutMs: readinessLimitMs });
  if (isReport(document) && isSameNode(document.node, node)) return document;
  const why = stderr.trim().split('\n').at(-1) ?? '';
  throw new SvcError('COMMAND', `${node}: its agent does not say whether it is ready (exit ${exitCode})${why === '' ? '' : `: ${why}`}`, {
    facts: { node },
  });
}

function isReport(document: unknown): document is ReadinessReport {
  if (!isRecord(document) || document['schema'] !== 1) return false;
  const lists = ['blockers', 'warnings', 'peers', 'syncs'].every((name) => Array.isArray(document[name]));
  return lists && typeof document['node'] === 'string' && typeof document['way'] === 'string';
}
