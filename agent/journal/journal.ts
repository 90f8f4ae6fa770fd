/** The journal of one service: every action and every mutating command is on the disk before its effect (spec/cli.md "Safety" 5). */
import { SvcError } from '../errors.ts';
import { errnoOf, fileError } from '../io/files.ts';
import { absorbFallback } from './fallback.ts';
import { serviceFolder } from './folder.ts';
import { formatLine, type JournalEntry } from './record.ts';
import { makeReserve, releaseReserve } from './reserve.ts';
import { createWriter, type Writer } from './writer.ts';

export interface JournalOptions {
  /** Folder of all journals; this service has a folder of its own in it. */
  readonly folder: string;
  readonly service: string;
  /** Used when `folder` cannot be written (full, read-only): for `stop`, which must always work. */
  readonly fallbackFolder?: string;
  /** Where such a `stop` wrote: a `begin` brings it home. Default: fallbackFolder. */
  readonly absorbFolder?: string;
  /** Told once, when the fallback begins to be used: a person must hear of it. */
  readonly onFallback?: (error: SvcError, folder: string) => void;
  /** Size at which a new file begins (default 1 MiB) and number of files kept (default 8). */
  readonly maxFileBytes?: number;
  readonly keepFiles?: number;
  /** Milliseconds since 1970; injected by tests. */
  readonly now?: () => number;
}

export interface Journal {
  readonly service: string;
  /**
   * Durable when it returns. REFUSED when a `begin` cannot be written (nothing was done yet), COMMAND for any later record; both
   * with facts `journal: true`, `errno` and `diskFull`.
   */
  append(entry: JournalEntry): void;
  /** For what can be found again by looking (states): not synced, and false instead of an error when it cannot be written. */
  appendLazy(entry: JournalEntry): boolean;
  /** The folder in use instead of the ordinary one, once it was needed. */
  fallback(): string | undefined;
  close(): void;
}

/** Opens nothing yet: files and folders are made by the first append. */
export function openJournal(options: JournalOptions): Journal {
  const limits = { maxFileBytes: options.maxFileBytes ?? 1_048_576, keepFiles: options.keepFiles ?? 8 };
  const folder = serviceFolder(options.folder, options.service);
  const now = options.now ?? Date.now;
  const absorbFolder = options.absorbFolder ?? options.fallbackFolder;
  let writer = createWriter(folder, limits);
  let fallback: string | undefined;
  let used = false;
  const write = (entry: JournalEntry, durable: boolean): void => {
    const line = formatLine(entry, { at: now() });
    try {
      // Only the holder of the service's lock begins an action, so nobody writes there at the same time.
      if (entry.kind === 'begin' && fallback === undefined) absorbFallback({ ...options, fallbackFolder: absorbFolder }, writer);
      writeLine(writer, line, { durable, folder, mayUseReserve: entry.kind !== 'begin' && fallback === undefined });
      if (!used) makeReserve(folder);
      used = true;
    } catch (error) {
      const failure = unwritable(folder, entry, error);
      if (options.fallbackFolder === undefined || fallback !== undefined) throw failure;
      fallback = serviceFolder(options.fallbackFolder, options.service);
      writer.close();
      writer = createWriter(fallback, limits);
      options.onFallback?.(failure, fallback);
      appendOrThrow(writer, line, durable, fallback, entry);
    }
  };
  return {
    service: options.service,
    append: (entry) => write(entry, true),
    appendLazy(entry) {
      try {
        write(entry, false);
        return true;
      } catch (error) {
        if (error instanceof SvcError && error.code !== 'BUG') return false;
        throw error;
      }
    },
    fallback: () => fallback,
    close: () => writer.close(),
  };
}

/** A disk that fills up in the middle of an action must not hide how it ended: some room was put aside for that. */
function writeLine(writer: Writer, line: string, how: { durable: boolean; folder: string; mayUseReserve: boolean }): void {
  try {
    writer.append(line, how.durable);
  } catch (error) {
    if (!how.mayUseReserve || !isFull(error) || !releaseReserve(how.folder)) throw error;
    writer.append(line, how.durable);
  }
}

function appendOrThrow(writer: Writer, line: string, durable: boolean, folder: string, entry: JournalEntry): void {
  try {
    writer.append(line, durable);
  } catch (error) {
    throw unwritable(folder, entry, error);
  }
}

function isFull(error: unknown): boolean {
  return errnoOf(error) === 'ENOSPC' || errnoOf(error) === 'EDQUOT';
}

function unwritable(folder: string, entry: JournalEntry, error: unknown): SvcError {
  const errno = errnoOf(error);
  if (errno === undefined && !(error instanceof SvcError)) return new SvcError('BUG', `journal: ${String(error)}`, { cause: error });
  // A SvcError says itself what could not be read or made on the way.
  const plain = fileError('write the journal in', folder, error);
  return new SvcError(entry.kind === 'begin' ? 'REFUSED' : plain.code, plain.message, {
    hint: isFull(error)
      ? 'make room on that filesystem; stop works without'
      : (plain.hint ?? 'the journal must be writable before anything is changed; stop works without'),
    facts: { ...plain.facts, journal: true, diskFull: isFull(error), path: folder },
    cause: error,
  });
}
