/**
 * Locks between processes: flock(2) on a file, so that the kernel frees it when its holder dies, whatever killed it.
 *
 * flock(1) gets our open file as descriptor 3 and locks it; the lock belongs to the open file, which we keep (spec/deps.md table,
 * "action locks"). No waiting child, no heartbeat, nothing stale. The text in the file only says who holds it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, constants, fstatSync, mkdirSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { SvcError } from '../errors.ts';
import { childEnv, notInstalled } from './environment.ts';
import { errnoOf, fileError } from './files.ts';
import { isSameProcess } from './process.ts';

/** Who holds a lock, as written in its file. */
export interface LockOwner {
  readonly pid: number;
  readonly startTicks: number;
  readonly boot: string;
  /** The person, see describeWho. */
  readonly who: string;
  readonly action: string;
  readonly service: string;
  readonly sid: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface LockOptions {
  /** How long to wait for another holder, ms; 0 = not at all. */
  readonly waitMs: number;
  readonly signal?: AbortSignal;
  /** Called once when the lock is held by another and the wait begins. */
  readonly onWait?: (owner: LockOwner | undefined) => void;
}

export interface Lock {
  readonly path: string;
  release(): void;
  /** Aborted when the lock file was removed or replaced while held: another process may get "the" lock now. */
  readonly lost: AbortSignal;
}

const conflictExit = 75;
const checkMs = 2000;
/** One block, always written whole: rewriting it needs no room on a full disk. */
const ownerBytes = 1024;

/** Takes the lock. BUSY says who holds it, for what and since when; CANCELLED when aborted; UNSUPPORTED without flock(1). */
export async function acquireLock(path: string, owner: LockOwner, options: LockOptions): Promise<Lock> {
  const endsAt = performance.now() + options.waitMs;
  let told = false;
  for (;;) {
    const fd = openLockFile(path);
    try {
      const waitMs = told ? Math.max(0, endsAt - performance.now()) : 0;
      const locked = await flock(fd, path, waitMs, options.signal);
      if (locked && isStillAt(fd, path)) return hold(fd, path, owner);
      if (!locked && (told || options.waitMs <= 0)) throw busy(path, owner.service);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    closeSync(fd);
    if (!told) options.onWait?.(readOwner(path)?.owner);
    told = true;
  }
}

function openLockFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  } catch (error) {
    throw fileError('open lock', path, error);
  }
}

/** True when the open file is locked now, false when another holds it. */
async function flock(fd: number, path: string, waitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal?.aborted) throw cancelled(path);
  const wait = waitMs > 0 ? ['-w', (waitMs / 1000).toFixed(3)] : ['-n'];
  const child = spawn('flock', [...wait, '-E', String(conflictExit), '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: childEnv(),
    cwd: '/',
  });
  const stop = (): void => {
    child.kill('SIGKILL');
  };
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const code = await exitCodeOf(child);
    if (signal?.aborted) throw cancelled(path);
    if (code === 0) return true;
    if (code === conflictExit) return false;
    throw new SvcError('COMMAND', `cannot lock ${path}: flock ended with ${code}`, { facts: { path, exitCode: code } });
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function exitCodeOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', (error) => reject(errnoOf(error) === 'ENOENT' ? notInstalled('flock') : error));
  });
}

/** Somebody may have removed or replaced the file between open and lock: then what we hold is not what others will see. */
function isStillAt(fd: number, path: string): boolean {
  const held = fstatSync(fd);
  const there = statSync(path, { throwIfNoEntry: false });
  return there !== undefined && there.ino === held.ino && there.dev === held.dev;
}

function hold(fd: number, path: string, owner: LockOwner): Lock {
  writeOwner(fd, JSON.stringify(owner));
  const lost = new AbortController();
  const timer = setInterval(() => {
    if (!isStillAt(fd, path)) lost.abort(new SvcError('BUSY', `the lock file ${path} was removed or replaced while it was held`));
  }, checkMs);
  timer.unref();
  let held = true;
  return {
    path,
    lost: lost.signal,
    release() {
      if (!held) return;
      held = false;
      clearInterval(timer);
      writeOwner(fd, `${freedBy} ${owner.pid}`);
      closeSync(fd);
    },
  };
}

/** A full disk must not keep anybody from working: the lock is the kernel's, the text only a courtesy. */
function writeOwner(fd: number, text: string): void {
  const bytes = Buffer.alloc(ownerBytes, ' ');
  bytes.write(Buffer.byteLength(text) < ownerBytes ? text : '', 'utf8');
  bytes.write('\n', ownerBytes - 1);
  try {
    writeSync(fd, bytes, 0, ownerBytes, 0);
  } catch {
    // unreadable for the next one only
  }
}

/** No JSON, so that nobody takes it for an owner. */
const freedBy = 'free, held last by pid';

/** The process that let the lock go in good order; undefined while it is held, and after a holder that died. */
export function lastHolder(path: string): number | undefined {
  const text = readHead(path);
  return text.startsWith(freedBy) ? Number.parseInt(text.slice(freedBy.length), 10) : undefined;
}

/** What the lock file says; `live` = that very process still runs. Undefined when nobody is named (free, or unreadable text). */
export function readOwner(path: string): { readonly owner: LockOwner; readonly live: boolean } | undefined {
  const owner = parseOwner(readHead(path));
  return owner === undefined ? undefined : { owner, live: isSameProcess(owner) };
}

function readHead(path: string): string {
  const buffer = Buffer.alloc(ownerBytes);
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, ownerBytes, 0));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

/** The owner text as written, or undefined for anything else (empty, torn, of another program). */
export function parseOwner(text: string): LockOwner | undefined {
  try {
    const value = JSON.parse(text) as Partial<LockOwner> | null;
    if (value === null || typeof value.pid !== 'number' || typeof value.startTicks !== 'number') return undefined;
    const words = [value.boot, value.who, value.action, value.service, value.sid, value.since];
    return words.every((word) => typeof word === 'string') ? (value as LockOwner) : undefined;
  } catch {
    return undefined;
  }
}

function busy(path: string, service: string): SvcError {
  const found = readOwner(path);
  if (found === undefined || !found.live) {
    return new SvcError('BUSY', `${service}: another process holds the lock ${path}`, { hint: `fuser -v ${path}`, facts: { path } });
  }
  const { owner } = found;
  return new SvcError('BUSY', `${service}: ${owner.action} of ${owner.who} (pid ${owner.pid}) holds it since ${owner.since}`, {
    hint: 'wait for it to end, or give --wait',
    facts: { path, owner },
  });
}

function cancelled(path: string): SvcError {
  return new SvcError('CANCELLED', `stopped waiting for the lock ${path}`);
}
