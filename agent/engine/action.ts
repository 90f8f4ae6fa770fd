/** An action on one service from lock to final status (design/architecture.md "How an action flows"). */
import { randomUUID } from 'node:crypto';
import { asSvcError, errorKinds, type SvcError } from '../errors.ts';
import type { OpenAction } from '../journal/actions.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { type Action, type ActionRequest, resourceOf, type StepResult } from './action-state.ts';
import { askBlockers } from './blockers.ts';
import { closeAction, openAction, type OpenedAction } from './bracket.ts';
import { createLedger } from './effects.ts';
import { withFirmDeadline } from './deadline.ts';
import { lookAtAll } from './look.ts';
import { rollBack } from './rollback.ts';
import { createRun, prepareFolders, type Run } from './run.ts';
import { directionOf, type Selected, selectWalk } from './select-walk.ts';
import { loadForAction } from './services.ts';
import { runTriggers, type TriggerVerb } from './triggers.ts';
import { walk } from './walk.ts';
import type { World } from './world.ts';

export interface ActionResult {
  readonly service: string;
  readonly verb: string;
  readonly sid: string;
  readonly ok: boolean;
  /** Exit status of this action: 0, 1 (ran and failed) or that of the error's code. */
  readonly exit: number;
  readonly error: SvcError | undefined;
  readonly durationMs: number;
  /** Changes made, or planned by a dry-run. */
  readonly changes: number;
  readonly planned: readonly { readonly rid: string; readonly text: string }[];
  readonly steps: readonly StepResult[];
  /** Rids a rollback could not stop. */
  readonly notRolledBack: readonly string[];
  readonly status: StatusDocument | undefined;
}

/** How long a walk that is being ended may take to end its commands, before it is undone. */
const settleMs = 10_000;

/**
 * Runs one verb on one service of this node. Errors before the first change carry their own code; an action that
 * ran and failed on a resource exits 1.
 */
export async function runAction(world: World, service: string, request: ActionRequest, signal: AbortSignal): Promise<ActionResult> {
  const begun = Date.now();
  const sid = randomUUID();
  const instance = await loadForAction(world, service, request.verb);
  const run = createRun(world, instance, { action: request.verb, sid, ...(request.dryRun ? { dryRun: true } : {}) });
  // Before the lock: a selection that matches nothing is an error of the request.
  const selected = selectWalk(instance, request, directionOf(request.verb));
  if (!request.dryRun) await prepareFolders(world);
  const opened = await openAction(run, request, sid, selected.partial, signal);
  const action = createAction(run, request, sid, opened, signal);
  const failure = { error: undefined as SvcError | undefined, left: [] as readonly string[] };
  try {
    await limitedWalk(action, selected);
  } catch (thrown) {
    failure.error = asSvcError(thrown);
    failure.left = await undo(action);
  }
  const status = await closeAction(action, opened, { error: failure.error, partial: selected.partial, begun });
  return {
    service,
    verb: request.verb,
    sid,
    ok: failure.error === undefined,
    exit: exitOf(action, failure.error),
    error: failure.error,
    durationMs: Date.now() - begun,
    changes: action.ledger.count(),
    planned: request.dryRun ? action.ledger.planned() : [],
    steps: action.steps,
    notRolledBack: failure.left,
    status,
  };
}

function createAction(run: Run, request: ActionRequest, sid: string, opened: OpenedAction, signal: AbortSignal): Action {
  const inherited = inheritedFrom(opened.takenOver, request);
  return {
    run,
    request,
    sid,
    journal: opened.journal,
    ledger: createLedger(run, opened.journal, sid, inherited),
    signal: opened.lost === undefined ? signal : AbortSignal.any([signal, opened.lost]),
    reachedDown: new Set(inherited),
    steps: [],
  };
}

/** A start that completes a cut start answers for what that one had brought up. */
function inheritedFrom(cut: readonly OpenAction[], request: ActionRequest): readonly string[] {
  const starts = cut.filter((one) => one.verb === request.verb && request.verb === 'start');
  return starts.flatMap((one) => one.changed.filter(({ from }) => from === 'down').map(({ rid }) => rid));
}

async function limitedWalk(action: Action, selected: Selected): Promise<void> {
  const { timeoutMs, verb } = action.request;
  if (timeoutMs === undefined) return walkAll(action, selected);
  return withFirmDeadline(action.signal, timeoutMs, verb, settleMs, (signal) => walkAll({ ...action, signal }, selected));
}

async function walkAll(action: Action, selected: Selected): Promise<void> {
  const { run, request } = action;
  await lookAtAll(run, run.instance.resources, action.signal);
  const chosen = selected.batches.flatMap((batch) => batch.rids).map((rid) => resourceOf(run, rid));
  if (request.verb === 'restart') return restart(action, selected);
  const step = stepOf(request.verb);
  await askBlockers(action, chosen, step);
  const trigger: TriggerVerb = step;
  if (!selected.partial) await runTriggers(action, 'pre', trigger, undefined, action.signal);
  await walk(action, selected.batches, step);
  if (!selected.partial) await runTriggers(action, 'post', trigger, undefined, action.signal);
}

async function restart(action: Action, stopping: Selected): Promise<void> {
  const starting = selectWalk(action.run.instance, { ...action.request, verb: 'start' }, 'start');
  const rids = new Set(stopping.batches.flatMap((batch) => batch.rids));
  const again = starting.batches.map((batch) => ({ ...batch, rids: batch.rids.filter((rid) => rids.has(rid)) }));
  const chosen = [...rids].map((rid) => resourceOf(action.run, rid));
  await askBlockers(action, chosen, 'stop');
  await walk(action, stopping.batches, 'stop');
  await askBlockers(action, chosen, 'start');
  await walk(action, again, 'start');
}

function stepOf(verb: ActionRequest['verb']): 'start' | 'stop' | 'provision' | 'unprovision' | 'run' {
  if (verb === 'boot') return 'start';
  if (verb === 'shutdown' || verb === 'restart') return 'stop';
  return verb;
}

async function undo(action: Action): Promise<readonly string[]> {
  const { verb, rollback, dryRun } = action.request;
  const starts = verb === 'start' || verb === 'provision' || verb === 'boot' || verb === 'restart';
  if (!starts || dryRun || action.steps.length === 0) return [];
  if (!rollback || !action.run.instance.definition.settings.rollback) {
    action.run.log().info('no rollback, as asked');
    return [];
  }
  return rollBack(action);
}

function exitOf(action: Action, error: SvcError | undefined): number {
  if (error === undefined) return 0;
  if (error.code === 'CANCELLED') return 130;
  const walked = action.steps.some((step) => step.outcome === 'failed');
  return walked ? 1 : errorKinds[error.code].exit;
}

