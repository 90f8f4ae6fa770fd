/** Locks of what drivers share beyond one service: a destination, an array (`locks` of the contract). One holder at a time on this node. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { describeWho } from '../io/identity.ts';
import { acquireLock, type Lock } from '../io/lock.ts';
import { currentProcess } from '../io/process.ts';
import { type Action, verbText } from './action-state.ts';
import type { Resource } from './instance.ts';

export interface TargetLocks {
  /** Runs `work` while every lock of the resource is held; BUSY when another action keeps one for too long. */
  hold<V>(resource: Resource, work: () => Promise<V>): Promise<V>;
}

export function createTargetLocks(action: Action): TargetLocks {
  // Resources of this very action wait for each other as long as it takes.
  const inside = new Map<string, Promise<unknown>>();
  return {
    hold: async (resource, work) => {
      // Always in the same order: two that want the same two cannot wait for each other.
      const names = [...new Set(resource.driver.locks?.(resource.config as never) ?? [])].sort();
      if (action.ledger.dryRun || names.length === 0) return work();
      const before = names.flatMap((name) => inside.get(name) ?? []);
      const done = Promise.allSettled(before).then(() => holdAll(action, names, work));
      for (const name of names) inside.set(name, done);
      return done;
    },
  };
}

async function holdAll<V>(action: Action, names: readonly string[], work: () => Promise<V>): Promise<V> {
  const held: Lock[] = [];
  try {
    for (const name of names) held.push(await take(action, name));
    return await work();
  } finally {
    for (const lock of held.reverse()) lock.release();
  }
}

async function take({ run, request, sid, signal }: Action, name: string): Promise<Lock> {
  const { world, instance } = run;
  const owner = {
    ...currentProcess(),
    who: describeWho(world.who),
    action: verbText(request),
    service: instance.name,
    sid,
    since: world.now().toISOString(),
  };
  return acquireLock(lockFile(world.paths.run, name), owner, {
    waitMs: request.waitMs ?? instance.definition.settings.lock_timeout,
    signal,
    onWait: (other) =>
      run.log().info(`waiting for ${name}: held by ${other?.action ?? 'another action'} of ${other?.service ?? 'another service'}`),
  });
}

/** A name may hold slashes, and be longer than a file name. */
function lockFile(runFolder: string, name: string): string {
  const word = name.replaceAll(/[^A-Za-z0-9._-]+/g, '_').slice(0, 80);
  return join(runFolder, 'locks', `target.${word}.${createHash('sha256').update(name).digest('hex').slice(0, 12)}.lock`);
}
