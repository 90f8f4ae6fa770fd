/** The lock of a service: one action at a time, and a copy that is asked to end makes way for whoever waits. */
import { join } from 'node:path';
import { SvcError } from '../errors.ts';
import { describeWho } from '../io/identity.ts';
import { acquireLock, type Lock, type LockOwner } from '../io/lock.ts';
import { currentProcess } from '../io/process.ts';
import { askForWay, watchForWay } from '../io/way.ts';
import { makesWay, wantsWay } from '../state/make-way.ts';
import { type ActionRequest, verbText } from './action-state.ts';
import type { Run } from './run.ts';

/** Aborts when somebody waits. */
export interface Way {
  readonly signal: AbortSignal;
  stop(): void;
}

/** @throws SvcError BUSY who holds it, for what and since when */
export async function takeLock(run: Run, request: ActionRequest, sid: string, waitMs: number, signal: AbortSignal): Promise<Lock> {
  const { world, instance } = run;
  const file = lockFile(world.paths.run, instance.name);
  const owner = {
    ...currentProcess(),
    who: describeWho(world.who),
    action: verbText(request),
    service: instance.name,
    sid,
    since: world.now().toISOString(),
  };
  const wants = wantsWay(request.verb);
  let withdraw = (): void => undefined;
  const onWait = (holder: LockOwner | undefined): void => {
    run.log().info(waitingText(holder, wants));
    if (wants) withdraw = askForWay(file, owner);
  };
  try {
    return await acquireLock(file, owner, { waitMs, signal, onWait });
  } finally {
    withdraw();
  }
}

function waitingText(holder: LockOwner | undefined, wants: boolean): string {
  if (holder === undefined) return 'waiting for another action';
  const { action, who, since } = holder;
  return `waiting for ${action} by ${who}, since ${since}${wants && makesWay(action) ? ': it is asked to end' : ''}`;
}

/** Of an action that ends when somebody waits for it; undefined: it goes on. */
export function watchWay(request: ActionRequest, lock: Lock): Way | undefined {
  if (!makesWay(verbText(request))) return undefined;
  const controller = new AbortController();
  const stop = watchForWay(lock.path, ({ action, who }) =>
    controller.abort(new SvcError('CANCELLED', `made way for ${action} by ${who}`, { hint: 'the same sync completes it' })),
  );
  return { signal: controller.signal, stop };
}

export function lockFile(runFolder: string, service: string): string {
  return join(runFolder, 'locks', `${service}.lock`);
}
