/** Reads journals back: in the order of time, past every kind of damage. */
import { readFile, stat } from 'node:fs/promises';
import { errnoOf, fileError } from '../io/files.ts';
import { type LogFile, listFiles, listServices, serviceFolder } from './folder.ts';
import { contentKey, type JournalEntry, type JournalRecord, parseLine } from './record.ts';

export interface ReadOptions {
  readonly folder: string;
  /** The run folder, where a `stop` on a full disk wrote. */
  readonly fallbackFolder?: string;
  /** Default: every service that has a journal. */
  readonly service?: string;
  /** Milliseconds since 1970: only records from then on. */
  readonly since?: number;
  /** Only records of these kinds; the other lines are not even parsed. */
  readonly kinds?: readonly JournalEntry['kind'][];
  /** Only records of these actions. */
  readonly sids?: ReadonlySet<string>;
  /** Told (when nothing narrows the lines down) of every file with lines that cannot be read (torn, overwritten, foreign), and how many. */
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

/**
 * The records of actions that have no end, of one or all services: what interrupted() and runningActions() need. A full journal is
 * 40,000 lines, and `print status` asks this every time, so only the lines that can matter are parsed.
 */
export async function readOpenActions(options: Omit<ReadOptions, 'kinds' | 'sids' | 'onDamage'>): Promise<readonly JournalRecord[]> {
  const open = new Set<string>();
  const closed = new Set<string>();
  for await (const record of readRecords({ ...options, kinds: ['begin', 'end', 'clear'] })) {
    if (record.sid !== undefined) (record.kind === 'begin' ? open : closed).add(record.sid);
  }
  const sids = new Set([...open].filter((sid) => !closed.has(sid)));
  const records: JournalRecord[] = [];
  if (sids.size === 0) return records;
  for await (const record of readRecords({ ...options, sids })) records.push(record);
  return records;
}

async function* readService(folder: string, service: string, options: ReadOptions): AsyncGenerator<JournalRecord> {
  const files = listFiles(folder);
  const since = options.since ?? 0;
  // Copies made by a rotation are older than every file that is left, so they come first; their originals, where a rotation died
  // before it removed them, are the same records.
  const narrow = narrowing(options);
  const carried = await readCarried(files, service, narrow);
  yield* [...carried.values()].sort((a, b) => a.at - b.at).filter((record) => record.at >= since);
  for (const file of files) {
    if (since > 0 && (await changedBefore(file, since))) continue;
    const { records, badLines } = parseText(await readFileText(file), service, narrow);
    if (badLines > 0 && narrow === undefined) options.onDamage?.({ path: file.path, badLines });
    const isNew = (record: JournalRecord): boolean =>
      record.carried === undefined && !(carried.size > 0 && carried.has(contentKey(record)));
    yield* records.filter((record) => record.at >= since && isNew(record));
  }
}

async function readCarried(
  files: readonly LogFile[],
  service: string,
  narrow: Narrowing | undefined,
): Promise<ReadonlyMap<string, JournalRecord>> {
  const carried = new Map<string, JournalRecord>();
  for (const file of files) {
    const text = await readFileText(file);
    if (!text.includes('"carried":')) continue;
    for (const record of parseText(text, service, narrow).records)
      if (record.carried !== undefined) carried.set(contentKey(record), record);
  }
  return carried;
}

/** What may be decided on the text of a line (kind comes first in it) and what only on the record. */
interface Narrowing {
  readonly mayMatch: (line: string) => boolean;
  readonly matches: (record: JournalRecord) => boolean;
}

function narrowing({ kinds, sids }: ReadOptions): Narrowing | undefined {
  if (kinds === undefined && sids === undefined) return undefined;
  const starts = kinds?.map((kind) => `{"kind":"${kind}"`);
  const words = sids === undefined ? undefined : [...sids].map((sid) => JSON.stringify(sid));
  return {
    mayMatch: (line) =>
      starts?.some((start) => line.startsWith(start, 9)) !== false && words?.some((word) => line.includes(word)) !== false,
    matches: (record) => sids === undefined || (record.sid !== undefined && sids.has(record.sid)),
  };
}

interface Parsed {
  readonly records: readonly JournalRecord[];
  readonly badLines: number;
}

/** Sound records of a file's text and the number of lines that are none; empty lines are nothing. */
export function parseText(text: string, service: string, narrow?: Narrowing): Parsed {
  const lines = text.split('\n').filter((line) => line !== '' && narrow?.mayMatch(line) !== false);
  const records = lines.flatMap((line) => parseLine(line, service) ?? []).filter((record) => narrow?.matches(record) !== false);
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
