/** Bounded journals: the oldest files go, what is still needed of them is copied into the new file first. */
import { readFileSync, unlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf, syncFolder } from '../io/files.ts';
import { type LogFile, listFiles } from './folder.ts';
import { contentKey, formatLine, type JournalEntry, type JournalRecord, parseLine } from './record.ts';

/** Interrupted actions nobody looks at must not grow without end either: the newest are kept. */
const maxCarriedActions = 16;

/** Keeps `keepFiles` files and the new one; `append` must return only when its lines are on the disk. */
export function carryForward(folder: string, newest: number, keepFiles: number, append: (lines: string) => void): void {
  const files = listFiles(folder).filter((file) => file.number < newest);
  const doomed = files.slice(0, Math.max(0, files.length - keepFiles + 1));
  if (doomed.length === 0) return;
  try {
    const records = readNeeded(doomed, files.slice(doomed.length), basename(folder));
    const last = doomed.at(-1)?.number ?? 0;
    const lines = chooseCarried(records, last).map(({ record, number }) => formatLine(strip(record), { at: record.at, carried: number }));
    if (lines.length > 0) append(lines.join(''));
    for (const file of doomed) unlinkSync(file.path);
    syncFolder(folder);
  } catch (error) {
    // Without room for the copy the old files stay; the next rotation tries again. What the caller wants to write matters more.
    if (errnoOf(error) === undefined) throw error;
  }
}

interface Placed {
  readonly record: JournalRecord;
  readonly number: number;
}

/** All of the files that go, and of those that stay only the lines that can say that something is no longer needed. */
function readNeeded(doomed: readonly LogFile[], staying: readonly LogFile[], service: string): readonly Placed[] {
  const old = doomed.flatMap((file) => readLines(file, service, () => true));
  const sids = [...openActions(old)].map((sid) => JSON.stringify(sid));
  const mayMatter = (line: string): boolean =>
    decisive.some((start) => line.startsWith(start, 9)) || line.includes('"carried":') || sids.some((sid) => line.includes(sid));
  return [...old, ...staying.flatMap((file) => readLines(file, service, mayMatter))];
}

const decisive = (['end', 'clear', 'remember', 'state'] as const).map((kind) => `{"kind":"${kind}"`);

function readLines(file: LogFile, service: string, mayMatter: (line: string) => boolean): readonly Placed[] {
  const lines = readFileSync(file.path, 'utf8').split('\n');
  return lines.flatMap((line) => {
    const record = line === '' || !mayMatter(line) ? undefined : parseLine(line, service);
    return record === undefined ? [] : [{ record, number: file.number }];
  });
}

/** Of the files up to `last`: what belongs to open actions, the last value of everything remembered, the last state of each resource. */
export function chooseCarried(records: readonly Placed[], last: number): readonly Placed[] {
  const open = openActions(records);
  const ended = new Set(
    records.flatMap(({ record }) => (record.kind === 'command' && record.phase === 'end' ? [`${record.sid} ${record.seq}`] : [])),
  );
  const newestOf = new Map<string, Placed>();
  for (const placed of records) {
    const key = slotOf(placed.record);
    const other = key === undefined ? undefined : newestOf.get(key);
    if (key !== undefined && (other === undefined || placed.record.at >= other.record.at)) newestOf.set(key, placed);
  }
  const needed = ({ record }: Placed): boolean => {
    if (record.kind === 'begin' || record.kind === 'step' || record.kind === 'changed') return open.has(record.sid);
    if (record.kind === 'command') return record.phase === 'intent' && open.has(record.sid) && !ended.has(`${record.sid} ${record.seq}`);
    if (record.kind === 'remember' && record.value === null) return false;
    const slot = slotOf(record);
    const newest = slot === undefined ? undefined : newestOf.get(slot);
    return newest !== undefined && contentKey(newest.record) === contentKey(record);
  };
  // A rotation that died before it removed its originals has left copies in a file that stays.
  const kept = new Set(
    records.flatMap(({ record, number }) => (number > last && record.carried !== undefined ? [contentKey(record)] : [])),
  );
  const chosen = records.filter((placed) => placed.number <= last && needed(placed) && !kept.has(contentKey(placed.record)));
  return [...new Map(chosen.map((placed) => [contentKey(placed.record), placed])).values()];
}

/** Records of one slot replace each other. */
function slotOf(record: JournalRecord): string | undefined {
  if (record.kind === 'remember') return `remember ${record.rid} ${record.key}`;
  return record.kind === 'state' ? `state ${record.rid}` : undefined;
}

function openActions(records: readonly Placed[]): ReadonlySet<string> {
  const closed = new Set(records.flatMap(({ record }) => (record.kind === 'end' || record.kind === 'clear' ? [record.sid] : [])));
  const open = new Set(records.flatMap(({ record }) => (record.kind === 'begin' && !closed.has(record.sid) ? [record.sid] : [])));
  return new Set([...open].slice(-maxCarriedActions));
}

function strip(record: JournalRecord): JournalEntry {
  const { v: _v, at: _at, carried: _carried, ...entry } = record;
  return entry;
}
