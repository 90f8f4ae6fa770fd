/** Nearest names, for errors about a name that does not exist. Pure. */

/** Longer names are not compared: no name comes near them, and hostile input stays cheap. */
const comparableLength = 64;

/**
 * The known names closest to a wrong one, best first, at most `limit`: those within a third of its length in edits, else those
 * that contain it or begin like it.
 */
export function nearestNames(wrong: string, known: Iterable<string>, limit = 3): readonly string[] {
  if (wrong.length > comparableLength) return [];
  const allowed = Math.max(1, Math.floor(wrong.length / 3));
  const scored = [...new Set(known)].map((name) => ({ name, cost: distance(wrong.toLowerCase(), name.toLowerCase()) }));
  const close = scored.filter(
    ({ name, cost }) => cost <= allowed || (wrong.length > 1 && (name.startsWith(wrong) || name.includes(wrong))),
  );
  return close
    .sort((a, b) => a.cost - b.cost || (a.name < b.name ? -1 : 1))
    .slice(0, limit)
    .map(({ name }) => name);
}

/** Single characters inserted, deleted or replaced, or two neighbours swapped (the commonest slip of all). */
function distance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (beforePrevious[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
