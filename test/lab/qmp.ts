/** QEMU's monitor over its unix socket: JSON lines, one command at a time (QEMU: docs/interop/qmp-spec.txt). */
import { createConnection, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { makeLineReader } from './guest/protocol.ts';

interface Message {
  readonly QMP?: object;
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

export interface Monitor {
  /** What the command returns; rejects with QEMU's words, or when the monitor is gone. */
  execute(command: string, args?: Readonly<Record<string, unknown>>): Promise<unknown>;
  close(): void;
}

/** How long QEMU may take to make a socket after its start, or to answer. */
const limitMs = 30_000;

/** Connects as soon as the socket exists; `isGone` ends the waiting. */
export async function connectUnix(file: string, isGone: () => boolean): Promise<Socket> {
  const until = Date.now() + limitMs;
  for (;;) {
    const socket = await tryConnect(file);
    if (socket !== undefined) return socket;
    if (isGone() || Date.now() > until) throw new Error(`nobody listens on ${file}`);
    await delay(10);
  }
}

function tryConnect(file: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = createConnection(file);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}

export async function openMonitor(file: string, isGone: () => boolean): Promise<Monitor> {
  const socket = await connectUnix(file, isGone);
  let settle: { resolve(value: unknown): void; reject(error: Error): void } | undefined;
  const finish = (error: Error | undefined, value?: unknown) => {
    const waiting = settle;
    settle = undefined;
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(error);
  };
  socket.on(
    'data',
    makeLineReader<Message>((message) => {
      if (message.error !== undefined) finish(new Error(message.error.desc));
      else if ('return' in message) finish(undefined, message.return);
    }),
  );
  socket.on('error', () => undefined);
  socket.on('close', () => finish(new Error('QEMU is gone')));
  let last: Promise<unknown> = Promise.resolve();
  const send = (command: string, args?: Readonly<Record<string, unknown>>) =>
    new Promise<unknown>((resolve, reject) => {
      if (socket.destroyed) return reject(new Error('QEMU is gone'));
      const timer = setTimeout(() => finish(new Error(`QEMU did not answer ${command} in ${limitMs} ms`)), limitMs);
      const end = (settled: () => void) => {
        clearTimeout(timer);
        settled();
      };
      settle = { resolve: (value) => end(() => resolve(value)), reject: (error) => end(() => reject(error)) };
      socket.write(`${JSON.stringify({ execute: command, arguments: args ?? {} })}\n`);
    });
  const execute: Monitor['execute'] = (command, args) => {
    const next = last.then(() => send(command, args));
    last = next.catch(() => undefined);
    return next;
  };
  await execute('qmp_capabilities');
  return { execute, close: () => socket.destroy() };
}
