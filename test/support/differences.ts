/** Deliberate differences from a peer's answers: each is written down with its reason, and is itself checked. */
import { expect } from 'chai';

export interface Comparison {
  /** Compares our answer of a row with the peer's, or with our entry for that row. */
  check(row: string, peer: unknown, ours: unknown): void;
  /** Adds the tests that every entry is about a row that was checked. To be called last in the suite. */
  closes(): void;
}

/**
 * Compares against a peer with a table of deliberate differences: `[rows, our value, reason]`. A row in the table must give
 * our value, and must really differ from the peer; a row that is not in the table must equal the peer's answer.
 */
export function comparison(table: readonly (readonly [rows: string | readonly string[], ours: unknown, reason: string])[]): Comparison {
  const entries = new Map<string, { ours: unknown; reason: string }>();
  for (const [rows, ours, reason] of table) {
    for (const row of typeof rows === 'string' ? [rows] : rows) {
      if (entries.has(row)) throw new Error(`two entries for ${row}`);
      entries.set(row, { ours, reason });
    }
  }
  const seen = new Set<string>();
  return {
    check(row, peer, ours) {
      const entry = entries.get(row);
      if (entry === undefined) {
        expect(ours, row).to.deep.equal(peer);
        return;
      }
      seen.add(row);
      expect(ours, `${row}: ${entry.reason}`).to.deep.equal(entry.ours);
      expect(entry.ours, `${row} no longer differs from the peer: take it out of the table`).not.to.deep.equal(peer);
    },
    closes() {
      it('has no entry for a row that is not there', () => {
        expect([...entries.keys()].filter((row) => !seen.has(row))).to.deep.equal([]);
      });
    },
  };
}
