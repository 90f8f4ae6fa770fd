/** Starts a process that outlives this one: in a session of its own, with nothing of this terminal. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { childEnv } from './environment.ts';

export interface Detached {
  readonly pid: number | undefined;
  /** Exit status, should it end while we still look; null when it could not be started or a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** @param stderrFile gets what it says on stderr; written anew */
export function startDetached(program: string, env: Readonly<Record<string, string>>, stderrFile: string): Detached {
  mkdirSync(dirname(stderrFile), { recursive: true, mode: 0o750 });
  const stderr = openSync(stderrFile, 'w', 0o640);
  try {
    const child = spawn(program, [], { detached: true, stdio: ['ignore', 'ignore', stderr], env: childEnv(env), cwd: '/' });
    const ended = new Promise<number | null>((resolve) => {
      child.once('exit', (code) => resolve(code));
      child.once('error', () => resolve(null));
    });
    child.unref();
    return { pid: child.pid, ended };
  } finally {
    closeSync(stderr);
  }
}
