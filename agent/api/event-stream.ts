/** Server-sent events: one reader, with a bounded buffer; who reads too slowly is dropped, and comes back with what it saw last. */
import type { ServerResponse } from 'node:http';

export interface EventStream {
  send(id: number, event: string, data: unknown): void;
  /** Everything was said. */
  end(): void;
}

/** What may wait for a slow reader. */
const maxWaitingBytes = 1024 * 1024;
/** Tells both sides that the other one is still there. */
const keepAliveMs = 15_000;

/** @param onClose the reader is gone, or was dropped */
export function openEventStream(response: ServerResponse, onClose: () => void): EventStream {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
  response.flushHeaders();
  const write = (text: string): void => {
    if (response.destroyed || response.writableEnded) return;
    response.write(text);
    if (response.writableLength > maxWaitingBytes) response.destroy();
  };
  const timer = setInterval(() => write(':\n\n'), keepAliveMs);
  timer.unref();
  response.on('close', () => {
    clearInterval(timer);
    onClose();
  });
  return {
    send: (id, event, data) => write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`),
    end: () => void response.end(),
  };
}
