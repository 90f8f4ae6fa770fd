/** What runs now on a service, and what was cut: for people, and for other nodes that decide by it whether they may start. */
import { asSvcError } from '../errors.ts';
import { readOwner } from '../io/lock.ts';
import { interrupted, type OpenAction, runningActions } from '../journal/actions.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { InterruptedAction, MonitorStatus } from '../state/status-document.ts';
import { hasSurvivors } from './recover.ts';
import { lockFile } from './service-lock.ts';
import { isRelocation } from './relocate-bracket.ts';
import type { Run } from './run.ts';

/** By the first word of the verb; any other action is shown by its own name. */
const states: Readonly<Record<string, string>> = {
  start: 'starting',
  stop: 'stopping',
  restart: 'restarting',
  provision: 'provisioning',
  unprovision: 'unprovisioning',
  run: 'running',
  sync: 'syncing',
  switch: 'relocating',
  giveback: 'relocating',
};

/** What a service is while an action runs on it: `starting`, `stopping` …; the name of the action where there is no word for it. */
export function actionState(verb: string): string {
  return states[verb.split(' ')[0] ?? ''] ?? verb;
}

/** @param ignoreOwn the caller holds the lock of the service itself, and is done */
export async function monitorOf(run: Run, ignoreOwn: boolean): Promise<MonitorStatus> {
  const { world, instance } = run;
  const open = await openRecords(run);
  const cut = interrupted(open);
  const held = ignoreOwn ? undefined : readOwner(lockFile(world.paths.run, instance.name));
  const owner = held?.live === true ? held.owner : undefined;
  const now = owner ?? running(open, ignoreOwn);
  return {
    state: now === undefined ? 'idle' : actionState(now.action),
    since: now?.since ?? null,
    action: now?.action ?? null,
    interrupted: interruptedOf(cut),
  };
}

/**
 * What began or ended while we looked may have changed what was looked at first: the looks belong to the action before them, unless
 * another one runs behind them.
 */
export function aroundLooks(before: MonitorStatus, after: MonitorStatus): MonitorStatus {
  if (before.action !== null && (after.action === null || after.state === 'relocating')) return before;
  if (before.interrupted?.alive === true && after.interrupted !== null) {
    return { ...after, interrupted: { ...after.interrupted, alive: true } };
  }
  return after;
}

/** The journal may be readable for root only: then the rest of the status is still worth showing. */
async function openRecords(run: Run): Promise<readonly JournalRecord[]> {
  try {
    return await run.openRecords();
  } catch (error) {
    run.log().warn(`whether an action was interrupted is not known: ${asSvcError(error).message}`);
    return [];
  }
}

interface Running {
  readonly action: string;
  readonly since: string;
}

/**
 * The begin record is durable where the text of the lock is a courtesy: on a full disk nobody can read there who holds it. A
 * relocation holds no lock between its steps, and whoever is at work under it comes first.
 */
function running(open: readonly JournalRecord[], ignoreOwn: boolean): Running | undefined {
  const all = runningActions(open);
  const relocation = all.find(({ verb }) => isRelocation(verb));
  const action = ignoreOwn ? relocation : (all.findLast(({ verb }) => !isRelocation(verb)) ?? relocation);
  return action === undefined ? undefined : { action: action.verb, since: new Date(action.at).toISOString() };
}

function interruptedOf(cut: readonly OpenAction[]): InterruptedAction | null {
  const last = cut.at(-1);
  if (last === undefined) return null;
  // The relocation is what a resume goes on with; the action that was cut under it says where it was.
  const relocation = cut.findLast(({ verb }) => isRelocation(verb));
  const { verb, at } = relocation ?? last;
  const { rid, openCommands } = last;
  return {
    verb,
    since: new Date(at).toISOString(),
    // A relocation is at a step, not at a resource.
    rid: rid === undefined || rid === '' ? null : rid,
    command: openCommands.at(-1)?.argv ?? relocation?.step ?? null,
    alive: hasSurvivors(cut),
  };
}
