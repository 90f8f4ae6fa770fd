/** Progress of long work: a line that replaces itself where there is a terminal, else a log line now and then. */
import { createMeter, progressText } from '../state/progress-text.ts';

const firstMs = 5_000;
const everyMs = 15_000;
/** The eye sees no more, and a terminal over a slow line should not either. */
const liveEveryMs = 200;

export interface ProgressPlaces {
  /** The log. */
  say(text: string): void;
  /** A line that the next one replaces; absent: nobody watches. */
  readonly live?: ((text: string) => void) | undefined;
}

/** Returns a function for `Act.progress`; times are of a steady clock, in ms. */
export function createProgress(
  { say, live }: ProgressPlaces,
  nowMs: () => number = () => performance.now(),
): (done: number, total: number | undefined, unit: string) => void {
  const meter = createMeter();
  const intervalMs = live === undefined ? everyMs : liveEveryMs;
  let nextMs = nowMs() + (live === undefined ? firstMs : 0);
  return (done, total, unit) => {
    const atMs = nowMs();
    const perSecond = meter(done, atMs);
    if (atMs < nextMs) return;
    nextMs = atMs + intervalMs;
    (live ?? say)(progressText({ done, total, unit, perSecond }));
  };
}
