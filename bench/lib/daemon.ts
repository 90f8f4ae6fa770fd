/** The built daemon over a benchmark's home. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from '../../agent/api/client.ts';
import type { DaemonState } from '../../agent/api/control.ts';
import type { BenchHome } from './home.ts';

export interface BenchDaemon {
  readonly child: ChildProcess;
  readonly socket: string;
  readonly svcmgr: string;
  /** For commands that shall find it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  state(): Promise<DaemonState | undefined>;
  /** Processor time used so far, ms. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const bin = path.resolve(import.meta.dirname, '../../bin');
/** Of USER_HZ, which is 100 on every Linux. */
const tickMs = 10;

/** Started, and every service looked at once. @param through words that exec the daemon */
export async function startBenchDaemon(home: BenchHome, through: readonly string[] = [], limitMs = 300_000): Promise<BenchDaemon> {
  const env = { PATH: process.env['PATH'], HOME: '/', SVCMGR_HOME: home.folder, SVCMGR_NODENAME: 'bench' };
  const [file = '', ...words] = [...through, path.join(bin, 'svcmgrd')];
  const child = spawn(file, words, { env, stdio: ['ignore', 'ignore', 'ignore'], cwd: '/' });
  const socket = path.join(home.folder, 'run/svcmgrd.sock');
  const state = async (): Promise<DaemonState | undefined> => {
    const answer = await ask({ socket, method: 'GET', path: '/v1/daemon', timeoutMs: 10_000 });
    return typeof answer === 'object' ? (JSON.parse(answer.body) as DaemonState) : undefined;
  };
  for (const endsAt = performance.now() + limitMs; ; await delay(100)) {
    const now = await state();
    if (now !== undefined && now.stale === 0 && now.looking === 0) break;
    if (performance.now() > endsAt || child.exitCode !== null) throw new Error('the daemon did not come up');
  }
  return {
    child,
    socket,
    svcmgr: path.join(bin, 'svcmgr'),
    env,
    state,
    cpuMs: () => {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) * tickMs;
    },
    stop: async () => {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}
