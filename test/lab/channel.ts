/** The test's end of the command channel into a guest: several commands at a time over one virtio serial port. */
import type { Socket } from 'node:net';
import { makeLineReader, type Reply, type Request } from './guest/protocol.ts';

export interface RunOptions {
  readonly cwd?: string;
  /** Added to PATH, HOME and LANG. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its whole stdin; `open`: the caller feeds and ends it. Default: empty. */
  readonly input?: string | Buffer | { readonly open: true };
  /** Default 60 s; then all of the command is killed and the call fails. */
  readonly timeoutMs?: number;
  /** Sees the output as it comes. */
  readonly onOutput?: (data: Buffer, stream: 'stdout' | 'stderr') => void;
}

export interface RunResult {
  /** Exit status; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly done: Promise<RunResult>;
  /** What it has said so far. */
  output(): { readonly stdout: string; readonly stderr: string };
  write(data: Buffer | string): void;
  end(): void;
  /** To its whole process group. */
  signal(signal: NodeJS.Signals): void;
}

export interface Channel {
  /** The guest's agent said it is there. */
  readonly ready: Promise<void>;
  start(argv: readonly string[], options?: RunOptions): Command;
  write(path: string, content: string | Buffer, mode?: number): Promise<void>;
  read(path: string): Promise<Buffer>;
  /** Fails everything that is under way, and everything from now on. */
  fail(reason: Error): void;
}

/** Beyond the guest's own limit of a command; then the guest itself hangs. */
const graceMs = 30_000;

/** With SHLVL bash does not take its stdin, a socket, for a remote login, and reads no ~/.bashrc. */
const environment = {
  SHLVL: '1',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
};

type Answer = Extract<Reply, { id: number }>;

interface Pending {
  take(answer: Answer): void;
  fail(reason: Error): void;
}

export function openChannel(socket: Socket): Channel {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let failed: Error | undefined;
  let hello: { resolve(): void; reject(reason: Error): void } | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    hello = { resolve, reject };
  });
  ready.catch(() => undefined);
  const fail = (reason: Error) => {
    failed ??= reason;
    hello?.reject(failed);
    for (const one of pending.values()) one.fail(failed);
    pending.clear();
  };
  socket.on('error', () => undefined);
  // The end of QEMU follows, and has more to say.
  socket.on('close', () => setTimeout(() => fail(new Error('the node is gone')), 5000).unref());
  const take = (reply: Reply) => {
    if ('hello' in reply) return hello?.resolve();
    return pending.get(reply.id)?.take(reply);
  };
  socket.on('data', makeLineReader<Reply>(take));
  const send = (request: Request) => socket.write(`${JSON.stringify(request)}\n`);

  /** Registers an answer's taker; `limitMs` is the last resort. */
  const expect = <T>(
    limitMs: number,
    what: string,
    take: (answer: Answer, resolve: (value: T) => void, reject: (error: Error) => void) => void,
  ) => {
    lastId += 1;
    const id = lastId;
    const done = new Promise<T>((resolve, reject) => {
      if (failed !== undefined) return reject(failed);
      const settle =
        <V>(settled: (value: V) => void) =>
        (value: V) => {
          clearTimeout(timer);
          pending.delete(id);
          settled(value);
        };
      const timer = setTimeout(() => settle(reject)(new Error(`the node did not answer in ${limitMs} ms: ${what}`)), limitMs);
      pending.set(id, { take: (answer) => take(answer, settle(resolve), settle(reject)), fail: settle(reject) });
    });
    return { id, done };
  };

  const simple = <T>(what: string, value: (answer: Answer) => T | undefined) =>
    expect<T>(graceMs, what, (answer, resolve, reject) => {
      if ('failure' in answer) return reject(new Error(`${what}: ${answer.failure}`));
      const found = value(answer);
      if (found !== undefined) resolve(found);
    });

  return {
    ready,
    fail,
    start: (argv, options = {}) => startCommand(argv, options, expect, send),
    write: async (path, content, mode = 0o644) => {
      const { id, done } = simple(`write ${path}`, (answer) => ('done' in answer ? true : undefined));
      send({ id, op: 'write', path, data: Buffer.from(content).toString('base64'), mode });
      await done;
    },
    read: async (path) => {
      const { id, done } = simple(`read ${path}`, (answer) => ('content' in answer ? answer.content : undefined));
      send({ id, op: 'read', path });
      return Buffer.from(await done, 'base64');
    },
  };
}

type Expect = <T>(
  limitMs: number,
  what: string,
  take: (answer: Answer, resolve: (value: T) => void, reject: (error: Error) => void) => void,
) => { readonly id: number; readonly done: Promise<T> };

function startCommand(argv: readonly string[], options: RunOptions, expect: Expect, send: (request: Request) => void): Command {
  const timeoutMs = options.timeoutMs ?? 60_000;
  const chunks = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const output = () => ({ stdout: Buffer.concat(chunks.stdout).toString('utf8'), stderr: Buffer.concat(chunks.stderr).toString('utf8') });
  const words = argv.join(' ');
  const { id, done } = expect<RunResult>(timeoutMs + graceMs, words, (answer, resolve, reject) => {
    if ('stream' in answer) {
      const data = Buffer.from(answer.data, 'base64');
      chunks[answer.stream].push(data);
      options.onOutput?.(data, answer.stream);
    } else if ('failure' in answer) reject(new Error(`${words}: ${answer.failure}`));
    else if ('exit' in answer) {
      const said = output();
      if (answer.timedOut) reject(new Error(`did not end in ${timeoutMs} ms: ${words}\n${said.stdout}${said.stderr}`));
      else resolve({ code: answer.exit, signal: answer.signal, ...said });
    }
  });
  send({ id, op: 'run', argv, options: { cwd: options.cwd ?? '/', env: { ...environment, ...options.env }, timeoutMs } });
  const write = (data: Buffer | string) => send({ id, op: 'input', data: Buffer.from(data).toString('base64') });
  const end = () => send({ id, op: 'input', data: null });
  const input = options.input ?? '';
  if (typeof input === 'string' || Buffer.isBuffer(input)) {
    if (input.length > 0) write(input);
    end();
  }
  return { done, output, write, end, signal: (signal) => send({ id, op: 'signal', signal }) };
}
