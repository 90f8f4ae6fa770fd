/** One daemon per home: a lock that the kernel frees, whatever ended its holder. */
import { join } from 'node:path';
import { SvcError } from '../errors.ts';
import { acquireLock, type Lock, type LockOwner, readOwner } from '../io/lock.ts';
import { currentProcess } from '../io/process.ts';
import type { Paths } from '../paths.ts';

export function daemonLock(paths: Paths): string {
  return join(paths.run, 'svcmgrd.lock');
}

/** @throws SvcError BUSY when another daemon has this home */
export async function holdHome(paths: Paths, version: string): Promise<Lock> {
  const owner: LockOwner = {
    ...currentProcess(),
    who: 'svcmgrd',
    action: `svcmgrd ${version}`,
    service: 'svcmgrd',
    sid: String(process.pid),
    since: new Date().toISOString(),
  };
  try {
    return await acquireLock(daemonLock(paths), owner, { waitMs: 0 });
  } catch (thrown) {
    if (!(thrown instanceof SvcError) || thrown.code !== 'BUSY') throw thrown;
    const pid = findDaemon(paths)?.pid;
    throw new SvcError('BUSY', `a daemon of ${paths.run} runs already${pid === undefined ? '' : ` (pid ${pid})`}`, {
      hint: 'svcmgr daemon status',
      facts: thrown.facts,
    });
  }
}

/** The daemon of this home, while it lives. */
export function findDaemon(paths: Paths): LockOwner | undefined {
  const found = readOwner(daemonLock(paths));
  return found?.live === true ? found.owner : undefined;
}
