/** Could the service start on this node now? Looks and asks like a start, and changes nothing. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Blocker } from '../driver/contract.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { judgeInstance } from '../state/instance-verdict.ts';
import {
  type DataLoss,
  dataLossOn,
  type Duration,
  isReady,
  type PeerState,
  type StandingBlocker,
  type SyncFacts,
  type Way,
  wayOf,
} from '../state/readiness.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { refusalsOf } from './blockers.ts';
import type { Resource } from './instance.ts';
import { instanceBlockers } from './instance-blockers.ts';
import { keepText } from './memory.ts';
import { withObstacles } from './copy-obstacles.ts';
import { type Asker, ownConfig, type PeerFindings, questionPeers } from './peer-questions.ts';
import { actionDurations, syncFacts } from './readiness-facts.ts';
import { createRun } from './run.ts';
import { selectWalk } from './select-walk.ts';
import { loadForStatus } from './services.ts';
import { evaluateStatus } from './status.ts';
import { peerState } from './survey.ts';
import type { World } from './world.ts';

/** What one node says of itself. */
export interface ReadinessReport {
  readonly schema: 1;
  readonly service: string;
  readonly node: string;
  readonly ready: boolean;
  readonly way: Way;
  readonly state: 'up' | 'down' | 'starting' | 'unknown';
  readonly blockers: readonly StandingBlocker[];
  readonly warnings: readonly string[];
  readonly peers: readonly PeerState[];
  readonly dataLoss: DataLoss;
  readonly start: Duration;
  readonly stop: Duration;
  readonly syncs: readonly SyncFacts[];
}

/** Asks what a start would ask. */
export async function readinessHere(world: World, service: string, signal: AbortSignal): Promise<ReadinessReport> {
  const { instance, invalid } = await loadForStatus(world, service);
  const run = createRun(world, instance);
  const asker: Asker = { run, signal };
  const status = await evaluateStatus(run, signal);
  const starting = selectWalk(instance, { verb: 'start' }, 'start').batches.flatMap((batch) => batch.rids);
  const resources = instance.resources.filter(({ rid }) => starting.includes(rid));
  const [own, peers, syncs, start, stop] = await Promise.all([
    ownBlockers(asker, resources, status, invalid),
    peerFindings(asker),
    syncFacts(run, signal),
    actionDurations(world, service, 'start'),
    actionDurations(world, service, 'stop'),
  ]);
  const state = judgeInstance(status).state;
  const sent = state === 'up' ? await withObstacles(asker, syncs) : { syncs, warnings: [] };
  const blockers: readonly StandingBlocker[] = [...own, ...peers.blockers.map((blocker) => ({ ...blocker, rid: null }))];
  const states = peers.answers.map(peerState);
  const way = wayOf(state, blockers, states);
  const known = dataLossOn(ownConfig(instance).node, syncs, world.now().getTime());
  return {
    schema: 1,
    service,
    node: instance.node,
    ready: isReady(way),
    way,
    state,
    blockers: way === 'running' ? [] : blockers,
    warnings: [...peers.warnings, ...statusWarnings(status, service), ...sent.warnings],
    peers: states,
    dataLoss: state === 'up' ? { ms: 0, syncs: [] } : known,
    start,
    stop,
    syncs: sent.syncs,
  };
}

async function peerFindings(asker: Asker): Promise<PeerFindings> {
  if (asker.run.instance.definition.settings.topology === 'flex') return { answers: [], blockers: [], warnings: [] };
  return questionPeers(asker, { patienceMs: 0 });
}

async function ownBlockers(
  asker: Asker,
  resources: readonly Resource[],
  status: StatusDocument,
  invalid: string | undefined,
): Promise<readonly StandingBlocker[]> {
  const { world, instance } = asker.run;
  const service = instance.name;
  const found: Blocker[] = [...instanceBlockers(instance.definition, world.node, 'start')];
  if (invalid !== undefined) found.push({ text: `the file is not valid: ${invalid}`, mend: `svcmgr -s ${service} validate` });
  if (instance.definition.settings.disable) {
    found.push({ text: 'the service is disabled here', mend: `svcmgr -s ${service} set --kw DEFAULT.disable=false` });
  }
  if (status.monitor.action !== null) found.push({ text: `${status.monitor.action} is running here since ${status.monitor.since}` });
  found.push(...(await journalBlocker(world)));
  const ofResources = await Promise.all(resources.map((resource) => askResource(asker, resource)));
  return [...found.map((blocker) => ({ ...blocker, rid: null })), ...ofResources.flat()];
}

/** A question without an answer is in the way too, unless the resource is optional: a start would leave it out. */
async function askResource(asker: Asker, resource: Resource): Promise<readonly StandingBlocker[]> {
  const { rid } = resource;
  try {
    return (await refusalsOf(asker, resource, ['start'])).map((blocker) => ({ ...blocker, rid }));
  } catch (thrown) {
    const error = asSvcError(thrown);
    if (asker.signal.aborted || error.code === 'BUG') throw error;
    if (resource.traits.optional) return [];
    return [{ rid, text: error.message, ...(error.hint === undefined ? {} : { mend: error.hint }) }];
  }
}

/** What a start journals at least; a start refuses where it could not journal (cli.md "Safety" 5). */
const probeBytes = 65_536;

async function journalBlocker(world: World): Promise<readonly Blocker[]> {
  const file = join(world.paths.journal, `.readiness-${process.pid}`);
  try {
    await keepText(world, file, ' '.repeat(probeBytes), 0o600);
    return [];
  } catch (thrown) {
    const error = thrown instanceof SvcError ? thrown.message : String(thrown);
    return [{ text: `the journal cannot be written: ${error}`, mend: `df ${world.paths.journal}` }];
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

function statusWarnings({ monitor, frozen, resources }: StatusDocument, service: string): readonly string[] {
  const dark = Object.entries(resources).filter(([, { status }]) => status === 'undef');
  return [
    ...(monitor.interrupted === null ? [] : [`${monitor.interrupted.verb} was interrupted here: svcmgr -s ${service} resume, or clear`]),
    ...(frozen ? ['frozen here'] : []),
    ...dark.map(([rid, { notes }]) => `${rid} is undef here: ${notes[0]?.text ?? 'nobody knows why'}`),
  ];
}
