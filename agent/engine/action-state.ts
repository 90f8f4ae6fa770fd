/** An action on one service while it runs. */
import { type ActInput, createAct, type Memory } from '../driver/context.ts';
import type { Act, Outcome } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import type { Journal } from '../journal/journal.ts';
import type { Clock } from './deadline.ts';
import type { Ledger } from './effects.ts';
import type { Resource } from './instance.ts';
import { createProgress } from './progress.ts';
import { contextInput, type Run } from './run.ts';

export type Verb = 'start' | 'stop' | 'restart' | 'provision' | 'unprovision' | 'run' | 'boot' | 'shutdown' | 'sync';

/** What the user asked; plain data, journaled, so that `resume` can ask the same again. */
export interface ActionRequest {
  readonly verb: Verb;
  /** Which one, of verb sync: `update`, `full`, `all` … */
  readonly sync?: string;
  /** Resources at work together, of verb sync; default 1. */
  readonly parallel?: number;
  readonly rid?: string;
  readonly tag?: string;
  readonly subset?: string;
  readonly upto?: string;
  readonly downto?: string;
  readonly allow: readonly string[];
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly rollback: boolean;
  /** How long to wait for the lock of the service, ms; undefined = its lock_timeout. */
  readonly waitMs?: number;
  readonly timeoutMs?: number;
  readonly reason?: string;
  /** Done by the daemon by itself: it is no wish of anybody, and names no resource on purpose. */
  readonly automatic?: boolean;
}

export interface StepResult {
  readonly rid: string;
  readonly outcome: 'done' | 'unchanged' | 'skipped' | 'ignored' | 'failed';
  readonly text: string;
}

export interface TargetOutcome extends Outcome {
  readonly rid: string;
}

export interface Action {
  readonly run: Run;
  readonly request: ActionRequest;
  readonly sid: string;
  /** Undefined in a dry-run. */
  readonly journal: Journal | undefined;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /**
   * Resources that were down when the walk reached them, in that order, each with the number of its changes until then; -1 for
   * those that the interrupted action which this one completes had found down and changed.
   */
  readonly reachedDown: Map<string, number>;
  /** Optional resources that cannot be acted on, and why: found out before the first change. */
  readonly unfit: Map<string, SvcError>;
  /** Everything that the walk will reach. */
  readonly walked: ReadonlySet<string>;
  /** Resources in a container that does not run yet: their safety questions are asked right before their start. */
  readonly unasked: Set<string>;
  /** What was wished of the resources that it reached (wishes.ts). */
  readonly wished: Map<string, 'up' | 'down'>;
  readonly steps: StepResult[];
  /** What came of each target of a sync. */
  readonly outcomes: TargetOutcome[];
}

/** The method that `sync WORD` calls: `all` updates. */
export function syncMethod(word: string): string {
  return word === 'all' ? 'update' : word;
}

/** `start`, `sync update`: the verb as the user knows it. */
export function verbText({ verb, sync }: Pick<ActionRequest, 'verb' | 'sync'>): string {
  return sync === undefined ? verb : `${verb} ${sync}`;
}

export function actInput(action: Action, resource: Resource | undefined, signal: AbortSignal, clock?: Clock, memory?: Memory): ActInput {
  const { run } = action;
  const log = run.log(resource?.rid);
  const base =
    resource === undefined
      ? { ...contextInput(run, anyResource(run), signal), rid: '', config: {}, scope: run.instance.name, log }
      : contextInput(run, resource, signal);
  return {
    ...base,
    effects: action.ledger,
    allow: new Set(action.request.allow),
    ...(clock === undefined ? {} : { hold: clock.hold }),
    ...(memory === undefined ? {} : { memory }),
    progress: createProgress({ say: log.info, live: liveOf(action, resource) }),
  };
}

function liveOf({ run }: Action, resource: Resource | undefined): ((text: string) => void) | undefined {
  const { live, now } = run.world;
  if (live === undefined) return undefined;
  const about = { service: run.instance.name, ...(resource === undefined ? {} : { rid: resource.rid }) };
  return (text) => live({ at: now(), level: 'info', text, ...about });
}

/** A context that may act on this resource for this action; `memory` takes the place of the one of its run. */
export function actOn(action: Action, resource: Resource, signal: AbortSignal, clock?: Clock, memory?: Memory): Act<never> {
  return createAct(actInput(action, resource, signal, clock, memory)) as unknown as Act<never>;
}

/** The resource of an instance; NOT_FOUND otherwise. */
export function resourceOf(run: Run, rid: string): Resource {
  const found = run.instance.resources.find((resource) => resource.rid === rid);
  if (found === undefined) throw new SvcError('NOT_FOUND', `${run.instance.name} has no resource ${rid}`);
  return found;
}

function anyResource(run: Run): Resource {
  // Triggers of the service run on this node, never inside a container.
  const first = run.instance.resources.find(({ inside }) => inside === undefined);
  if (first === undefined) throw new SvcError('NOT_FOUND', `${run.instance.name} has no resources`);
  return first;
}
