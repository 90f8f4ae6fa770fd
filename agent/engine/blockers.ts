/** Refusals, asked of the instance and of every selected resource before the first change of a walk. */
import { createObserve } from '../driver/context.ts';
import type { Blocker } from '../driver/contract.ts';
import { asSvcError, SvcError } from '../errors.ts';
import type { Action } from './action-state.ts';
import { withDeadline } from './deadline.ts';
import type { Resource } from './instance.ts';
import { instanceBlockers } from './instance-blockers.ts';
import { contextInput } from './run.ts';

const blockerLimitMs = 30_000;

interface Refusal {
  /** Undefined: the instance refuses. */
  readonly rid: string | undefined;
  readonly blocker: Blocker;
}

/**
 * Asks all; a tool that is missing or a question without an answer refuses with its own code. An optional resource that cannot be
 * asked is only left out of the walk.
 * @throws SvcError REFUSED listing every refusal and the `--allow` name of each
 */
export async function askBlockers(action: Action, resources: readonly Resource[], verbs: readonly string[]): Promise<void> {
  const { run, request } = action;
  const own = verbs.flatMap((verb) => instanceBlockers(run.instance.definition, run.world.node, verb));
  // Settled: no question goes on behind an action that has ended.
  const asked = await Promise.allSettled(resources.map((resource) => askResource(action, resource, verbs)));
  for (const answer of asked) if (answer.status === 'rejected') throw answer.reason;
  const found = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const all: readonly Refusal[] = [...own.map((blocker) => ({ rid: undefined, blocker })), ...found];
  const standing = all.filter(({ blocker }) => !isAllowed(action, blocker));
  for (const { rid, blocker } of all) {
    if (isAllowed(action, blocker)) run.log(rid).warn(`allowed (${blocker.allow}): ${blocker.text}`);
  }
  if (standing.length > 0) throw refusal(run.instance.name, standing, request.force);
  if (request.force) throw new SvcError('REFUSED', `${run.instance.name}: nothing refuses this action: run it without --force`);
}

function isAllowed(action: Action, { allow }: Blocker): boolean {
  return allow !== undefined && action.request.allow.includes(allow);
}

async function askResource(action: Action, resource: Resource, verbs: readonly string[]): Promise<readonly Refusal[]> {
  const { rid } = resource;
  try {
    await needTools(action, resource);
    const found = new Map<string, Refusal>();
    for (const verb of verbs) {
      for (const blocker of await blockersOf(action, resource, verb)) found.set(`${blocker.allow} ${blocker.text}`, { rid, blocker });
    }
    return [...found.values()];
  } catch (thrown) {
    if (!resource.traits.optional || action.signal.aborted) throw thrown;
    action.unfit.set(rid, asSvcError(thrown));
    return [];
  }
}

async function blockersOf(action: Action, resource: Resource, verb: string): Promise<readonly Blocker[]> {
  const ask = resource.driver.blockers;
  if (ask === undefined) return [];
  const found: unknown = await withDeadline(action.signal, blockerLimitMs, `${resource.rid} safety questions`, (signal) =>
    ask(createObserve(contextInput(action.run, resource, signal)), verb),
  );
  if (Array.isArray(found) && found.every(isBlocker)) return found;
  throw new SvcError('BUG', `driver ${resource.type} gave no valid list of blockers`);
}

function isBlocker(value: unknown): value is Blocker {
  const { text, allow } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof text === 'string' && (allow === undefined || typeof allow === 'string');
}

function refusal(service: string, standing: readonly Refusal[], force: boolean): SvcError {
  const lines = standing.map(({ rid, blocker: { text, allow } }) => {
    const where = rid === undefined ? '' : `${rid}: `;
    return `${where}${text} (${allow === undefined ? 'cannot be waived' : `--allow ${allow}`})`;
  });
  const names = [...new Set(standing.flatMap(({ blocker }) => (blocker.allow === undefined ? [] : [blocker.allow])))];
  const waivers = names.map((name) => `--allow ${name}`).join(' ');
  const isFixed = standing.some(({ blocker }) => blocker.allow === undefined);
  const next = isFixed ? 'mend first what cannot be waived' : `to go on all the same: ${waivers}`;
  return new SvcError('REFUSED', `${service}: ${lines.join('; ')}`, {
    hint: force ? `there is no blanket force; ${next}` : next,
    facts: { allow: names, resources: [...new Set(standing.flatMap(({ rid }) => rid ?? []))] },
  });
}

/** A missing tool is found before the first change, not in the middle of the walk. */
async function needTools(action: Action, resource: Resource): Promise<void> {
  const { doors } = action.run.world;
  for (const tool of resource.driver.needs) {
    if (!(await doors.hasTool(tool))) {
      throw new SvcError('UNSUPPORTED', `${resource.rid} (${resource.type}) needs ${tool}, which is not installed`, { facts: { tool } });
    }
  }
}
