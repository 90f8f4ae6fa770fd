/** Wraps text at a number of columns. */
import { characterWidth, widthOf } from './width.ts';

/**
 * Breaks text into lines of at most `columns` columns, between words; only a word wider than a line is cut.
 * No word is lost; runs of white space become one space. At least one line, at least one character a line.
 */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (widthOf(joined) <= columns) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = cutWord(word, columns);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, ...(line !== '' || lines.length === 0 ? [line] : [])];
}

function cutWord(word: string, columns: number): readonly string[] {
  if (widthOf(word) <= columns) return [word];
  const pieces = [''];
  for (const character of word) {
    const last = pieces.at(-1) ?? '';
    if (last !== '' && widthOf(last) + characterWidth(character) > columns) pieces.push(character);
    else pieces[pieces.length - 1] = last + character;
  }
  return pieces;
}
