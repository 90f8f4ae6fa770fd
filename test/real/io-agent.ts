/** Starts test/real/io-child.ts and reads what it says, line by line. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { readStat } from '../../agent/io/process.ts';

export interface Agent {
  readonly pid: number;
  /** The next line it says. */
  next(): Promise<string>;
  /** Everything it says until its output ends. */
  rest(): Promise<readonly string[]>;
  /** KILL to the whole process group of the agent, like a very thorough operator. */
  killGroup(): Promise<void>;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
}

export function startAgent(mode: string, ...args: readonly string[]): Agent {
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const argv = ['--import', 'tsx', path.join(import.meta.dirname, 'io-child.ts'), mode, ...args];
  const child = spawn(process.execPath, argv, { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env });
  return agentOf(child);
}

function agentOf(child: ChildProcess & { stdout: NodeJS.ReadableStream | null }): Agent {
  const { pid, stdout } = child;
  if (pid === undefined || stdout === null) throw new Error('node did not start');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid,
    ended,
    async next() {
      const line = await lines.next();
      if (line.done) throw new Error('the agent ended without a word');
      return line.value;
    },
    async rest() {
      const all: string[] = [];
      for (let line = await lines.next(); !line.done; line = await lines.next()) all.push(line.value);
      return all;
    },
    async killGroup() {
      process.kill(-pid, 'SIGKILL');
      await ended;
    },
  };
}

/** Waits for something that must come true; the time limit is mocha's. */
export async function eventually(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(5);
}

export function isRunning(pid: number): boolean {
  return readStat(pid)?.alive === true;
}
