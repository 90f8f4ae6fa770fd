/** Waits for a condition instead of a time. */
import { setTimeout as delay } from 'node:timers/promises';

/** Settles once it is true; fails after `limitMs`, saying what never came. */
export async function eventually(isTrue: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  for (const endsAt = performance.now() + limitMs; performance.now() < endsAt; ) {
    if (await isTrue()) return;
    await delay(5);
  }
  throw new Error(`never came true in ${limitMs / 1000} s: ${isTrue.toString()}`);
}
