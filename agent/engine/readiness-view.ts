/** Readiness of several nodes: each says it of itself, and what they know of each other's data is put together. */
import { isSameNode } from '../config/scope.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { copyBlockers, dataLossOn, isReady, medianDuration, type SyncFacts, wayOf } from '../state/readiness.ts';
import type { ReadinessReport } from './readiness.ts';
import { syncFacts } from './readiness-facts.ts';
import { createRun, type Run } from './run.ts';
import { loadForStatus } from './services.ts';
import { readinessOf } from './sites.ts';
import type { World } from './world.ts';

export interface ServiceReadiness {
  readonly schema: 1;
  readonly service: string;
  /** Every node that was asked about is ready. */
  readonly ready: boolean;
  readonly nodes: readonly ReadinessReport[];
}

/**
 * Of one node, or of every node of the service; a node that does not answer is not ready.
 * @param alone this node by itself, for another one that puts together what it hears
 * @throws SvcError NOT_FOUND for a node that is none of the service's
 */
export async function serviceReadiness(
  world: World,
  service: string,
  node: string | undefined,
  signal: AbortSignal,
  alone = false,
): Promise<ServiceReadiness> {
  const { instance } = await loadForStatus(world, service);
  const run = createRun(world, instance);
  const nodes = node === undefined ? members(run) : [memberNamed(run, node)];
  const reports = await Promise.all(nodes.map((one) => ask(run, one, signal)));
  const sources = await Promise.all((alone ? [] : sourcesBeyond(reports)).map((one) => ask(run, one, signal)));
  const known = [...(await syncFacts(run, signal)), ...[...reports, ...sources].flatMap(({ syncs }) => syncs)];
  const nowMs = world.now().getTime();
  const complete = reports.map((report, at) => completed(report, nodes[at] ?? report.node, known, nowMs));
  return { schema: 1, service, ready: complete.every(({ ready }) => ready), nodes: complete };
}

/** Where it is up, as the nodes that were asked say: only there it is known whether a last copy would go through. */
function sourcesBeyond(reports: readonly ReadinessReport[]): readonly string[] {
  const up = reports.flatMap(({ peers }) => peers.filter(({ state }) => state === 'up').map(({ node }) => node));
  return [...new Set(up)].filter((node) => !reports.some((report) => isSameNode(report.node, node)));
}

/** With what the other nodes know of its data. */
function completed(report: ReadinessReport, node: string, known: readonly SyncFacts[], nowMs: number): ReadinessReport {
  if (report.way === 'running') return report;
  const copies = copyBlockers(node, known);
  const blockers = [...report.blockers, ...copies];
  const way = copies.length === 0 ? report.way : wayOf(report.state, blockers, report.peers);
  return { ...report, blockers, way, ready: isReady(way), dataLoss: dataLossOn(node, known, nowMs) };
}

function members({ instance }: Run): readonly string[] {
  const { nodes, drpnodes } = instance.definition.settings;
  return [...new Set([...nodes, ...drpnodes])];
}

/** This node may be asked about although it is no member: its own refusal says so. */
function memberNamed(run: Run, node: string): string {
  const found = [...members(run), run.instance.node].find((one) => isSameNode(one, node));
  if (found !== undefined) return found;
  throw new SvcError('NOT_FOUND', `${run.instance.name} has no node ${node}`, { hint: `its nodes are ${members(run).join(' ')}` });
}

async function ask(run: Run, node: string, signal: AbortSignal): Promise<ReadinessReport> {
  try {
    return await readinessOf(run, node, signal);
  } catch (thrown) {
    if (signal.aborted || isSameNode(node, run.instance.node)) throw thrown;
    return {
      schema: 1,
      service: run.instance.name,
      node,
      ready: false,
      way: 'blocked',
      state: 'unknown',
      blockers: [{ rid: null, text: asSvcError(thrown).message, mend: `svcmgr node ping ${node}` }],
      warnings: [],
      peers: [],
      dataLoss: { ms: null, syncs: [] },
      start: medianDuration([]),
      stop: medianDuration([]),
      syncs: [],
    };
  }
}
