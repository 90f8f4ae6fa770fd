/** Commands over one connection: at most so many at once, and fewer when the server allows fewer. */
import { SvcError } from '../../errors.ts';
import { createSemaphore } from '../semaphore.ts';
import type { SshHost } from './host.ts';
import type { Client, ClientChannel } from './library.ts';
import { unreachable } from './unreachable.ts';

/** The login shell, on a terminal of so many columns, or without one. */
export interface Shell {
  readonly columns?: number;
}

export interface Channels {
  /**
   * Runs `line` in a channel of its own and hands it to `work`, waiting for a free place first; the channel is closed after it.
   * @throws SvcError UNREACHABLE when no channel could be had: the line was not run
   */
  use<V>(line: string | Shell, work: (channel: ClientChannel) => Promise<V>, signal?: AbortSignal): Promise<V>;
}

export interface ChannelsInput {
  readonly host: SshHost;
  readonly address: string;
  readonly client: Client;
  readonly limit: number;
  /** How long the server may take to open one, ms. */
  readonly openTimeoutMs: number;
  isOpen(): boolean;
  /** Gives the whole connection up: nothing answers on it any more. */
  breakOff(): void;
}

/** Pause before a refused channel is asked for again when none of ours is open: the server may not have counted the last one off yet. */
const pauseMs = 50;

export function createChannels(input: ChannelsInput): Channels {
  const semaphore = createSemaphore(input.limit);
  const open = new Set<ClientChannel>();
  const waiting: (() => void)[] = [];
  const leave = (channel: ClientChannel): void => {
    open.delete(channel);
    for (const go of waiting.splice(0)) go();
  };
  const oneLess = (): Promise<void> => new Promise((resolve) => (open.size > 0 ? waiting.push(resolve) : setTimeout(resolve, pauseMs)));

  const begin = async (line: string | Shell, signal?: AbortSignal): Promise<ClientChannel> => {
    let triesAlone = 10;
    for (;;) {
      signal?.throwIfAborted();
      const opened = await openOne(input, line, open.size === 0);
      if (!(opened instanceof SvcError)) return opened;
      // MaxSessions of the server is smaller than our limit: wait until one of ours has ended.
      if (open.size === 0) triesAlone -= 1;
      if (triesAlone === 0) throw opened;
      await oneLess();
    }
  };

  return {
    use: (line, work, signal) =>
      semaphore.run(async () => {
        const channel = await begin(line, signal);
        open.add(channel);
        const closed = new Promise<void>((resolve) => channel.once('close', () => resolve()));
        void closed.then(() => leave(channel));
        try {
          return await work(channel);
        } finally {
          channel.close();
          leave(channel);
        }
      }, signal),
  };
}

/** A channel, or the error of a server that has no more of them for now; throws when there never will be one. */
function openOne(input: ChannelsInput, line: string | Shell, isAlone: boolean): Promise<ClientChannel | SvcError> {
  const { host, address, client, openTimeoutMs } = input;
  return new Promise((resolve, reject) => {
    let isLate = false;
    const fail = (level: 'lost' | 'channel', why: string, cause?: unknown): void =>
      reject(unreachable(host, address, { level, why, cause }));
    const timer = setTimeout(() => {
      isLate = true;
      fail('lost', `no answer in ${openTimeoutMs / 1000} s on the kept connection`);
      if (isAlone) input.breakOff();
    }, openTimeoutMs);
    const done = (error: (Error & { reason?: unknown }) | undefined, channel: ClientChannel): void => {
      clearTimeout(timer);
      if (isLate) channel?.close();
      else if (error === undefined) resolve(channel);
      else if ('reason' in error)
        resolve(unreachable(host, address, { level: 'channel', why: 'the server opens no more sessions', cause: error }));
      else if (input.isOpen()) fail('channel', 'the server refuses to run a command', error);
      else fail('lost', 'the connection broke', error);
    };
    try {
      if (typeof line === 'string') client.exec(line, done);
      else client.shell(line.columns === undefined ? false : { term: 'dumb', cols: line.columns, rows: 24 }, done);
    } catch (error) {
      clearTimeout(timer);
      fail('lost', 'the connection is closed', error);
    }
  });
}
