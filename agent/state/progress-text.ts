/** How far long work is, how fast it goes and how long it will still take. No clock: whoever calls says what time it is. */
import { renderDuration } from './duration-text.ts';

export interface Progress {
  readonly done: number;
  /** Undefined: nobody knows. */
  readonly total: number | undefined;
  readonly unit: string;
  /** Undefined: it cannot be told yet. */
  readonly perSecond: number | undefined;
}

/** `1.2 GB of 3.4 GB (35 %), 45 MB/s, 49s left`, or `35 %, 49s left` of what only tells that; what is not known is left out. */
export function progressText({ done, total, unit, perSecond }: Progress): string {
  const isKnown = total !== undefined && total > 0;
  const isPercent = unit === '%';
  const parts = [
    isKnown && !isPercent ? `${share(done, total, unit)} (${Math.min(100, Math.floor((100 * done) / total))} %)` : amount(done, unit),
  ];
  if (perSecond !== undefined && perSecond > 0) {
    if (!isPercent) parts.push(`${amount(perSecond, unit)}/s`);
    if (isKnown && total > done) parts.push(`${renderDuration((1000 * (total - done)) / perSecond)} left`);
  }
  return parts.join(', ');
}

function share(done: number, total: number, unit: string): string {
  return unit === 'bytes' ? `${amount(done, unit)} of ${amount(total, unit)}` : `${Math.round(done)} of ${amount(total, unit)}`;
}

const multiples = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'] as const;

function amount(count: number, unit: string): string {
  if (unit !== 'bytes') return `${Math.round(count)} ${unit}`;
  let value = count;
  let step = 0;
  for (; value >= 999.5 && step < multiples.length - 1; step += 1) value /= 1000;
  return `${step === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${multiples[step]}`;
}

/** Speed over the last moments: that of the whole would still count what was slow in the beginning. */
const windowMs = 10_000;

/** A meter for one piece of work; what begins again from less is measured anew. */
export function createMeter(): (done: number, atMs: number) => number | undefined {
  let seen: { readonly done: number; readonly atMs: number }[] = [];
  return (done, atMs) => {
    const last = seen.at(-1);
    if (last !== undefined && done < last.done) seen = [];
    seen.push({ done, atMs });
    while ((seen[1]?.atMs ?? atMs) <= atMs - windowMs) seen.shift();
    const first = seen[0];
    return first === undefined || atMs <= first.atMs ? undefined : (1000 * (done - first.done)) / (atMs - first.atMs);
  };
}
