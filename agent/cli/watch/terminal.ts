/** A screen of its own on the user's terminal: drawn by differences, and given back whatever happens but kill -9. */
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';
import { type Key, readKeys } from './keys.ts';

export interface Terminal {
  size(): { readonly columns: number; readonly rows: number };
  /** Writes only the lines that differ from those on the screen. */
  draw(lines: readonly string[]): void;
  /** Forgets what is on the screen: everything is drawn the next time. */
  forget(): void;
  /** Gives the terminal back; may be called twice. */
  restore(): void;
}

export interface TerminalEvents {
  key(key: Key): void;
  resized(): void;
}

const enter = '\x1b[?1049h\x1b[?25l\x1b[2J';
/** Standard output: the only stream that is drawn on. */
const terminalFd = 1;
const leave = '\x1b[0m\x1b[?25h\x1b[?1049l';

export function openTerminal(input: ReadStream, output: WriteStream, events: TerminalEvents): Terminal {
  let shown: readonly string[] = [];
  let open = true;
  const onData = (text: string): void => {
    for (const key of readKeys(text)) events.key(key);
  };
  const onResize = (): void => {
    shown = [];
    output.write('\x1b[2J');
    events.resized();
  };
  const restore = (): void => {
    if (!open) return;
    open = false;
    process.off('exit', restore);
    input.off('data', onData);
    output.off('resize', onResize);
    try {
      input.setRawMode(false);
      input.pause();
      // Also while the process dies: nothing asynchronous would still be written.
      writeSync(terminalFd, leave);
    } catch {
      // The terminal itself is gone.
    }
  };
  process.on('exit', restore);
  input.setRawMode(true);
  input.setEncoding('utf8');
  input.on('data', onData);
  input.resume();
  output.on('resize', onResize);
  output.write(enter);
  return {
    size: () => ({ columns: output.columns, rows: output.rows }),
    draw: (lines) => {
      const text = difference(shown, lines);
      shown = lines;
      if (text !== '') output.write(text);
    },
    forget: () => {
      shown = [];
    },
    restore,
  };
}

/** The sequences that make the screen of `before` that of `after`. Pure. */
export function difference(before: readonly string[], after: readonly string[]): string {
  return after.map((line, row) => (line === before[row] ? '' : `\x1b[${row + 1};1H${line}\x1b[K`)).join('');
}
