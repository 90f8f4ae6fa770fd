/** The nearest known name for a mistyped one (every error names it: spec/config.md "Validation"). A leaf: every part may ask. */

/** Longer names are not compared: no keyword, type or node name comes near it, and hostile input stays cheap. */
const comparableLength = 64;

/** The known name closest to `word`, or undefined when none is close enough to be what was meant. */
export function nearestName(word: string, known: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > comparableLength) return undefined;
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of known) {
    if (Math.abs(name.length - wanted.length) >= bestDistance || name.length > comparableLength) continue;
    const found = editDistance(wanted, name.toLowerCase());
    if (found < bestDistance) {
      best = name;
      bestDistance = found;
    }
  }
  return best;
}

/**
 * The known names closest to a wrong one, best first, at most `limit`: those within a third of its length in edits, and those that
 * contain it or begin like it.
 */
export function nearestNames(wrong: string, known: Iterable<string>, limit = 3): readonly string[] {
  if (wrong.length > comparableLength) return [];
  const allowed = Math.max(1, Math.floor(wrong.length / 3));
  const scored = [...new Set(known)].map((name) => ({ name, cost: editDistance(wrong.toLowerCase(), name.toLowerCase()) }));
  const close = scored.filter(({ name, cost }) => cost <= allowed || (wrong.length > 1 && name.includes(wrong)));
  return close
    .sort((a, b) => a.cost - b.cost || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, or swap of two neighbours cost 1. */
export function editDistance(left: string, right: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (same ? 0 : 1));
      const swapped = row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (swapped) cost = Math.min(cost, at(beforeLast, column - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, right.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
