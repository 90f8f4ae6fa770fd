/** The known word that a misspelt one was probably meant to be. */

/** Edits (insert, delete, replace, swap of neighbours) between two short words. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((row[j - 1] ?? 0) + 1, (previous[j] ?? 0) + 1, (previous[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}

/** The nearest of `words`, or undefined when none is near: at most a third of the letters (and one edit) may differ. */
export function nearestWord(word: string, words: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  if (wanted.length > 20) return undefined;
  let best: { word: string; distance: number } | undefined;
  for (const candidate of words) {
    const distance = editDistance(wanted, candidate);
    if (best === undefined || distance < best.distance) best = { word: candidate, distance };
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(wanted.length / 3)) ? best.word : undefined;
}
