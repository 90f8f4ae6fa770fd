/** Input that comes in pieces, given out in lines. */

import type { Socket } from 'node:net';

export interface Lines {
  push(text: string): void;
  /** What has no newline behind it is the last line. */
  end(): void;
  /** The next line, or undefined once there is no more. */
  next(): Promise<string | undefined>;
  /** Is somebody waiting for a line now? */
  isAwaited(): boolean;
}

/** @param onLine called for each line that comes while nobody waits for it */
export function makeLines(onLine: (line: string) => void = () => undefined): Lines {
  const waiting: string[] = [];
  let rest = '';
  let ended = false;
  let taker: ((line: string | undefined) => void) | undefined;
  const give = (line: string | undefined) => {
    const take = taker;
    taker = undefined;
    if (take !== undefined) take(line);
    else if (line !== undefined) {
      onLine(line);
      waiting.push(line);
    }
  };
  return {
    push: (text) => {
      const parts = `${rest}${text}`.split(/\r\n|\n|\r/);
      rest = parts.pop() ?? '';
      for (const line of parts) give(line);
    },
    end: () => {
      if (rest !== '') give(rest);
      rest = '';
      ended = true;
      give(undefined);
    },
    next: async () => {
      if (waiting.length > 0) return waiting.shift();
      if (ended) return undefined;
      return new Promise((resolve) => {
        taker = resolve;
      });
    },
    isAwaited: () => taker !== undefined,
  };
}

/** What comes over a socket; losing it is the end of input. */
export function linesOf(socket: Socket): Lines {
  const lines = makeLines();
  socket.setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.on('data', (text: string) => lines.push(text));
  socket.on('close', () => lines.end());
  socket.on('end', () => lines.end());
  return lines;
}
