/** Where the output of a command goes and what is kept of it: pipes that are read, or a file for one that leaves a daemon behind. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type Capture, createHead, createLineSplitter, createTail } from './capture.ts';
import { openOutputFile } from './output-file.ts';

export interface OutputOptions {
  readonly maxBytes?: number;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Both streams are appended here instead of to pipes: a daemon left behind then outlives us without a broken pipe. */
  readonly outputFile?: string;
}

export interface Output {
  readonly stdio: readonly ['pipe' | number, 'pipe' | number];
  attach(child: ChildProcess): void;
  /** Bytes printed so far. */
  bytes(): number;
  /** Waits for what is still in the pipes, but not for a daemon that keeps them open. */
  drain(): Promise<void>;
  result(): { stdout: string; stderr: string; truncated: boolean };
  close(): void;
}

const defaultMaxBytes = 1_048_576;
const drainMs = 250;

/** Throws COMMAND when the output file cannot be opened. */
export function createOutput(options: OutputOptions): Output {
  return options.outputFile === undefined ? pipedOutput(options) : filedOutput(options, options.outputFile);
}

function pipedOutput(options: OutputOptions): Output {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  const kept = { stdout: createHead(maxBytes), stderr: createTail(maxBytes) };
  const pipes: Pipe[] = [];
  return {
    stdio: ['pipe', 'pipe'],
    attach(child) {
      if (child.stdout !== null) pipes.push(readPipe(child.stdout, 'stdout', kept.stdout, options));
      if (child.stderr !== null) pipes.push(readPipe(child.stderr, 'stderr', kept.stderr, options));
    },
    bytes: () => pipes.reduce((sum, pipe) => sum + pipe.bytes(), 0),
    async drain() {
      await settleWithin(Promise.all(pipes.map((pipe) => pipe.closed)), drainMs);
      // A loop that was busy has not read what is there: two turns read all that a pipe can hold.
      for (let round = 0; round < 2; round += 1) await turn();
    },
    result: () => ({
      stdout: kept.stdout.text(),
      stderr: kept.stderr.text(),
      truncated: kept.stdout.truncated() || kept.stderr.truncated(),
    }),
    close() {
      for (const pipe of pipes) pipe.close();
    },
  };
}

interface Pipe {
  readonly closed: Promise<void>;
  bytes(): number;
  close(): void;
}

function readPipe(stream: Readable, name: 'stdout' | 'stderr', capture: Capture, { onLine }: OutputOptions): Pipe {
  const lines = onLine === undefined ? undefined : createLineSplitter((line) => onLine(name, line));
  let seen = 0;
  let isOpen = true;
  stream.on('data', (chunk: Buffer) => {
    if (!isOpen) return;
    seen += chunk.length;
    capture.add(chunk);
    lines?.add(chunk);
  });
  stream.on('error', () => undefined);
  return {
    closed: new Promise((resolve) => stream.once('close', resolve)),
    bytes: () => seen,
    close() {
      if (!isOpen) return;
      isOpen = false;
      lines?.end();
      stream.destroy();
    },
  };
}

async function settleWithin(work: Promise<unknown>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}

/** Everything the command appended, as stdout; stderr is in the same file, in the order it was written. */
function filedOutput(options: OutputOptions, path: string): Output {
  const fd = openOutputFile(path);
  const start = fstatSync(fd).size;
  const capture = createHead(options.maxBytes ?? defaultMaxBytes);
  let isOpen = true;
  return {
    stdio: [fd, fd],
    attach: () => undefined,
    bytes: () => (isOpen ? Math.max(0, fstatSync(fd).size - start) : 0),
    async drain() {
      readFrom(fd, start, options.maxBytes ?? defaultMaxBytes, capture);
      const lines = createLineSplitter((line) => options.onLine?.('stdout', line));
      lines.add(Buffer.from(capture.text()));
      lines.end();
    },
    result: () => ({ stdout: capture.text(), stderr: '', truncated: capture.truncated() }),
    close() {
      if (isOpen) closeSync(fd);
      isOpen = false;
    },
  };
}

function readFrom(fd: number, start: number, maxBytes: number, capture: Capture): void {
  const size = Math.min(fstatSync(fd).size - start, maxBytes + 1);
  if (size <= 0) return;
  const buffer = Buffer.alloc(size);
  capture.add(buffer.subarray(0, readSync(fd, buffer, 0, size, start)));
}
