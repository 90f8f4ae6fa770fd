/** Bounded capture of what a command prints: the head of stdout for parsers, the tail of stderr for messages. */
import { StringDecoder } from 'node:string_decoder';

export interface Capture {
  add(chunk: Buffer): void;
  text(): string;
  /** True when something was dropped. */
  truncated(): boolean;
}

/** Keeps the first `maxBytes`. */
export function createHead(maxBytes: number): Capture {
  const parts: Buffer[] = [];
  let kept = 0;
  let dropped = false;
  return {
    add(chunk) {
      const room = maxBytes - kept;
      if (chunk.length > room) dropped = true;
      if (room <= 0) return;
      parts.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      kept += Math.min(room, chunk.length);
    },
    // A character cut in two at the limit is left out instead of becoming a replacement character.
    text: () => (dropped ? new StringDecoder('utf8').write(Buffer.concat(parts)) : Buffer.concat(parts).toString('utf8')),
    truncated: () => dropped,
  };
}

/** Keeps the last `maxBytes`. */
export function createTail(maxBytes: number): Capture {
  let parts: Buffer[] = [];
  let held = 0;
  let dropped = false;
  const compact = (): Buffer => {
    const all = Buffer.concat(parts);
    if (all.length > maxBytes) dropped = true;
    const kept = Buffer.from(all.subarray(Math.max(0, all.length - maxBytes)));
    parts = [kept];
    held = kept.length;
    return kept;
  };
  return {
    add(chunk) {
      parts.push(chunk);
      held += chunk.length;
      if (held > 2 * maxBytes + 65_536) compact();
    },
    text() {
      const kept = compact();
      let start = 0;
      while (dropped && start < 4 && ((kept[start] ?? 0) & 0xc0) === 0x80) start += 1; // the rest of a cut character
      return kept.toString('utf8', start);
    },
    truncated() {
      compact();
      return dropped;
    },
  };
}

const maxLineChars = 16_384;

export interface LineSplitter {
  add(chunk: Buffer): void;
  /** Gives out a last line that has no end. */
  end(): void;
}

/** Calls `onLine` per line (without its end; a carriage return ends one too: progress output); a line too long comes in pieces. */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    while (rest.length > maxLineChars) {
      onLine(rest.slice(0, maxLineChars));
      rest = rest.slice(maxLineChars);
    }
  };
  return {
    add: (chunk) => take(decoder.write(chunk)),
    end() {
      take(decoder.end());
      const last = rest.replace(/\r$/, '');
      if (last !== '') onLine(last);
      rest = '';
    },
  };
}
