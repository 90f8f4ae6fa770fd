/** How a command's channel ended: with an exit status, or without one, which is never a success. */
import { constants } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { ClientChannel } from './library.ts';

export type ChannelEnd = { readonly kind: 'exit'; readonly exitCode: number } | { readonly kind: 'lost' };

/** After the exit status: silence for this time means that something left behind holds the channel open, ms. */
const quietMs = 300;

/**
 * Fulfils when the command has ended and its output is here; `lost` when the channel closed without an exit status: the
 * connection broke, or the server gave it up (spec/deps.md §1.2).
 */
export function endOf(channel: ClientChannel, outputBytes: () => number): Promise<ChannelEnd> {
  return new Promise((resolve) => {
    channel.once('exit', (code: number | null, signal?: string) => {
      void untilQuiet(outputBytes).then(() => resolve(exitOf(code, signal)));
    });
    // It says the same once more: an exit in the same packet as the answer to our request came before anybody could listen.
    channel.once('close', (code?: number | null, signal?: string) => resolve(code === undefined ? { kind: 'lost' } : exitOf(code, signal)));
  });
}

function exitOf(code: number | null, signal: string | undefined): ChannelEnd {
  return { kind: 'exit', exitCode: code ?? 128 + numberOf(signal) };
}

/** `exit` when it ended with a status in this time, ms. */
export async function isOverWithin(over: Promise<ChannelEnd>, limitMs: number): Promise<ChannelEnd['kind'] | 'no'> {
  const stop = new AbortController();
  const limit = delay(limitMs, undefined, { signal: stop.signal }).catch(() => undefined);
  const end = await Promise.race([over, limit]);
  stop.abort();
  return end?.kind ?? 'no';
}

async function untilQuiet(outputBytes: () => number): Promise<void> {
  for (let before = -1; before !== outputBytes(); ) {
    before = outputBytes();
    await delay(quietMs, undefined, { ref: false });
  }
}

function numberOf(signal: string | undefined): number {
  return constants.signals[signal as NodeJS.Signals] ?? constants.signals.SIGKILL;
}
