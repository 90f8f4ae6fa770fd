/** Readiness of several nodes: each says it of itself, and what they know of each other's data is put together. */
import { isSameNode } from '../config/scope.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { dataLossOn, medianDuration } from '../state/readiness.ts';
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
 * @throws SvcError NOT_FOUND for a node that is none of the service's
 */
export async function serviceReadiness(
  world: World,
  service: string,
  node: string | undefined,
  signal: AbortSignal,
): Promise<ServiceReadiness> {
  const { instance } = await loadForStatus(world, service);
  const run = createRun(world, instance);
  const nodes = node === undefined ? members(run) : [memberNamed(run, node)];
  const reports = await Promise.all(nodes.map((one) => ask(run, one, signal)));
  const known = [...(await syncFacts(run, signal)), ...reports.flatMap(({ syncs }) => syncs)];
  const nowMs = world.now().getTime();
  const complete = reports.map((report, at) => ({
    ...report,
    dataLoss: report.state === 'up' ? report.dataLoss : dataLossOn(nodes[at] ?? report.node, known, nowMs),
  }));
  return { schema: 1, service, ready: complete.every(({ ready }) => ready), nodes: complete };
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
