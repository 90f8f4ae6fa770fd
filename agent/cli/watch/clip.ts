/** Cuts a line to the width of the screen; its colours take no room, and end with it. */
import { characterWidth } from '../render/width.ts';

const sequence = /\x1b\[[0-9;]*m/y;
const reset = '\x1b[0m';

export function clipLine(line: string, columns: number): string {
  let width = 0;
  let coloured = false;
  let at = 0;
  while (at < line.length) {
    sequence.lastIndex = at;
    const found = sequence.exec(line)?.[0];
    if (found !== undefined) {
      coloured = found !== reset;
      at += found.length;
      continue;
    }
    const character = String.fromCodePoint(line.codePointAt(at) ?? 0);
    width += characterWidth(character);
    if (width > columns) return `${line.slice(0, at)}${coloured ? reset : ''}`;
    at += character.length;
  }
  return line;
}
