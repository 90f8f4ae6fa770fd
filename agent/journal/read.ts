/** Reads journals back: in the order of time, past every kind of damage. */
import { readFile, stat } from 'node:fs/promises';
import { errnoOf, fileError } from '../io/files.ts';
import { type LogFile, listFiles, listServices, serviceFolder } from './folder.ts';
import { contentKey, type JournalRecord, parseLine } from './record.ts';

export interface ReadOptions {
  readonly folder: string;
  /** The run folder, where a `stop` on a full disk wrote. */
  readonly fallbackFolder?: string;
  /** Default: every service that has a journal. */
  readonly service?: string;
  /** Milliseconds since 1970: only records from then on. */
  readonly since?: number;
  /** Told of every file with lines that cannot be read (torn, overwritten, foreign), and how many. */
  readonly onDamage?: (damage: Damage) => void;
}

export interface Damage {
  readonly path: string;
  readonly badLines: number;
}

/** Records of one or all services, merged by time; those of one service stay in the order in which they were written. */
export async function* readRecords(options: ReadOptions): AsyncGenerator<JournalRecord> {
  const places = [options.folder, ...(options.fallbackFolder === undefined ? [] : [options.fallbackFolder])];
  const streams = places.flatMap((folder) => {
    const services = options.service === undefined ? listServices(folder) : [options.service];
    return services.map((service) => readService(serviceFolder(folder, service), service, options));
  });
  yield* mergeByTime(streams);
}

async function* readService(folder: string, service: string, options: ReadOptions): AsyncGenerator<JournalRecord> {
  const files = listFiles(folder);
  const since = options.since ?? 0;
  // Copies made by a rotation are older than every file that is left, so they come first; their originals, where a rotation died
  // before it removed them, are the same records.
  const carried = await readCarried(files, service);
  yield* [...carried.values()].sort((a, b) => a.at - b.at).filter((record) => record.at >= since);
  for (const file of files) {
    if (since > 0 && (await changedBefore(file, since))) continue;
    const { records, badLines } = parseText(await readFileText(file), service);
    if (badLines > 0) options.onDamage?.({ path: file.path, badLines });
    const isNew = (record: JournalRecord): boolean =>
      record.carried === undefined && !(carried.size > 0 && carried.has(contentKey(record)));
    yield* records.filter((record) => record.at >= since && isNew(record));
  }
}

async function readCarried(files: readonly LogFile[], service: string): Promise<ReadonlyMap<string, JournalRecord>> {
  const carried = new Map<string, JournalRecord>();
  for (const file of files) {
    const text = await readFileText(file);
    if (!text.includes('"carried":')) continue;
    for (const record of parseText(text, service).records) if (record.carried !== undefined) carried.set(contentKey(record), record);
  }
  return carried;
}

interface Parsed {
  readonly records: readonly JournalRecord[];
  readonly badLines: number;
}

/** Sound records of a file's text and the number of lines that are none; empty lines are nothing. */
export function parseText(text: string, service: string): Parsed {
  const lines = text.split('\n').filter((line) => line !== '');
  const records = lines.flatMap((line) => parseLine(line, service) ?? []);
  return { records, badLines: lines.length - records.length };
}

async function readFileText({ path }: LogFile): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return ''; // rotated away while we read
    throw fileError('read the journal', path, error);
  }
}

async function changedBefore({ path }: LogFile, since: number): Promise<boolean> {
  return ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0) < since;
}

async function* mergeByTime(streams: readonly AsyncGenerator<JournalRecord>[]): AsyncGenerator<JournalRecord> {
  const heads: { stream: AsyncGenerator<JournalRecord>; record: JournalRecord }[] = [];
  for (const stream of streams) {
    const next = await stream.next();
    if (!next.done) heads.push({ stream, record: next.value });
  }
  while (heads.length > 0) {
    const earliest = heads.reduce((best, head) => (head.record.at < best.record.at ? head : best));
    yield earliest.record;
    const next = await earliest.stream.next();
    if (next.done) heads.splice(heads.indexOf(earliest), 1);
    else earliest.record = next.value;
  }
}
