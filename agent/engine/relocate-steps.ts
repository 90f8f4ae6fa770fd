/** The steps of a relocation in their order. A failed one ends it: nothing is started that was not stopped elsewhere. */
import { isSameNode } from '../config/scope.ts';
import { SvcError } from '../errors.ts';
import { afterStop, copyBlockers } from '../state/readiness.ts';
import type { ReadinessReport } from './readiness.ts';
import { configSync } from './readiness-facts.ts';
import type { Relocation } from './relocate.ts';
import { mustNotRefuse } from './relocate-refusal.ts';
import { order } from './relocate-order.ts';
import { copyFiles, updateReplicas } from './relocate-sync.ts';
import { readinessOf } from './sites.ts';
import { survey, type SurveyedNode } from './survey.ts';

export interface Move {
  /** Undefined: it is up nowhere else. */
  readonly from: string | undefined;
  /** Where an interrupted relocation has stopped it: what replicates from there was perhaps not updated since. */
  readonly stoppedOn: string | undefined;
  readonly to: string;
  /** What every node said of itself. */
  readonly nodes: readonly SurveyedNode[];
}

/**
 * @param begin makes the relocation durable: called once nothing refuses any more, before anything is done
 * @returns what every node says at the end; undefined after a dry-run
 */
export async function moveService(relocation: Relocation, move: Move, begin: () => void): Promise<readonly SurveyedNode[] | undefined> {
  const { from, stoppedOn, to, nodes } = move;
  const was = from ?? stoppedOn;
  const [source, target] = await Promise.all([
    was !== undefined && copiesData(relocation) ? reportOf(relocation, was) : undefined,
    reportOf(relocation, to),
  ]);
  mustBeReady(relocation, move, target, source);
  const scene = was === undefined || source === undefined ? undefined : { from: was, to, nodes, source };
  begin();
  if (scene !== undefined && from !== undefined) await copyFiles(relocation, scene);
  for (const node of stopsOf(move)) await order(relocation, 'stop', node, { verb: 'stop' });
  if (scene !== undefined) await updateReplicas(relocation, scene);
  // Nothing was stopped in a dry-run: what is still held elsewhere is no refusal of the plan.
  const assumed = relocation.request.dryRun ? ['peer-up', 'address-alive'] : [];
  await order(relocation, 'start', to, { verb: 'start', allow: assumed });
  return relocation.request.dryRun ? undefined : verify(relocation, to);
}

/** Where it is up; and where an action was cut that left nothing up: a stop there changes nothing, and settles it. */
function stopsOf({ from, stoppedOn, to, nodes }: Move): readonly string[] {
  const cut = nodes.filter(({ node, status }) => node !== to && status?.monitor.interrupted?.verb === 'stop').map(({ node }) => node);
  const known = nodes.filter(({ node, state }) => node === stoppedOn && state === 'down').map(({ node }) => node);
  return [...new Set([...(from === undefined ? [] : [from]), ...known, ...cut])];
}

/** Only then the node it comes from is asked what it has sent. */
function copiesData({ run }: Relocation): boolean {
  return run.instance.resources.some((resource) => resource.group === 'sync' && resource.rid !== configSync);
}

/** A service must not be stopped that cannot start again where it shall go, or whose data would not get there. */
function mustBeReady(relocation: Relocation, { from, to }: Move, report: ReadinessReport, source: ReadinessReport | undefined): void {
  const { run, request } = relocation;
  for (const { node, warnings } of [report, ...(source === undefined ? [] : [source])]) {
    for (const text of warnings) run.log().warn(text.startsWith(node) ? text : `${node}: ${text}`);
  }
  const copies = copyBlockers(to, source?.syncs ?? [], request.allow);
  const blockers = from === undefined ? report.blockers : [...afterStop(report.blockers), ...copies];
  mustNotRefuse(
    relocation,
    blockers.map((blocker) => ({ ...blocker, text: `${to}: ${blocker.rid === null ? '' : `${blocker.rid}: `}${blocker.text}` })),
  );
}

async function reportOf({ run, signal, steps }: Relocation, node: string): Promise<ReadinessReport> {
  return steps.quietly('readiness', node, () => readinessOf(run, node, signal));
}

/** By asking, as an operator would: up there and nowhere else. */
async function verify({ run, signal, steps }: Relocation, to: string): Promise<readonly SurveyedNode[]> {
  const nodes = await steps.quietly('verify', to, () => survey({ run, signal }));
  const target = nodes.find(({ node }) => isSameNode(node, to));
  if (target?.state !== 'up') {
    throw new SvcError('COMMAND', `it should be up on ${to}, and is not: ${target?.text ?? 'nobody says'}`);
  }
  const others = nodes.filter((node) => node !== target && node.state === 'up');
  if (others.length > 0) throw new SvcError('COMMAND', `split: it is up on ${[target, ...others].map(({ node }) => node).join(' and ')}`);
  return nodes;
}
