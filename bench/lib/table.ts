/** Prints the result of a benchmark as a table. */
import type { Bench, Row } from './measure.ts';

const columns = {
  'min ms': (row: Row) => digits(row.minMs),
  median: (row: Row) => digits(row.medianMs),
  p95: (row: Row) => digits(row.p95Ms),
  'x floor': (row: Row) => row.ratio.toFixed(2),
} as const;

export function renderBench(bench: Bench): string {
  const width = Math.max(...bench.rows.map((row) => row.name.length));
  const head = `  ${''.padEnd(width)}${Object.keys(columns)
    .map((name) => name.padStart(10))
    .join('')}`;
  const lines = bench.rows.map(
    (row) =>
      `  ${row.name.padEnd(width)}${Object.values(columns)
        .map((cell) => cell(row).padStart(10))
        .join('')}`,
  );
  const aim = bench.aim === undefined ? [] : [`  aim: ${bench.aim.text}: ${bench.aim.met ? 'met' : 'MISSED'}`];
  return [bench.title, head, ...lines, ...aim, ''].join('\n');
}

/** Four significant digits at most, no exponent: 0.00123, 1.23, 123.4. */
function digits(ms: number): string {
  if (ms >= 100) return ms.toFixed(0);
  return ms >= 1 ? ms.toFixed(2) : ms.toPrecision(3);
}
