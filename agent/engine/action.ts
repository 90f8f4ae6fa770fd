/** An action on one service from lock to final status (design/architecture.md "How an action flows"). */
import { randomUUID } from 'node:crypto';
import { asSvcError, errorKinds, type SvcError } from '../errors.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { type Action, type ActionRequest, type StepResult, type TargetOutcome, verbText } from './action-state.ts';
import { closeAction, openAction, type OpenedAction, type Prepared } from './bracket.ts';
import { withFirmDeadline } from './deadline.ts';
import { createLedger } from './effects.ts';
import { rollBack, undoable } from './rollback.ts';
import type { Instance } from './instance.ts';
import { createRun, prepareFolders } from './run.ts';
import { directionOf, type Selected, selectWalk } from './select-walk.ts';
import { loadForAction, reloadForAction } from './services.ts';
import { inheritedFrom } from './take-over.ts';
import { walkAll } from './walk-all.ts';
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
  /** What came of each target of a sync. */
  readonly outcomes: readonly TargetOutcome[];
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
  if (world.onAction === undefined || request.dryRun) return performAction(world, service, request, signal);
  world.onAction.begun(service, verbText(request));
  let status: StatusDocument | undefined;
  try {
    const result = await performAction(world, service, request, signal);
    status = result.status;
    return result;
  } finally {
    world.onAction.ended(service, status);
  }
}

async function performAction(world: World, service: string, request: ActionRequest, signal: AbortSignal): Promise<ActionResult> {
  const begun = Date.now();
  const sid = world.sid ?? randomUUID();
  // Before the lock: a selection that matches nothing is an error of the request.
  const before = prepare(world, await loadForAction(world, service, request.verb, { keep: !request.dryRun }), request, sid);
  if (!request.dryRun) await prepareFolders(before.run);
  const opened = await openAction(before, request, sid, signal, async () => {
    const instance = await reloadForAction(world, before.run.instance, request.verb);
    if (instance === before.run.instance) return before;
    before.run.log().info('the service file has changed since: it is read again');
    return prepare(world, instance, request, sid);
  });
  const { selected } = opened;
  const action = createAction(request, { sid, opened, signal });
  const outcome = await attempt(action, selected, opened);
  const { status, error } = await closeAction(action, opened, { error: outcome.error, partial: selected.partial, begun });
  return {
    service,
    verb: verbText(request),
    sid,
    ok: error === undefined,
    exit: exitOf(action, error),
    error,
    durationMs: Date.now() - begun,
    changes: action.ledger.count(),
    planned: request.dryRun ? action.ledger.planned() : [],
    steps: action.steps,
    outcomes: action.outcomes,
    notRolledBack: outcome.left,
    status,
  };
}

function prepare(world: World, instance: Instance, request: ActionRequest, sid: string): Prepared {
  const run = createRun(world, instance, { action: verbText(request), sid, ...(request.dryRun ? { dryRun: true } : {}) });
  return { run, selected: selectWalk(instance, request, directionOf(request.verb)) };
}

interface Opening {
  readonly sid: string;
  readonly opened: OpenedAction;
  readonly signal: AbortSignal;
}

function createAction(request: ActionRequest, { sid, opened, signal }: Opening): Action {
  const { run, selected } = opened;
  return {
    run,
    request,
    sid,
    journal: opened.journal,
    ledger: createLedger(run, opened.journal, sid),
    signal: AbortSignal.any([signal, opened.lost, opened.madeWay?.signal].filter((one) => one !== undefined)),
    reachedDown: new Map(inheritedFrom(opened.takenOver, request.verb).map((rid) => [rid, -1])),
    unfit: new Map(),
    walked: new Set(selected.batches.flatMap(({ rids }) => rids)),
    unasked: new Set(),
    wished: new Map(),
    steps: [],
    outcomes: [],
  };
}

/** Never throws: what stands around it must be closed whatever happened. */
async function attempt(
  action: Action,
  selected: Selected,
  opened: OpenedAction,
): Promise<{ error: SvcError | undefined; left: readonly string[] }> {
  try {
    await limitedWalk(action, selected);
    return { error: undefined, left: [] };
  } catch (thrown) {
    return { error: asSvcError(thrown), left: await undo(action, opened) };
  }
}

async function limitedWalk(action: Action, selected: Selected): Promise<void> {
  const { timeoutMs, verb } = action.request;
  if (timeoutMs === undefined) return walkAll(action, selected);
  return withFirmDeadline(action.signal, timeoutMs, verb, settleMs, (signal) => walkAll({ ...action, signal }, selected));
}

/** @returns the rids that may still be up */
async function undo(action: Action, opened: OpenedAction): Promise<readonly string[]> {
  const { verb, rollback, dryRun } = action.request;
  const starts = verb === 'start' || verb === 'provision' || verb === 'boot' || verb === 'restart';
  // Refused before anything was reached: what an interrupted predecessor left is still its own.
  if (!starts || dryRun || action.steps.length === 0) return [];
  if (opened.lost?.aborted === true) {
    action.run.log().error('no rollback: without the lock another action may be at work');
    return undoable(action);
  }
  if (!rollback || !action.run.instance.definition.settings.rollback) {
    action.run.log().info('no rollback, as asked');
    return [];
  }
  return rollBack(action);
}

/** Once anything was changed or reached in vain, the action ran and failed. */
function exitOf(action: Action, error: SvcError | undefined): number {
  if (error === undefined) return 0;
  if (error.code === 'CANCELLED') return 130;
  const hasRun = action.steps.some((step) => step.outcome === 'failed') || (!action.request.dryRun && action.ledger.count() > 0);
  return hasRun ? 1 : errorKinds[error.code].exit;
}
