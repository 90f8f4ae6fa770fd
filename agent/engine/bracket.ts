/** What stands around the walk of an action: lock, journal, cut predecessors before; status, journal, release after. */
import { asSvcError, type SvcError } from '../errors.ts';
import type { Lock } from '../io/lock.ts';
import { currentProcess } from '../io/process.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import type { OpenAction } from '../journal/actions.ts';
import type { StatusDocument } from '../state/status-document.ts';
import { type Action, type ActionRequest, type Verb, verbText } from './action-state.ts';
import { type Expected, keepExpected } from './kept-state.ts';
import { fallbackJournal } from './open-records.ts';
import { awaitSurvivors, interruptedActions, mustBeOurs } from './recover.ts';
import type { Run } from './run.ts';
import type { Selected } from './select-walk.ts';
import { takeLock, type Way, watchWay } from './service-lock.ts';
import { evaluateStatus } from './status.ts';
import { tallyAction } from './tally-action.ts';
import { takesOver } from './take-over.ts';
import { keepWishes } from './wishes.ts';

/** What an action is about to do, as the file of the service says. */
export interface Prepared {
  readonly run: Run;
  readonly selected: Selected;
}

export interface OpenedAction extends Prepared {
  /** Undefined in a dry-run. */
  readonly journal: Journal | undefined;
  /** Interrupted actions that this one answers for. */
  readonly takenOver: readonly OpenAction[];
  readonly lock: Lock | undefined;
  /** Aborts when the lock is lost. */
  readonly lost: AbortSignal | undefined;
  /** Of a copy: aborts when somebody waits for whom it ends. */
  readonly madeWay?: Way | undefined;
}

/** A stop must work with a full disk; everything else refuses when it could not journal (spec/cli.md "Safety" 5). */
const worksWithoutDisk: readonly Verb[] = ['stop', 'shutdown'];

/**
 * Takes the lock, settles what a cut predecessor left running, opens the journal. A dry-run does none of that.
 * @param again prepares anew: the file may have changed while the lock was waited for
 */
export async function openAction(
  before: Prepared,
  request: ActionRequest,
  sid: string,
  signal: AbortSignal,
  again: () => Promise<Prepared>,
): Promise<OpenedAction> {
  if (request.dryRun) {
    return { ...before, journal: undefined, takenOver: [], lock: undefined, lost: undefined };
  }
  const waitMs = request.waitMs ?? before.run.instance.definition.settings.lock_timeout;
  const lock = await takeLock(before.run, request, sid, waitMs, signal);
  try {
    const cut = await findInterrupted(before.run, request);
    await awaitSurvivors(before.run, cut, waitMs, signal);
    const { run, selected } = await again();
    const journal = startJournal(run, request, sid);
    const takenOver = cut.filter((one) => takesOver(request, selected.partial, one));
    return { run, selected, journal, takenOver, lock, lost: lock.lost, madeWay: watchWay(request, lock) };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** A journal that cannot be read must not keep a stop from working. */
async function findInterrupted(run: Run, request: ActionRequest): Promise<readonly OpenAction[]> {
  try {
    const cut = await interruptedActions(run.world, run.instance.name);
    mustBeOurs(run.instance.name, cut);
    return cut;
  } catch (thrown) {
    if (!worksWithoutDisk.includes(request.verb)) throw thrown;
    run.log().error(`whether an action was interrupted before is not known: ${asSvcError(thrown).message}`);
    return [];
  }
}

function startJournal(run: Run, request: ActionRequest, sid: string): Journal {
  const { world, instance } = run;
  const mayFallBack = worksWithoutDisk.includes(request.verb);
  const onFallback = (error: SvcError, folder: string) => run.log().error(`${error.message}; this action is journaled in ${folder}`);
  const journal = openJournal({
    folder: world.paths.journal,
    service: instance.name,
    absorbFolder: fallbackJournal(world),
    ...(mayFallBack ? { fallbackFolder: fallbackJournal(world), onFallback } : {}),
  });
  try {
    journal.append({
      kind: 'begin',
      sid,
      service: instance.name,
      verb: verbText(request),
      options: { ...request },
      node: instance.node,
      who: world.who,
      ...currentProcess(),
      ...(request.reason === undefined ? {} : { reason: request.reason }),
    });
  } catch (error) {
    journal.close();
    throw error;
  }
  return journal;
}

interface Outcome {
  readonly error: SvcError | undefined;
  readonly partial: boolean;
  /** Milliseconds since 1970. */
  readonly begun: number;
}

interface Closed {
  /** Undefined after a dry-run, and when it could not be evaluated. */
  readonly status: StatusDocument | undefined;
  /** That of the action, or why its end could not be journaled. */
  readonly error: SvcError | undefined;
}

/** Keeps what is expected, ends the journal entry, looks once more, lets the lock go. Never throws: the outcome must reach the caller. */
export async function closeAction(action: Action, opened: OpenedAction, outcome: Outcome): Promise<Closed> {
  const { run, journal } = action;
  opened.madeWay?.stop();
  if (journal === undefined) return { status: undefined, error: outcome.error };
  try {
    await keepExpectation(action, outcome);
    const error = endEntry(action, opened, outcome, journal);
    await tallyAction(action, error, (Date.now() - outcome.begun) / 1000);
    return { status: await finalStatus(run), error };
  } finally {
    try {
      journal.close();
    } finally {
      opened.lock?.release();
    }
  }
}

/** Without an end the action counts as interrupted, which is the safe way to be wrong. */
function endEntry(action: Action, opened: OpenedAction, outcome: Outcome, journal: Journal): SvcError | undefined {
  const { error } = outcome;
  const { sid } = action;
  try {
    // One that was refused before it reached anything has settled nothing for its predecessor.
    if (error === undefined || action.steps.length > 0)
      for (const old of opened.takenOver) journal.append({ kind: 'clear', sid: old.sid, by: sid });
    journal.append({
      kind: 'end',
      sid,
      result: error === undefined ? 'ok' : error.code === 'CANCELLED' ? 'aborted' : 'failed',
      ...(error === undefined ? {} : { code: error.code, message: error.message }),
      durationMs: Date.now() - outcome.begun,
    });
    return error;
  } catch (thrown) {
    const unwritten = asSvcError(thrown);
    action.run.log().error(`the end of this action is not journaled: ${unwritten.message}`);
    return error ?? unwritten;
  }
}

async function finalStatus(run: Run): Promise<StatusDocument | undefined> {
  try {
    return await evaluateStatus(run, new AbortController().signal, { ignoreLock: true });
  } catch (thrown) {
    run.log().error(`the final status could not be evaluated: ${asSvcError(thrown).message}`);
    return undefined;
  }
}

/** A machine that goes down and comes up again changes nothing in what is expected of its services. */
const expectedAfter = {
  start: 'up',
  restart: 'up',
  provision: 'up',
  stop: 'down',
  unprovision: 'down',
  shutdown: undefined,
  boot: undefined,
  run: undefined,
  sync: undefined,
} as const satisfies Record<Verb, Expected | undefined>;

/** What the daemon does by itself is no wish: a service that it gave up is still expected up. */
async function keepExpectation(action: Action, { error, partial }: Outcome): Promise<void> {
  const { run, request } = action;
  const { world, instance, log } = run;
  if (request.automatic === true || instance.definition.settings.disable) return;
  const expected = expectedAfter[request.verb];
  const isReached = expected !== undefined && error === undefined && !partial;
  try {
    if (isReached) await keepExpected(world, instance.name, expected);
    await keepWishes(action, { ok: error === undefined, partial, expected });
  } catch (thrown) {
    log().error(`cannot keep what is expected of this instance: ${String(thrown)}`);
  }
}
