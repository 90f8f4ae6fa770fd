/** What stands around the walk of an action: lock, journal, cut predecessors before; status, journal, release after. */
import { join } from 'node:path';
import type { SvcError } from '../errors.ts';
import { describeWho } from '../io/identity.ts';
import { acquireLock, type Lock, type LockOwner } from '../io/lock.ts';
import { currentProcess } from '../io/process.ts';
import { type Journal, openJournal } from '../journal/journal.ts';
import type { OpenAction } from '../journal/actions.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { Action, ActionRequest, Verb } from './action-state.ts';
import { readKept, writeKept } from './kept-state.ts';
import { awaitSurvivors, fallbackJournal, interruptedActions } from './recover.ts';
import type { Run } from './run.ts';
import { evaluateStatus } from './status.ts';

export interface OpenedAction {
  /** Undefined in a dry-run. */
  readonly journal: Journal | undefined;
  readonly cut: readonly OpenAction[];
  /** Those of them that this action answers for from now on. */
  readonly takenOver: readonly OpenAction[];
  readonly lock: Lock | undefined;
  /** Aborts when the lock is lost. */
  readonly lost: AbortSignal | undefined;
}

/** A stop must work with a full disk; everything else refuses when it could not journal (spec/cli.md "Safety" 5). */
const worksWithoutDisk: readonly Verb[] = ['stop', 'shutdown'];

/** Takes the lock, settles what a cut predecessor left running, opens the journal. A dry-run does none of that. */
export async function openAction(run: Run, request: ActionRequest, sid: string, partial: boolean, signal: AbortSignal): Promise<OpenedAction> {
  const { world, instance } = run;
  if (request.dryRun) {
    return { journal: undefined, cut: await interruptedActions(world, instance.name), takenOver: [], lock: undefined, lost: undefined };
  }
  const waitMs = request.waitMs ?? instance.definition.settings.lock_timeout;
  const lock = await takeLock(run, request, sid, waitMs, signal);
  try {
    const cut = await interruptedActions(world, instance.name);
    await awaitSurvivors(run, cut, waitMs, signal);
    const journal = startJournal(run, request, sid);
    return { journal, cut, takenOver: cut.filter((one) => takesOver(request, partial, one)), lock, lost: lock.lost };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function takeLock(run: Run, request: ActionRequest, sid: string, waitMs: number, signal: AbortSignal): Promise<Lock> {
  const { world, instance } = run;
  return acquireLock(
    lockFile(world.paths.run, instance.name),
    { ...currentProcess(), who: describeWho(world.who), action: request.verb, service: instance.name, sid, since: world.now().toISOString() },
    { waitMs, signal, onWait: (owner) => run.log().info(waitingText(owner)) },
  );
}

function waitingText(owner: LockOwner | undefined): string {
  if (owner === undefined) return 'waiting for another action';
  return `waiting for ${owner.action} by ${owner.who}, since ${owner.since}`;
}

export function lockFile(runFolder: string, service: string): string {
  return join(runFolder, 'locks', `${service}.lock`);
}

/** A whole action, or the same one again, answers for the cut one. */
function takesOver(request: ActionRequest, partial: boolean, cut: OpenAction): boolean {
  if (!partial) return true;
  const { rid, tag, subset } = cut.options as Partial<ActionRequest>;
  return cut.verb === request.verb && rid === request.rid && tag === request.tag && subset === request.subset;
}

function startJournal(run: Run, request: ActionRequest, sid: string): Journal {
  const { world, instance } = run;
  const mayFallBack = worksWithoutDisk.includes(request.verb);
  const journal = openJournal({
    folder: world.paths.journal,
    service: instance.name,
    ...(mayFallBack ? { fallbackFolder: fallbackJournal(world), onFallback: (error: SvcError, folder: string) => run.log().error(`${error.message}; this action is journaled in ${folder}`) } : {}),
  });
  try {
    journal.append({
      kind: 'begin',
      sid,
      service: instance.name,
      verb: request.verb,
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

/** Looks once more, keeps what is expected, ends the journal entry, lets the lock go. */
export async function closeAction(
  action: Action,
  opened: OpenedAction,
  outcome: { error: SvcError | undefined; partial: boolean; begun: number },
): Promise<StatusDocument | undefined> {
  const { run, request, journal } = action;
  if (journal === undefined) return undefined;
  try {
    if (outcome.error === undefined && !outcome.partial) await keepExpectation(run, request.verb);
    for (const old of opened.takenOver) journal.append({ kind: 'clear', sid: old.sid, by: action.sid });
    const durationMs = Date.now() - outcome.begun;
    const { error } = outcome;
    journal.append({
      kind: 'end',
      sid: action.sid,
      result: error === undefined ? 'ok' : error.code === 'CANCELLED' ? 'aborted' : 'failed',
      ...(error === undefined ? {} : { code: error.code, message: error.message }),
      durationMs,
    });
    return await evaluateStatus(run, new AbortController().signal, { ignoreLock: true });
  } finally {
    journal.close();
    opened.lock?.release();
  }
}

async function keepExpectation(run: Run, verb: Verb): Promise<void> {
  const expected = verb === 'stop' || verb === 'shutdown' || verb === 'unprovision' ? 'down' : verb === 'run' ? undefined : 'up';
  if (expected === undefined) return;
  const { world, instance } = run;
  await writeKept(world, instance.name, { ...(await readKept(world, instance.name)), expected }).catch((error: unknown) =>
    run.log().error(`cannot keep what is expected of this instance: ${String(error)}`),
  );
}
