/** The last line of a terminal, replaced again and again (spec/cli.md "Long work shows a progress line on a terminal"). */
import { characterWidth, printable } from './width.ts';

export interface LiveLine {
  show(text: string): void;
  /** Before anything else is written to the terminal. */
  clear(): void;
}

const eraseLine = '\r\u001B[K';

/** @param columns of the terminal, which may change while it runs */
export function createLiveLine(write: (text: string) => void, columns: () => number): LiveLine {
  let isShown = false;
  return {
    show: (text) => {
      isShown = true;
      // One column stays free: a full line makes some terminals go to the next one.
      write(`${eraseLine}${cut(printable(text), columns() - 1)}`);
    },
    clear: () => {
      if (isShown) write(eraseLine);
      isShown = false;
    },
  };
}

function cut(text: string, columns: number): string {
  let width = 0;
  let kept = '';
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) return kept;
    kept += character;
  }
  return kept;
}
