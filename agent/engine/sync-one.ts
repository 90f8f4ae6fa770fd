/** One sync resource, one verb: requirements, locks of its targets, triggers, driver; what came of each target. */
import type { Act, Outcome } from '../driver/contract.ts';
import { defaultLimits } from '../driver/limits.ts';
import { asSvcError, SvcError } from '../errors.ts';
import { type Action, actOn } from './action-state.ts';
import { withFirmDeadline } from './deadline.ts';
import type { Resource } from './instance.ts';
import { rememberRun } from './last-run.ts';
import { checkRequirements } from './perform.ts';
import type { TargetLocks } from './target-locks.ts';
import { runTriggers } from './triggers.ts';

type Method = (at: Act<never>) => Promise<unknown>;

/** A transfer that is being ended needs this long before we stop waiting for it. */
const graceMs = 8_000;

/** Returns what failed. @throws only when the action is aborted */
export async function syncOne(action: Action, resource: Resource, method: string, locks: TargetLocks): Promise<readonly SvcError[]> {
  const { rid } = resource;
  const { journal, sid, ledger } = action;
  const name = `sync ${method}`;
  const begun = Date.now();
  const changes = ledger.countOf(rid);
  journal?.appendLazy({ kind: 'step', sid, rid, name, phase: 'begin' });
  const failures = await attempt(action, resource, method, locks);
  const text = failures.length === 0 ? 'done' : failures.map(({ message }) => message).join('; ');
  const phase = failures.length === 0 ? 'end' : 'failed';
  journal?.appendLazy({ kind: 'step', sid, rid, name, phase, message: text, durationMs: Date.now() - begun });
  const isRefused = failures.length > 0 && failures.every(({ code }) => code === 'REFUSED');
  const hasChanged = ledger.countOf(rid) > changes;
  // Refused before anything was changed: the action has not run.
  const outcome = isRefused && !hasChanged ? 'skipped' : failures.length > 0 ? 'failed' : hasChanged ? 'done' : 'unchanged';
  action.steps.push({ rid, outcome, text });
  return failures;
}

async function attempt(action: Action, resource: Resource, method: string, locks: TargetLocks): Promise<readonly SvcError[]> {
  const { rid } = resource;
  try {
    const unfit = action.unfit.get(rid);
    if (unfit !== undefined) throw unfit;
    checkRequirements(action, resource, resource.common.sync_requires);
    return await locks.hold(resource, () => transfer(action, resource, method));
  } catch (thrown) {
    action.signal.throwIfAborted();
    const error = asSvcError(thrown);
    action.run.log(rid).error(`sync ${method} failed: ${error.message}`);
    const message = error.message.startsWith(`${rid}:`) ? error.message : `${rid}: ${error.message}`;
    return [
      new SvcError(error.code, message, { cause: error, facts: error.facts, ...(error.hint === undefined ? {} : { hint: error.hint }) }),
    ];
  }
}

async function transfer(action: Action, resource: Resource, method: string): Promise<readonly SvcError[]> {
  const { rid, driver, type } = resource;
  const { run, signal } = action;
  const work = (driver.sync as Readonly<Record<string, Method | undefined>> | undefined)?.[method];
  if (work === undefined) throw new SvcError('UNSUPPORTED', `${type} has no sync ${method}`);
  await runTriggers(action, 'pre', 'sync', resource, signal);
  const send = async (): Promise<readonly SvcError[]> => {
    // Its commands have their own limits; this one only ends a driver that hangs between them.
    const outcomes = await withFirmDeadline(signal, defaultLimits.syncMs, `sync ${method}`, graceMs, (inner, clock) =>
      work(actOn(action, resource, inner, clock)),
    );
    const checked = checkOutcomes(type, outcomes);
    if (checked.length === 0) run.log(rid).info('no target to sync');
    return checked.flatMap((outcome) => tell(action, rid, outcome));
  };
  const failures = method === 'update' ? await rememberRun(action, rid, send, (failed) => failed) : await send();
  if (failures.length === 0) await runTriggers(action, 'post', 'sync', resource, signal);
  return failures;
}

/** Keeps and logs what came of a target; its error when it failed. */
function tell(action: Action, rid: string, outcome: Outcome): readonly SvcError[] {
  const { target, ok, note, bytes, code } = outcome;
  const log = action.run.log(rid);
  action.outcomes.push({ rid, ...outcome });
  const sent = bytes === undefined || action.ledger.dryRun ? [] : [`${bytes} bytes sent`];
  if (ok) {
    log[note === undefined ? 'info' : 'warn'](
      `${target}: ${[action.ledger.dryRun ? 'nothing in the way' : 'done', ...sent, ...(note === undefined ? [] : [note])].join(', ')}`,
    );
    return [];
  }
  log.error(`${target}: ${note ?? 'failed'}`);
  return [new SvcError(code ?? 'COMMAND', `${rid}: ${target}: ${note ?? 'failed'}`, { facts: { rid, target } })];
}

/** Outside drivers are held to the contract by nothing else. */
function checkOutcomes(type: string, value: unknown): readonly Outcome[] {
  if (Array.isArray(value) && value.every(isOutcome)) return value;
  throw new SvcError('BUG', `driver ${type} gave no valid list of outcomes`);
}

function isOutcome(value: unknown): value is Outcome {
  const { target, ok, note, bytes } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const hasNote = note === undefined || typeof note === 'string';
  return typeof target === 'string' && typeof ok === 'boolean' && hasNote && (bytes === undefined || typeof bytes === 'number');
}
