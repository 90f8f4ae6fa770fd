/** A turn among heavy jobs of one machine: a lock file that each of them takes with flock(1). */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Turn {
  release(): void;
}

/** Waits as long as it takes. It ends with us, whatever ends us: what holds the lock reads from our pipe. */
export async function turnOn(file: string): Promise<Turn> {
  const holder = spawn('flock', ['--no-fork', file, 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const failed = once(holder, 'exit').then(([code]) => {
    throw new Error(`flock ${file} ended with ${String(code)}`);
  });
  failed.catch(() => undefined);
  await Promise.race([once(holder.stdout, 'data'), failed]);
  return { release: () => void holder.stdin.end() };
}
