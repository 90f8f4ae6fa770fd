/** Refusals, asked of every selected resource before the first change of a walk. */
import { createObserve } from '../driver/context.ts';
import type { Blocker } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import type { Action } from './action-state.ts';
import { withDeadline } from './deadline.ts';
import type { Resource } from './instance.ts';
import { contextInput } from './run.ts';

const blockerLimitMs = 30_000;

/**
 * Asks all; a tool that is missing or cannot tell refuses with its own code.
 * @throws SvcError REFUSED listing every refusal and the `--allow` name of each
 */
export async function askBlockers(action: Action, resources: readonly Resource[], verb: string): Promise<void> {
  const asked = resources.filter((resource) => resource.driver.blockers !== undefined);
  await Promise.all(resources.map((resource) => needTools(action, resource)));
  const found = await Promise.all(asked.map(async (resource) => ({ resource, blockers: await blockersOf(action, resource, verb) })));
  const allowed = new Set(action.request.allow);
  const all = found.flatMap(({ resource, blockers }) => blockers.map((blocker) => ({ rid: resource.rid, blocker })));
  const standing = all.filter(({ blocker }) => blocker.allow === undefined || !allowed.has(blocker.allow));
  for (const { rid, blocker } of all) {
    if (!standing.some((other) => other.blocker === blocker)) action.run.log(rid).warn(`allowed (${blocker.allow}): ${blocker.text}`);
  }
  if (standing.length > 0) throw refusal(action.run.instance.name, standing);
  if (action.request.force) throw new SvcError('REFUSED', 'nothing refuses this action: run it without --force');
}

async function blockersOf(action: Action, resource: Resource, verb: string): Promise<readonly Blocker[]> {
  const ask = resource.driver.blockers;
  if (ask === undefined) return [];
  return withDeadline(action.signal, blockerLimitMs, `${resource.rid} safety questions`, (signal) =>
    ask(createObserve(contextInput(action.run, resource, signal)), verb),
  );
}

function refusal(service: string, standing: readonly { rid: string; blocker: Blocker }[]): SvcError {
  const text = standing.map(({ rid, blocker }) => `${rid}: ${blocker.text}`).join('; ');
  const names = [...new Set(standing.flatMap(({ blocker }) => (blocker.allow === undefined ? [] : [blocker.allow])))];
  const fixed = standing.some(({ blocker }) => blocker.allow === undefined);
  const hint = fixed ? 'cannot be waived; mend it first' : `to go on all the same: ${names.map((name) => `--allow ${name}`).join(' ')}`;
  return new SvcError('REFUSED', `${service}: ${text}`, { hint, facts: { allow: names, resources: standing.map(({ rid }) => rid) } });
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
