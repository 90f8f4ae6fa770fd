/** Refusals, asked of the instance and of every selected resource before the first change of a walk. */
import { createObserve } from '../driver/context.ts';
import type { Blocker } from '../driver/contract.ts';
import { asSvcError, SvcError } from '../errors.ts';
import type { Action } from './action-state.ts';
import { withDeadline } from './deadline.ts';
import { isReachable, missingHost, whyUnreachable } from './hosted.ts';
import type { Resource } from './instance.ts';
import { instanceBlockers } from './instance-blockers.ts';
import { type Asker, peerBlockers } from './peer-questions.ts';
import { contextInput } from './run.ts';

const blockerLimitMs = 30_000;

interface Refusal {
  /** Undefined: the instance refuses. */
  readonly rid: string | undefined;
  readonly blocker: Blocker;
}

/**
 * Asks all, the other nodes too; a tool that is missing or a question without an answer refuses with its own code. An optional
 * resource that cannot be asked is only left out of the walk.
 * @throws SvcError REFUSED listing every refusal and the `--allow` name of each
 */
export async function askBlockers(action: Action, resources: readonly Resource[], verbs: readonly string[]): Promise<void> {
  return settleRefusals(action, resources, verbs, ofInstance(await peerBlockers(action, resources, verbs)));
}

/** The same for the second half of an action that has asked the other nodes already, and held them off since. */
export async function askOwnBlockers(action: Action, resources: readonly Resource[], verbs: readonly string[]): Promise<void> {
  return settleRefusals(action, resources, verbs, []);
}

function ofInstance(blockers: readonly Blocker[]): readonly Refusal[] {
  return blockers.map((blocker) => ({ rid: undefined, blocker }));
}

async function settleRefusals(
  action: Action,
  resources: readonly Resource[],
  verbs: readonly string[],
  ofPeers: readonly Refusal[],
): Promise<void> {
  const { run, request } = action;
  const own = verbs.flatMap((verb) => instanceBlockers(run.instance.definition, run.world.node, verb));
  // Settled: no question goes on behind an action that has ended.
  const asked = await Promise.allSettled(resources.map((resource) => askResource(action, resource, verbs)));
  for (const answer of asked) if (answer.status === 'rejected') throw answer.reason;
  const found = asked.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const all: readonly Refusal[] = [...ofInstance(own), ...ofPeers, ...outOfReach(action, resources, verbs), ...found];
  const standing = all.filter(({ blocker }) => !isAllowed(action, blocker));
  for (const { rid, blocker } of all) {
    if (isAllowed(action, blocker)) noteAllowed(action, rid, blocker);
  }
  if (standing.length > 0) throw refusal(run.instance.name, standing, request.force);
  if (request.force) throw new SvcError('REFUSED', `${run.instance.name}: nothing refuses this action: run it without --force`);
}

/** What lives in a container that neither runs nor is about to be started. */
function outOfReach({ run }: Action, resources: readonly Resource[], verbs: readonly string[]): readonly Refusal[] {
  if (verbs.every((verb) => verb === 'stop')) return [];
  const alone = resources.filter((one) => {
    const host = missingHost(run, one);
    return host !== undefined && !resources.some(({ rid }) => rid === host);
  });
  return alone.map((one) => ({ rid: one.rid, blocker: whyUnreachable(run, one) }));
}

/** What was waived, and by that what was known then, stays in the journal. */
function noteAllowed({ run, journal, sid }: Action, rid: string | undefined, { text, allow }: Blocker): void {
  const note = `allowed (${allow}): ${text}`;
  run.log(rid).warn(note);
  journal?.appendLazy({ kind: 'note', sid, level: 'warn', text: note, ...(rid === undefined ? {} : { rid }) });
}

function isAllowed(action: Action, { allow }: Blocker): boolean {
  return allow !== undefined && action.request.allow.includes(allow);
}

async function askResource(action: Action, resource: Resource, verbs: readonly string[]): Promise<readonly Refusal[]> {
  const { rid } = resource;
  if (!isReachable(action.run, resource)) action.unasked.add(rid);
  try {
    return (await refusalsOf(action, resource, verbs)).map((blocker) => ({ rid, blocker }));
  } catch (thrown) {
    if (!resource.traits.optional || action.signal.aborted) throw thrown;
    action.unfit.set(rid, asSvcError(thrown));
    return [];
  }
}

/**
 * What one resource has against these verbs.
 * @throws SvcError UNSUPPORTED when a tool is missing, or why it cannot be told
 */
export async function refusalsOf(asker: Asker, resource: Resource, verbs: readonly string[]): Promise<readonly Blocker[]> {
  if (!isReachable(asker.run, resource)) return [];
  // A stop goes as far as it can: it does not leave everything up because of a tool that one resource lacks.
  if (verbs.some((verb) => verb !== 'stop')) await needTools(asker, resource, verbs);
  const found = new Map<string, Blocker>();
  const stops = verbs.includes('stop');
  for (const verb of verbs) {
    for (const blocker of await blockersOf(asker, resource, verb)) {
      if (!(stops && blocker.endsWithStop)) found.set(`${blocker.allow} ${blocker.text}`, blocker);
    }
  }
  return [...found.values()];
}

async function blockersOf({ run, signal: outer }: Asker, resource: Resource, verb: string): Promise<readonly Blocker[]> {
  const ask = resource.driver.blockers;
  if (ask === undefined) return [];
  const found: unknown = await withDeadline(outer, blockerLimitMs, `${resource.rid} safety questions`, (signal) =>
    ask(createObserve(contextInput(run, resource, signal)), verb),
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
  const mends = [...new Set(standing.flatMap(({ blocker }) => blocker.mend ?? []))].map((mend) => `mend: ${mend}\n`).join('');
  const isFixed = standing.some(({ blocker }) => blocker.allow === undefined);
  const next = isFixed ? 'mend first what cannot be waived' : `to go on all the same: ${waivers}`;
  return new SvcError('REFUSED', `${service}: ${lines.join('; ')}`, {
    hint: `${mends}${force ? `there is no blanket force; ${next}` : next}`,
    facts: { allow: names, resources: [...new Set(standing.flatMap(({ rid }) => rid ?? []))] },
  });
}

/** A missing tool is found before the first change, not in the middle of the walk. */
async function needTools({ run }: Asker, { rid, type, driver }: Resource, verbs: readonly string[]): Promise<void> {
  const { doors } = run.world;
  const provisions = verbs.includes('provision') || verbs.includes('unprovision');
  for (const tool of [...driver.needs, ...(provisions ? (driver.provisionNeeds ?? []) : [])]) {
    if (!(await doors.hasTool(tool))) {
      throw new SvcError('UNSUPPORTED', `${rid} (${type}) needs ${tool}, which is not installed`, { facts: { tool } });
    }
  }
}
