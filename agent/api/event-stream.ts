/**
 * Server-sent events: each reader takes from what is kept at its own pace, and nothing waits for it in memory. Who is so slow that
 * events are gone before it took them is told how many; who takes nothing at all is dropped by the time-out of the server.
 */
import type { ServerResponse } from 'node:http';

export interface KeptEvent {
  /** Counts from 1, without gaps. */
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
}

export interface EventSource {
  /** Kept events after this number, oldest first, at most `limit`. */
  after(id: number, limit: number): readonly KeptEvent[];
  /** Calls back when there is more. @returns ends it */
  follow(onMore: () => void): () => void;
  /** The last event there will be; undefined: it goes on. */
  readonly lastEvent?: string;
}

const eventsAtOnce = 50;
/** Tells both sides that the other one is still there. */
const keepAliveMs = 15_000;

export function streamEvents(response: ServerResponse, source: EventSource, after: number): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  let last = after;
  let isFull = false;
  const send = ({ id, event, data }: KeptEvent): void => {
    isFull = !response.write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    last = id;
    if (event === source.lastEvent) response.end();
  };
  const pump = (): void => {
    while (!isFull && !response.writableEnded && !response.destroyed) {
      const [first, ...rest] = source.after(last, eventsAtOnce);
      if (first === undefined) return;
      if (first.id > last + 1) send({ id: first.id - 1, event: 'lost', data: { lines: first.id - last - 1 } });
      for (const one of [first, ...rest]) send(one);
    }
  };
  const leave = source.follow(pump);
  const timer = setInterval(() => {
    if (!isFull) response.write(':\n\n');
  }, keepAliveMs);
  timer.unref();
  response.on('drain', () => {
    isFull = false;
    pump();
  });
  response.on('close', () => {
    clearInterval(timer);
    leave();
  });
  pump();
}
