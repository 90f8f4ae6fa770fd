/** Progress of long work as log lines: the first after some seconds, then one now and then. */
const firstMs = 5_000;
const everyMs = 15_000;

/** Returns a function for `Act.progress`; times are of a steady clock, in ms. */
export function createProgress(
  say: (text: string) => void,
  nowMs: () => number = () => performance.now(),
): (done: number, total: number | undefined, unit: string) => void {
  let nextMs = nowMs() + firstMs;
  return (done, total, unit) => {
    if (nowMs() < nextMs) return;
    nextMs = nowMs() + everyMs;
    say(progressText(done, total, unit));
  };
}

function progressText(done: number, total: number | undefined, unit: string): string {
  return total === undefined || total === 0 ? `${done} ${unit}` : `${done} of ${total} ${unit} (${Math.floor((100 * done) / total)} %)`;
}
