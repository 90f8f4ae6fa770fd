/** The built daemon as a child process, one per home. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { type Answer, ask, noAnswer, noDaemon } from '../../agent/api/client.ts';
import type { DaemonState } from '../../agent/api/control.ts';
import { eventually } from './eventually.ts';
import type { Home } from './home.ts';
import { projectRoot } from './imports.ts';

export const svcmgrd = path.join(projectRoot, 'bin/svcmgrd');

export interface DaemonProcess {
  readonly pid: number;
  readonly child: ChildProcess;
  readonly socket: string;
  readonly readSocket: string;
  /** What it said on stderr so far. */
  said(): string;
  /** Exit status; null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** It answers, and every service has been looked at. */
  ready(): Promise<void>;
  /** SIGTERM, to its end. */
  stop(): Promise<number | null>;
  /** SIGKILL, as a crash would. */
  crash(): Promise<void>;
  state(): Promise<DaemonState | undefined>;
  get(target: string): Promise<Answer>;
  send(method: 'POST' | 'DELETE', target: string, body?: unknown): Promise<Answer>;
}

const answerMs = 20_000;

/** Inside `describe`: starts daemons, and ends those that a test left. Call before `useHome`, so that they end before their home goes. */
export function useDaemons(): typeof startDaemon {
  const started: DaemonProcess[] = [];
  afterEach('end the daemons', async function () {
    this.timeout(60_000);
    for (const one of started.splice(0)) await one.crash();
  });
  return (...where) => {
    const daemon = startDaemon(...where);
    started.push(daemon);
    return daemon;
  };
}

/** @param argv what is started: another program, or words that exec ours */
export function startDaemon(home: Home, env: Readonly<Record<string, string>> = {}, argv: readonly string[] = [svcmgrd]): DaemonProcess {
  const [file = svcmgrd, ...words] = argv;
  const child = spawn(file, words, {
    env: { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LANG: 'C.UTF-8', TZ: 'UTC', ...home.env, ...env },
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const seen = { text: '' };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    seen.text += text;
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const socket = home.path('run/svcmgrd.sock');
  const state = async (): Promise<DaemonState | undefined> => {
    const answer = await ask({ socket, method: 'GET', path: '/v1/daemon', timeoutMs: answerMs });
    return typeof answer === 'object' ? (JSON.parse(answer.body) as DaemonState) : undefined;
  };
  const call = async (method: 'GET' | 'POST' | 'DELETE', target: string, body?: unknown): Promise<Answer> => {
    const answer = await ask({ socket, method, path: target, timeoutMs: answerMs, ...(body === undefined ? {} : { body }) });
    if (answer === noDaemon || answer === noAnswer) throw new Error(`${method} ${target}: ${answer}\n${seen.text}`);
    return answer;
  };
  return {
    pid: child.pid ?? 0,
    child,
    socket,
    readSocket: home.path('run/svcmgrd-read.sock'),
    said: () => seen.text,
    ended,
    ready: () =>
      eventually(async () => {
        if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}: ${seen.text}`);
        const now = await state();
        return now !== undefined && now.stale === 0 && now.looking === 0;
      }, 30_000),
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
    crash: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    state,
    get: (target) => call('GET', target),
    send: (method, target, body) => call(method, target, body),
  };
}
