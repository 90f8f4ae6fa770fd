/** A planned relocation: questions, last sync, stop there, start here; each step is shown, journaled and can be gone on from. */
import { randomUUID } from 'node:crypto';
import { isSameNode } from '../config/scope.ts';
import { nearestName } from '../nearest.ts';
import { asSvcError, errorKinds, SvcError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import { planRelocation } from '../state/relocate-plan.ts';
import { clearInterrupted } from './journal-notes.ts';
import { beginRelocation, endRelocation, openRelocation, type OpenedRelocation, type RelocateRequest } from './relocate-bracket.ts';
import { mustNotRefuse } from './relocate-refusal.ts';
import { moveService } from './relocate-steps.ts';
import { createSteps, type RelocateStep, type Steps } from './relocate-record.ts';
import { whereItIs } from './relocate-where.ts';
import { createRun, prepareFolders, type Run } from './run.ts';
import type { Instance } from './instance.ts';
import { loadForAction, reloadForAction } from './services.ts';
import { settledSurvey, type SurveyedNode } from './survey.ts';
import { tally } from './tally-action.ts';
import type { World } from './world.ts';

export interface RelocateResult {
  readonly service: string;
  readonly verb: string;
  readonly sid: string;
  readonly ok: boolean;
  readonly exit: number;
  readonly error: SvcError | undefined;
  readonly durationMs: number;
  /** Where it was up before; null = nowhere, or not known. */
  readonly from: string | null;
  readonly to: string | null;
  readonly steps: readonly RelocateStep[];
  /** Where the service is now, by node; empty when nothing was begun. */
  readonly where: Readonly<Record<string, string>>;
}

/** One relocation while it runs. */
export interface Relocation {
  readonly run: Run;
  readonly request: RelocateRequest;
  readonly sid: string;
  readonly signal: AbortSignal;
  readonly steps: Steps;
}

/** What is found on the way. */
export interface Course {
  from: string | undefined;
  to: string | undefined;
  journal: Journal | undefined;
  /** What every node said at the end. */
  found: readonly SurveyedNode[] | undefined;
}

/** Moves a service between two nodes. Errors before the first step carry their own code; a relocation that failed in the middle exits 1. */
export async function relocate(world: World, service: string, request: RelocateRequest, signal: AbortSignal): Promise<RelocateResult> {
  const begun = Date.now();
  const sid = world.sid ?? randomUUID();
  const before = runOf(world, await loadForAction(world, service, 'start', { keep: !request.dryRun }), request, sid);
  wishOf(before, request);
  if (!request.dryRun) await prepareFolders(before);
  const opened = await openRelocation(before, request, sid, signal);
  const course: Course = { from: undefined, to: undefined, journal: undefined, found: undefined };
  try {
    // The file may have changed while another relocation was waited for.
    const instance = await reloadForAction(world, before.instance, 'start');
    const run = instance === before.instance ? before : runOf(world, instance, request, sid);
    const asked = { ...request, ...wishOf(run, request) };
    const steps = createSteps(run, sid, () => course.journal);
    const error = await attempt({ run, request: goOn(run, asked, opened), sid, signal, steps }, course, opened.cut);
    const durationMs = Date.now() - begun;
    if (course.journal !== undefined) endRelocation(run, course.journal, sid, { error, cut: opened.cut, durationMs });
    if (!request.dryRun) await tally(run, { verb: request.verb, seconds: durationMs / 1000, sent: [] }, error);
    const { hint, where } = await whereItIs(run, course, error, steps.all());
    return {
      service,
      verb: request.verb,
      sid,
      ok: error === undefined,
      exit: exitOf(steps, error),
      error: error === undefined || hint === undefined ? error : withHint(error, hint),
      durationMs,
      from: course.from ?? null,
      to: course.to ?? null,
      steps: steps.all(),
      where,
    };
  } finally {
    opened.lock?.release();
  }
}

function runOf(world: World, instance: Instance, { verb, dryRun }: RelocateRequest, sid: string): Run {
  return createRun(world, instance, { action: verb, sid, ...(dryRun ? { dryRun: true } : {}) });
}

/** The node asked for, as the file spells it. @throws SvcError NOT_FOUND */
function wishOf({ instance }: Run, { verb, to }: RelocateRequest): { to?: string } {
  const { nodes, drpnodes } = instance.definition.settings;
  const members = [...nodes, ...drpnodes];
  if (verb === 'giveback') return nodes[0] === undefined ? {} : { to: nodes[0] };
  if (to === undefined) return {};
  const found = members.find((node) => isSameNode(node, to));
  if (found !== undefined) return { to: found };
  const nearest = nearestName(to, members);
  throw new SvcError('NOT_FOUND', `${instance.name} has no node ${to}`, {
    hint: nearest === undefined ? `its nodes are ${members.join(' ')}` : `did you mean ${nearest}?`,
  });
}

/** An interrupted one to the same place is gone on with. Without a wish, an interrupted relocation decides: from the middle of it, "the next node" would be the one it came from. */
function goOn(run: Run, request: RelocateRequest, { cut }: OpenedRelocation): RelocateRequest {
  const { to: then, from } = cut.at(-1)?.options ?? {};
  if (typeof then !== 'string' || (request.to !== undefined && request.to !== then)) return request;
  run.log().info(`goes on with the interrupted ${request.verb} to ${then}`);
  return { ...request, to: then, ...(typeof from === 'string' ? { from } : {}) };
}

async function attempt(relocation: Relocation, course: Course, cut: OpenedRelocation['cut']): Promise<SvcError | undefined> {
  try {
    await carryOut(relocation, course, cut);
    return undefined;
  } catch (thrown) {
    return asSvcError(thrown);
  }
}

async function carryOut(relocation: Relocation, course: Course, cut: OpenedRelocation['cut']): Promise<void> {
  const { run, request, signal, sid, steps } = relocation;
  const { definition, name } = run.instance;
  if (definition.settings.topology === 'flex') throw new SvcError('UNSUPPORTED', `${name} is flex: its instances run side by side`);
  const waitMs = request.waitMs ?? definition.settings.lock_timeout;
  const nodes = await steps.quietly('ask', 'all nodes', () => settledSurvey({ run, signal }, waitMs));
  const plan = planRelocation({ service: name, nodes, to: request.to });
  if (plan.kind === 'refused') return mustNotRefuse(relocation, plan.blockers);
  course.to = plan.kind === 'there' ? plan.node : plan.to;
  if (plan.kind === 'there') {
    course.from = plan.node;
    if (isComplete(nodes.find(({ node }) => node === plan.node))) return settleThere(relocation, plan.node, cut);
  } else {
    course.from = plan.from;
    mustNotRefuse(relocation, plan.blockers);
  }
  const to = course.to;
  const from = plan.kind === 'there' ? undefined : plan.from;
  const stoppedOn = from === undefined && request.from !== to ? request.from : undefined;
  course.found = await moveService(relocation, { from, stoppedOn, to, nodes }, () => {
    const was = from ?? stoppedOn;
    if (!request.dryRun) course.journal = beginRelocation(run, { ...request, to, ...(was === undefined ? {} : { from: was }) }, sid);
  });
}

/** An interrupted one had done all but say so. */
function settleThere({ run, request }: Relocation, node: string, cut: OpenedRelocation['cut']): void {
  run.log().info(`it is up on ${node} already`);
  if (!request.dryRun) for (const { sid } of cut) clearInterrupted(run.world, run.instance.name, sid);
}

/** Up, and not left in the middle of a start. */
function isComplete(node: SurveyedNode | undefined): boolean {
  return node?.status?.avail === 'up' && node.status.monitor.interrupted === null;
}

/** Once anything was changed it ran and failed. */
function exitOf(steps: Steps, error: SvcError | undefined): number {
  if (error === undefined) return 0;
  if (error.code === 'CANCELLED') return errorKinds.CANCELLED.exit;
  return steps.hasActed() ? 1 : errorKinds[error.code].exit;
}

function withHint(error: SvcError, hint: string): SvcError {
  const joined = error.hint === undefined ? hint : `${error.hint}\n${hint}`;
  return new SvcError(error.code, error.message, { hint: joined, facts: error.facts, cause: error });
}
