/**
 * The records of actions that have no end, found without reading the rest: every status and every action asks, and a journal may
 * hold 8 MiB. `kind` stands first in a record, so that the few lines that open or close an action are found by their bytes.
 */
import { readFile } from 'node:fs/promises';
import { errnoOf, fileError } from '../io/files.ts';
import { type LogFile, listFiles, serviceFolder } from './folder.ts';
import { contentKey, type JournalRecord, parseBracket } from './record.ts';

export interface OpenRecordsOptions {
  readonly folder: string;
  /** The run folder, where a `stop` on a full disk wrote. */
  readonly fallbackFolder?: string;
  readonly service: string;
}

/** Every record of the actions that have neither an end nor a clear, in the order written; what only looks like one is skipped. */
export async function readOpenRecords(options: OpenRecordsOptions): Promise<readonly JournalRecord[]> {
  const { service } = options;
  const places = [options.folder, ...(options.fallbackFolder === undefined ? [] : [options.fallbackFolder])];
  const texts = (await Promise.all(places.map((place) => readTexts(serviceFolder(place, service))))).flat();
  const parse = (line: string) => parseBracket(line, service) ?? [];
  const open = openSids(texts.flatMap((text) => [...bracketLines(text)].flatMap(parse)));
  if (open.size === 0) return [];
  const needles = [...open].map((sid) => `"sid":${JSON.stringify(sid)}`);
  const records = texts.flatMap((text) => linesWith(text, needles).flatMap(parse));
  return inOrder(records.filter((record) => record.sid !== undefined && open.has(record.sid)));
}

/** How far a line's JSON is from its start: checksum and a blank. */
const jsonOffset = 9;
const brackets = (['begin', 'end', 'clear'] as const).map((kind) => `{"kind":"${kind}"`);
const newline = 0x0a;

/** Inside a text of a record quotes are escaped, so these bytes are only found where a record begins. */
function* bracketLines(text: Buffer): Generator<string> {
  for (const needle of brackets) {
    for (const at of placesOf(text, needle)) {
      const start = at - jsonOffset;
      if (start === 0 || text[start - 1] === newline) yield lineAt(text, start);
    }
  }
}

/** Whole lines that hold one of the texts, in their order, each once. */
function linesWith(text: Buffer, needles: readonly string[]): readonly string[] {
  const starts = new Set<number>();
  for (const needle of needles) {
    for (const at of placesOf(text, needle)) starts.add(at === 0 ? 0 : text.lastIndexOf(newline, at) + 1);
  }
  return [...starts].sort((a, b) => a - b).map((start) => lineAt(text, start));
}

function* placesOf(text: Buffer, needle: string): Generator<number> {
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) yield at;
}

function lineAt(text: Buffer, start: number): string {
  const end = text.indexOf(newline, start);
  return text.toString('utf8', start, end < 0 ? text.length : end);
}

function openSids(marks: readonly JournalRecord[]): ReadonlySet<string> {
  const closed = new Set(marks.flatMap((record) => (record.kind === 'begin' ? [] : [record.sid])));
  return new Set(marks.flatMap((record) => (record.kind === 'begin' && !closed.has(record.sid) ? [record.sid] : [])));
}

/** Copies that a rotation made are older than every file that is left; an original that is still there is the same record. */
function inOrder(records: readonly JournalRecord[]): readonly JournalRecord[] {
  const carried = new Map(records.filter((record) => record.carried !== undefined).map((record) => [contentKey(record), record]));
  const others = records.filter((record) => record.carried === undefined && !(carried.size > 0 && carried.has(contentKey(record))));
  return [...[...carried.values()].sort((a, b) => a.at - b.at), ...others];
}

/** A rotation may copy and remove between the listing and the reading: then it is read again. */
async function readTexts(folder: string): Promise<readonly Buffer[]> {
  for (let round = 1; ; round += 1) {
    const files = listFiles(folder);
    const texts = await Promise.all(files.map(readBytes));
    const after = listFiles(folder);
    if (round >= 3 || (after.length === files.length && after.every(({ path }, at) => path === files[at]?.path))) return texts;
  }
}

async function readBytes({ path }: LogFile): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return Buffer.alloc(0); // rotated away while we read
    throw fileError('read the journal', path, error);
  }
}
