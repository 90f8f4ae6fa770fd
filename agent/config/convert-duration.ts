/** Durations (spec/config.md "Kinds"): `90`, `90s`, `5m`, `1h30m`, `2d`, `1w` to milliseconds. */

export type DurationUnit = 's' | 'm' | 'h' | 'd';

const unitMs = { y: 365 * 86_400_000, w: 7 * 86_400_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof unitMs;
const units = Object.keys(unitMs) as readonly Unit[];

/** Largest unit first, each at most once; fractions and upper case are accepted, white space between parts too. */
export const durationPattern = new RegExp(`^(?=[\\d.])${units.map((unit) => `(?:(\\d+(?:\\.\\d+)?)${unit}[ \\t]*)?`).join('')}$`, 'i');
export const bareNumberPattern = /^\d+(?:\.\d+)?$/;

/** Milliseconds of a duration; a bare number counts in `bareUnit`. Undefined when it is not a duration. */
export function parseDuration(text: string, bareUnit: DurationUnit = 's'): number | undefined {
  if (bareNumberPattern.test(text)) return wholeMs(Number(text) * unitMs[bareUnit]);
  const parts = durationPattern.exec(text);
  if (parts === null) return undefined;
  return wholeMs(units.reduce((sum, unit, index) => sum + Number(parts[index + 1] ?? 0) * unitMs[unit], 0));
}

function wholeMs(value: number): number | undefined {
  const rounded = Math.round(value);
  return Number.isSafeInteger(rounded) ? rounded : undefined;
}
