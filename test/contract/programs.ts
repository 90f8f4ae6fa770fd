/** Small applications for the rigs of app and task drivers, and their processes as /proc tells them. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { Home } from '../support/home.ts';

/** Writes an executable bash script into the home and returns its path. */
export function script(home: Home, name: string, text: string): string {
  const file = home.path('bin', name);
  writeFileSync(file, `#!/bin/bash\n${text}`);
  chmodSync(file, 0o755);
  return file;
}

/** Living processes of this program or script; a zombie has no words. */
export function pidsOf(program: string): readonly number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.filter((pid) => wordsOf(pid).slice(0, 2).includes(program)).map(Number);
}

function wordsOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** `up` when exactly one such process lives. */
export function processTruth(program: string): string {
  const { length } = pidsOf(program);
  return length === 0 ? 'down' : length === 1 ? 'up' : `${length} processes`;
}

/** Ends them all, and returns when the kernel has. */
export function killAll(program: string): void {
  for (const pid of pidsOf(program)) process.kill(pid, 'SIGKILL');
  const until = Date.now() + 5000;
  while (pidsOf(program).length > 0 && Date.now() < until) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}
