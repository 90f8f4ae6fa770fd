/** Appends lines to the newest file of one service's folder; safe beside other processes that do the same. */
import { closeSync, constants, fdatasyncSync, fstatSync, openSync, readSync, type Stats, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, syncFolder } from '../io/files.ts';
import { filePath, listFiles, makeServiceFolder } from './folder.ts';
import { carryForward } from './rotate.ts';

export interface WriterOptions {
  readonly maxFileBytes: number;
  readonly keepFiles: number;
}

export interface Writer {
  /** Throws the system's error (ENOSPC, EROFS, EACCES …). `durable`: on the disk when it returns. */
  append(line: string, durable: boolean): void;
  close(): void;
}

interface Current {
  readonly fd: number;
  readonly number: number;
}

/** Nothing is opened or made before the first append. */
export function createWriter(folder: string, options: WriterOptions): Writer {
  let current: Current | undefined;
  const close = (): void => {
    if (current !== undefined) closeSync(current.fd);
    current = undefined;
  };
  const ready = (): Current => {
    current ??= openNewest(folder);
    const found = fstatSync(current.fd);
    if (found.size < options.maxFileBytes && found.nlink > 0) return current;
    // Full, or removed under our feet. Another process may have rotated already: then its file is the newest.
    close();
    current = openNewest(folder);
    if (fstatSync(current.fd).size >= options.maxFileBytes) {
      const full = current.number;
      close();
      current = rotate(folder, full, options);
    }
    return current;
  };
  return {
    append(line, durable) {
      const { fd } = ready();
      appendLine(fd, line);
      if (durable) fdatasyncSync(fd);
    },
    close,
  };
}

const openFlags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

function openNewest(folder: string): Current {
  const newest = listFiles(folder).at(-1);
  if (newest !== undefined) return { fd: openSync(newest.path, openFlags, 0o640), number: newest.number };
  makeServiceFolder(folder);
  const fd = openSync(filePath(folder, 1), openFlags, 0o640);
  syncFolder(folder);
  syncFolder(dirname(folder));
  return { fd, number: 1 };
}

/** The process that makes the next file (only one can) also removes the oldest ones. */
function rotate(folder: string, full: number, options: WriterOptions): Current {
  const number = full + 1;
  let fd: number;
  try {
    fd = openSync(filePath(folder, number), openFlags | constants.O_EXCL, 0o640);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return openNewest(folder);
    throw error;
  }
  syncFolder(folder);
  carryForward(folder, number, options.keepFiles, (lines) => {
    appendLine(fd, lines);
    fdatasyncSync(fd);
  });
  return { fd, number };
}

/**
 * One write(2) at the end of the file. A torn line of somebody who died or met a full disk must not swallow ours: ours starts on a
 * fresh line, and if another process wrote in the same moment we look whether it still does.
 */
function appendLine(fd: number, line: string): void {
  const before = fstatSync(fd);
  const bytes = Buffer.from(endsClean(fd, before) ? line : `\n${line}`, 'utf8');
  const written = writeSync(fd, bytes);
  if (written < bytes.length) throw Object.assign(new Error(`${written} of ${bytes.length} bytes written`), { code: 'ENOSPC' });
  const grown = fstatSync(fd).size - before.size;
  if (grown !== bytes.length && !isOnFreshLine(fd, before.size, grown, line)) appendLine(fd, `\n${line}`);
}

function endsClean(fd: number, { size }: Stats): boolean {
  if (size === 0) return true;
  const last = Buffer.alloc(1);
  readSync(fd, last, 0, 1, size - 1);
  return last[0] === 0x0a;
}

function isOnFreshLine(fd: number, start: number, length: number, line: string): boolean {
  const from = Math.max(0, start - 1);
  const buffer = Buffer.alloc(Math.max(0, length) + 1);
  const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, from));
  return from === 0 ? text.startsWith(line) || text.includes(`\n${line}`) : text.includes(`\n${line}`);
}
