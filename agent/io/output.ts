/** Where the output of a command goes and what is kept of it: pipes that are read, or files for one that leaves a daemon behind. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type Capture, createHead, createLineSplitter, createTail } from './capture.ts';
import { openNamelessFiles, openOutputFile } from './output-file.ts';

export interface OutputOptions {
  readonly maxBytes?: number;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Both streams are appended here. */
  readonly outputFile?: string;
  /**
   * What the command leaves behind keeps its output: through a pipe it would be killed by SIGPIPE at its first word after the agent
   * has gone, so it gets files (nameless ones without `outputFile`).
   */
  readonly leaves?: boolean;
}

export interface Output {
  readonly stdio: readonly ['pipe' | number, 'pipe' | number];
  attach(streams: Pick<ChildProcess, 'stdout' | 'stderr'>): void;
  /** Bytes printed so far. */
  bytes(): number;
  /** Waits for what is still in the pipes, but not for a daemon that keeps them open. */
  drain(): Promise<void>;
  result(): { stdout: string; stderr: string; truncated: boolean };
  close(): void;
}

type Name = 'stdout' | 'stderr';

const defaultMaxBytes = 1_048_576;
const drainMs = 250;
const lookMs = 200;
const emptyAboveBytes = 16_777_216;

/** Throws COMMAND when the output file cannot be opened. `owner` = the account of the command when that is another one. */
export function createOutput(options: OutputOptions, owner?: { readonly uid: number; readonly gid: number }): Output {
  const maxBytes = options.maxBytes ?? defaultMaxBytes;
  if (options.outputFile !== undefined) {
    const fd = openOutputFile(options.outputFile, owner);
    return filedOutput([fd, fd], [readGrowing(fd, 'stdout', createHead(maxBytes), options)]);
  }
  const files = options.leaves === true ? openNamelessFiles() : undefined;
  if (files === undefined) return pipedOutput(options, maxBytes);
  const [out, err] = files;
  return filedOutput(files, [
    readGrowing(out, 'stdout', createHead(maxBytes), options),
    readGrowing(err, 'stderr', createTail(maxBytes), options),
  ]);
}

function pipedOutput(options: OutputOptions, maxBytes: number): Output {
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

function readPipe(stream: Readable, name: Name, capture: Capture, { onLine }: OutputOptions): Pipe {
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

function filedOutput(stdio: readonly [number, number], files: readonly [GrowingFile, GrowingFile?]): Output {
  const all = files.filter((file) => file !== undefined);
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    for (const file of all) file.look();
  };
  return {
    stdio,
    attach() {
      timer = setInterval(look, lookMs);
    },
    bytes: () => all.reduce((sum, file) => sum + file.bytes(), 0),
    async drain() {
      look();
    },
    result: () => ({
      stdout: files[0].capture.text(),
      stderr: files[1]?.capture.text() ?? '',
      truncated: all.some((file) => file.capture.truncated()),
    }),
    close() {
      if (timer !== undefined) clearInterval(timer);
      for (const file of all) file.end();
      for (const fd of new Set(stdio)) closeSync(fd);
    },
  };
}

interface GrowingFile {
  readonly capture: Capture;
  bytes(): number;
  /** Reads what was added. */
  look(): void;
  /** Gives out a last line that has no end. */
  end(): void;
}

function readGrowing(fd: number, name: Name, capture: Capture, { onLine, outputFile }: OutputOptions): GrowingFile {
  const isNameless = outputFile === undefined;
  const lines = onLine === undefined ? undefined : createLineSplitter((line) => onLine(name, line));
  const buffer = Buffer.alloc(65_536);
  let position = fstatSync(fd).size;
  let seen = 0;
  return {
    capture,
    bytes: () => seen,
    look() {
      const { size } = fstatSync(fd);
      // A script that says `> /dev/stderr` empties the file first.
      if (size < position) position = 0;
      while (position < size) {
        const got = readSync(fd, buffer, 0, buffer.length, position);
        if (got === 0) break;
        const chunk = Buffer.from(buffer.subarray(0, got));
        seen += got;
        position += got;
        capture.add(chunk);
        lines?.add(chunk);
      }
      // Appending goes on at the start: what floods is bounded while somebody looks.
      if (size > emptyAboveBytes && isNameless) ftruncateSync(fd);
    },
    end: () => lines?.end(),
  };
}
