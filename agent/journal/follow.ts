/** Follows journals as they grow: each record once, through rotations, services that come and lines that are not whole yet. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { errnoOf, fileError } from '../io/files.ts';
import { type LogFile, listFiles, listServices, serviceFolder } from './folder.ts';
import { contentKey, type JournalRecord, parseLine } from './record.ts';

export interface FollowOptions {
  readonly folder: string;
  /** The run folder, where a `stop` on a full disk wrote. What is brought home from there is not told twice. */
  readonly fallbackFolder?: string;
  /** Default: every service that has a journal, also one that comes later. */
  readonly services?: readonly string[];
}

export interface Follower {
  /** What is new since the call before, by time; the first call gives everything. */
  next(): readonly JournalRecord[];
}

/** How far the journal of a service in a folder was read. */
interface Place {
  /** Of the newest file read. */
  number: number;
  /** Bytes of it that were whole lines. */
  offset: number;
  first: boolean;
}

export function followJournals({ folder, fallbackFolder, services }: FollowOptions): Follower {
  const places = new Map<string, Place>();
  const fromFallback = new Set<string>();
  const folders = [folder, ...(fallbackFolder === undefined ? [] : [fallbackFolder])];
  return {
    next() {
      const fresh = folders.flatMap((parent) =>
        (services ?? listServices(parent)).flatMap((service) => {
          const key = `${parent}\n${service}`;
          const place = places.get(key) ?? { number: 0, offset: 0, first: true };
          places.set(key, place);
          const records = readOn(serviceFolder(parent, service), service, place);
          if (parent !== folder) for (const record of records) fromFallback.add(contentKey(record));
          return parent === folder ? records.filter((record) => !fromFallback.delete(contentKey(record))) : records;
        }),
      );
      return fresh.sort((a, b) => a.at - b.at);
    },
  };
}

function readOn(folder: string, service: string, place: Place): readonly JournalRecord[] {
  const records: JournalRecord[] = [];
  for (const file of listFiles(folder)) {
    if (file.number < place.number) continue;
    if (file.number > place.number) place.offset = 0;
    place.number = file.number;
    records.push(...readLines(file, service, place));
  }
  const isFirst = place.first;
  place.first = false;
  const originals = new Set(records.filter(({ carried }) => carried === undefined).map(contentKey));
  // A copy that a rotation made is news only to who has never seen its original.
  return records.filter((record) => record.carried === undefined || (isFirst && !originals.has(contentKey(record))));
}

/** Whole lines beyond the offset; what has no end yet is left for the next time. */
function readLines(file: LogFile, service: string, place: Place): readonly JournalRecord[] {
  const bytes = readFrom(file, place);
  const end = bytes.lastIndexOf(0x0a);
  if (end < 0) return [];
  place.offset += end + 1;
  return bytes
    .subarray(0, end)
    .toString('utf8')
    .split('\n')
    .flatMap((line) => parseLine(line, service) ?? []);
}

function readFrom({ path }: LogFile, place: Place): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      const { size } = fstatSync(fd);
      // Cut behind our back: what is left was read.
      place.offset = Math.min(place.offset, size);
      const bytes = Buffer.alloc(size - place.offset);
      const read = bytes.length === 0 ? 0 : readSync(fd, bytes, 0, bytes.length, place.offset);
      return bytes.subarray(0, read);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0); // rotated away meanwhile
    throw fileError('read the journal', path, error);
  }
}
