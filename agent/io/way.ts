/** How a process that waits for a lock asks its holder to let go: a file beside the lock that says who asks. */
import { rmSync, writeFileSync } from 'node:fs';
import { type LockOwner, readOwner } from './lock.ts';

const lookEveryMs = 300;

function wishFile(lockPath: string): string {
  return `${lockPath}.wanted`;
}

/** Returns what withdraws it. A wish that cannot be written is none: the wait goes on as ever. */
export function askForWay(lockPath: string, owner: LockOwner): () => void {
  const file = wishFile(lockPath);
  try {
    writeFileSync(file, JSON.stringify(owner), { mode: 0o644 });
  } catch {
    return () => undefined;
  }
  return () => {
    // Somebody else may have asked since.
    if (readOwner(file)?.owner.sid === owner.sid) rmSync(file, { force: true });
  };
}

/** Tells once, as soon as a living process asks. Returns what ends the watch. */
export function watchForWay(lockPath: string, onAsked: (owner: LockOwner) => void): () => void {
  const file = wishFile(lockPath);
  const look = (): void => {
    const found = readOwner(file);
    if (found?.live !== true) return;
    clearInterval(timer);
    onAsked(found.owner);
  };
  const timer = setInterval(look, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}
