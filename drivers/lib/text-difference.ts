/** What differs between two texts of a service file, for a person: lines, with the values of what looks secret left out. Pure. */

export interface Difference {
  readonly sign: '-' | '+';
  /** Line number in its text, from 1. */
  readonly line: number;
  readonly text: string;
}

/** Lines of `theirs` (-) and of `ours` (+) that the other has not, in order. A longest common subsequence of what lies between equal ends. */
export function differingLines(theirs: string, ours: string): readonly Difference[] {
  const [a, b] = [linesOf(theirs), linesOf(ours)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  return compare(a.slice(head, a.length - tail), b.slice(head, b.length - tail), head);
}

function linesOf(text: string): readonly string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** More than this many cells of a table are not worth their time: then the whole middle differs. */
const mostCells = 1_000_000;

function compare(a: readonly string[], b: readonly string[], offset: number): readonly Difference[] {
  const keep = a.length * b.length > mostCells ? [] : commonPairs(a, b);
  const [inA, inB] = [new Set(keep.map(([i]) => i)), new Set(keep.map(([, j]) => j))];
  const minus = a.flatMap((text, at): Difference[] => (inA.has(at) ? [] : [{ sign: '-', line: offset + at + 1, text }]));
  const plus = b.flatMap((text, at): Difference[] => (inB.has(at) ? [] : [{ sign: '+', line: offset + at + 1, text }]));
  return [...minus, ...plus].sort((left, right) => left.line - right.line || (left.sign === '-' ? -1 : 1));
}

/** Pairs of indexes of a longest common subsequence. */
function commonPairs(a: readonly string[], b: readonly string[]): readonly (readonly [number, number])[] {
  const width = b.length + 1;
  const best = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number) => best[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--)
      best[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return pairs;
}

/** Keys whose values are never shown, besides those that the caller knows to be secret. */
const looksSecret = /pass|secret|token|credential|pwd|key/i;

/** The differences on one line, at most `most` of them. */
export function differenceText(found: readonly Difference[], secretKeys: ReadonlySet<string>, most = 6): string {
  const shown = found.slice(0, most).map(({ sign, line, text }) => `${sign}${line}: ${masked(text.trim(), secretKeys)}`);
  return [...shown, ...(found.length > most ? [`and ${found.length - most} more`] : [])].join(' | ');
}

function masked(text: string, secretKeys: ReadonlySet<string>): string {
  const [, key] = /^([^=#;[]+?)\s*=/.exec(text) ?? [];
  if (key === undefined) return text.startsWith('[') || text.startsWith('#') || text.startsWith(';') || text === '' ? text : '(continued)';
  const base = key.split('@')[0] ?? key;
  return secretKeys.has(base) || looksSecret.test(base) ? `${key} = (not shown)` : text;
}
