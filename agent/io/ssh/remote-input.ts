/** Tells the script over there what to run, with the whole input, then `go` (remote-shell.ts). */
import { Readable } from 'node:stream';
import { SvcError } from '../../errors.ts';
import type { ClientChannel } from './library.ts';
import { pieceHead } from './remote-shell.ts';

/** What has been told; filled in as it is. */
export interface Said {
  /** The command may have started. */
  begun: boolean;
  sentBytes: number;
}

const pieceBytes = 262_144;

/** @throws SvcError COMMAND when the input itself breaks: nothing was run */
export async function handOver(channel: ClientChannel, told: string, input: string | Readable | undefined, said: Said): Promise<void> {
  // Most commands have no input: one packet says it all.
  if (input === undefined) {
    said.begun = true;
    channel.write(`${told}go\n`);
    return;
  }
  await send(channel, told, said);
  for await (const piece of piecesOf(input)) {
    await send(channel, pieceHead(piece.length), said);
    await send(channel, piece, said);
  }
  said.begun = true;
  await send(channel, 'go\n', said);
}

/** The input of a bare command: as it is, then its end. */
export async function feedRaw(channel: ClientChannel, input: string | Readable | undefined, said: Said): Promise<void> {
  said.begun = true;
  if (input !== undefined) for await (const piece of piecesOf(input)) await send(channel, piece, said);
  channel.end();
}

/** Waits while the other side does not take more. A channel that closes meanwhile is seen by who waits for its end. */
async function send(channel: ClientChannel, data: string | Buffer, said: Said): Promise<void> {
  said.sentBytes += data.length;
  if (!channel.write(data)) await new Promise<void>((resolve) => channel.once('drain', () => resolve()));
}

async function* piecesOf(input: string | Readable): AsyncGenerator<Buffer> {
  const source = typeof input === 'string' ? Readable.from(input === '' ? [] : [Buffer.from(input, 'utf8')]) : input;
  try {
    for await (const chunk of source as AsyncIterable<Buffer | string>) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
      for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
    }
  } catch (cause) {
    throw new SvcError('COMMAND', 'the input broke off before it was handed over; nothing was run', { cause });
  }
}
