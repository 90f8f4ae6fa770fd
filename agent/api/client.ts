/** HTTP over a unix socket in as little code as possible: it is on the way of every `print status`, where node:http would cost 5 ms. */
import { connect, type Socket } from 'node:net';
import type { SvcError } from '../errors.ts';

export interface Ask {
  readonly socket: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Ours: a daemon of another version then refuses. */
  readonly version?: string;
  readonly body?: unknown;
  /** Until the whole answer is there; for a stream, until it begins. */
  readonly timeoutMs: number;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Nobody listens there, or not for us: nothing was sent. */
export const noDaemon = 'no daemon';
/** It was sent, and no whole answer came. */
export const noAnswer = 'no answer';

/** One request, one answer; never rejects. */
export function ask(asked: Ask): Promise<Answer | typeof noDaemon | typeof noAnswer> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let sent = false;
    const socket = open(asked, () => {
      sent = true;
    });
    const timer = setTimeout(() => socket.destroy(), asked.timeoutMs);
    socket.on('data', (part) => parts.push(part));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(readAnswer(Buffer.concat(parts).toString('utf8')) ?? (sent ? noAnswer : noDaemon));
    });
  });
}

/** HTTP/1.0: the answer comes unchunked, and ends with the connection. */
function open({ socket: path, method, path: target, version, body }: Ask, onSent: () => void): Socket {
  const text = body === undefined ? '' : JSON.stringify(body);
  const ours = version === undefined ? [] : [`svcmgr-version: ${version}`];
  const head = [`${method} ${target} HTTP/1.0`, ...ours, `content-length: ${Buffer.byteLength(text)}`];
  const socket = connect(path, () => {
    onSent();
    socket.write(`${head.join('\r\n')}\r\n\r\n${text}`);
  });
  return socket;
}

function readAnswer(text: string): Answer | undefined {
  const head = readHead(text);
  if (head === undefined) return undefined;
  const body = text.slice(head.endsAt);
  const length = head.headers['content-length'];
  return length !== undefined && Buffer.byteLength(body) !== Number(length)
    ? undefined
    : { status: head.status, headers: head.headers, body };
}

function readHead(text: string): { status: number; headers: Record<string, string>; endsAt: number } | undefined {
  const end = text.indexOf('\r\n\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
  if (end < 0 || status === undefined) return undefined;
  const lines = text.slice(0, end).split('\r\n').slice(1);
  const headers = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status: Number(status), headers: Object.fromEntries(headers), endsAt: end + 4 };
}

export interface StreamEvent {
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
}

/** Follows server-sent events until the stream ends; resolves with the HTTP status, undefined when there was none. */
export function followEvents(asked: Ask, onEvent: (event: StreamEvent) => void, signal: AbortSignal): Promise<number | undefined> {
  return new Promise((resolve) => {
    let waiting = '';
    let status: number | undefined;
    const socket = open(asked, () => undefined).setEncoding('utf8');
    const timer = setTimeout(() => status ?? socket.destroy(), asked.timeoutMs);
    const stop = () => socket.destroy();
    signal.addEventListener('abort', stop, { once: true });
    socket.on('data', (part: unknown) => {
      waiting += String(part);
      if (status === undefined) {
        const head = readHead(waiting);
        if (head === undefined) return;
        status = head.status;
        waiting = waiting.slice(head.endsAt);
      }
      const blocks = waiting.split('\n\n');
      waiting = blocks.pop() ?? '';
      for (const block of blocks) tell(block, onEvent);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      resolve(status);
    });
  });
}

function tell(block: string, onEvent: (event: StreamEvent) => void): void {
  const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
  const event = fields.get('event');
  if (event !== undefined) onEvent({ id: Number(fields.get('id')), event, data: JSON.parse(fields.get('data') ?? 'null') as unknown });
}

/** The error in an answer, as plain data. */
export function errorOf({ body }: Answer): Pick<SvcError, 'code' | 'message'> & { readonly hint: string | null } {
  return (JSON.parse(body) as { error: ReturnType<typeof errorOf> }).error;
}
