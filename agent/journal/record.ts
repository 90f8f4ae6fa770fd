/** The records of the journal and their line format: crc32 of the JSON in 8 hex digits, a blank, the JSON. */
import { crc32 } from 'node:zlib';
import { SvcError } from '../errors.ts';
import type { Who } from '../io/identity.ts';

/** Version of the format, in every record. */
export const journalVersion = 1;

export interface BeginRecord {
  readonly kind: 'begin';
  /** Ties all records of one action together. */
  readonly sid: string;
  readonly service: string;
  readonly verb: string;
  /** Options of the command line, as needed to run the same action again. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly node: string;
  readonly who: Who;
  readonly reason?: string;
  /** The process that runs the action. */
  readonly pid: number;
  readonly startTicks: number;
  readonly boot: string;
}

export interface StepRecord {
  readonly kind: 'step';
  readonly sid: string;
  readonly rid: string;
  readonly name: string;
  readonly phase: 'begin' | 'end' | 'failed';
  readonly message?: string;
  readonly durationMs?: number;
}

/** Written by beforeExec, while the child is held back: the program has not run yet. */
export interface IntentRecord {
  readonly kind: 'command';
  readonly phase: 'intent';
  readonly sid: string;
  readonly rid: string;
  /** Counts the commands of the action. */
  readonly seq: number;
  /** As it may be shown: quoted, secrets masked. */
  readonly argv: string;
  /** Also the number of its process group. Absent for an effect that is no process (a file written, a signal sent). */
  readonly pid?: number;
  readonly startTicks?: number;
  readonly boot?: string;
  /** See commandMarker in io/process.ts. */
  readonly marker?: string;
  readonly leaves?: boolean;
  readonly launch?: boolean;
}

export interface CommandEndRecord {
  readonly kind: 'command';
  readonly phase: 'end';
  readonly sid: string;
  readonly rid: string;
  readonly seq: number;
  readonly exitCode: number;
  readonly durationMs: number;
  readonly message?: string;
}

/** The action changed something of this resource for the first time; `from` is the state in which the walk found it. */
export interface ChangedRecord {
  readonly kind: 'changed';
  readonly sid: string;
  readonly rid: string;
  readonly from: string;
}

/** A resource's state changed. */
export interface StateRecord {
  readonly kind: 'state';
  readonly sid?: string;
  readonly rid: string;
  readonly from: string;
  readonly to: string;
  readonly notes?: readonly string[];
}

/** What a driver wants to find again; null forgets. The last one per rid and key is kept for ever. */
export interface RememberRecord {
  readonly kind: 'remember';
  readonly sid?: string;
  readonly rid: string;
  readonly key: string;
  readonly value: string | null;
}

export interface NoteRecord {
  readonly kind: 'note';
  readonly sid?: string;
  readonly rid?: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

export interface EndRecord {
  readonly kind: 'end';
  readonly sid: string;
  readonly result: 'ok' | 'failed' | 'aborted';
  readonly code?: string;
  readonly message?: string;
  readonly durationMs: number;
}

/** A person (or a later action) accepts that the action `sid` was interrupted. */
export interface ClearRecord {
  readonly kind: 'clear';
  readonly sid: string;
  readonly by: string;
}

/** What callers append. */
export type JournalEntry =
  | BeginRecord
  | StepRecord
  | IntentRecord
  | CommandEndRecord
  | ChangedRecord
  | StateRecord
  | RememberRecord
  | NoteRecord
  | EndRecord
  | ClearRecord;

interface Stamp {
  readonly v: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Rotation copied it from this file number, which it removed afterwards. */
  readonly carried?: number;
}

/** What is read back. */
export type JournalRecord = JournalEntry & Stamp & { readonly service: string };

/** Texts that only people read may be cut, so that one command's noise never makes a record that cannot be written. */
const cuttable: ReadonlySet<string> = new Set(['message', 'argv', 'text', 'reason', 'notes']);
const maxTextChars = 2048;
const maxLineBytes = 65_536;

/** One line, with its end. `kind` comes first so that a reader can pick lines without parsing them. BUG above 64 KiB. */
export function formatLine(entry: JournalEntry, stamp: { at: number; carried?: number }): string {
  const { kind, ...rest } = entry;
  const carried = stamp.carried === undefined ? {} : { carried: stamp.carried };
  const record = { kind, v: journalVersion, at: stamp.at, ...carried, ...rest };
  const json = JSON.stringify(record, (key, value: unknown) => (cuttable.has(key) ? cut(value) : value));
  if (Buffer.byteLength(json) > maxLineBytes)
    throw new SvcError('BUG', `a journal record of kind ${kind} is larger than ${maxLineBytes} bytes`);
  return `${checksum(json)} ${json}\n`;
}

function cut(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 20).map(cut);
  return typeof value === 'string' && value.length > maxTextChars ? `${value.slice(0, maxTextChars)}…` : value;
}

export function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0');
}

const kinds: Readonly<Record<JournalEntry['kind'], true>> = {
  begin: true,
  step: true,
  command: true,
  changed: true,
  state: true,
  remember: true,
  note: true,
  end: true,
  clear: true,
};

/** The record of a line (without its end) in the journal of `service`; undefined when it is torn, foreign or of another version. */
export function parseLine(line: string, service: string): JournalRecord | undefined {
  if (line[8] !== ' ') return undefined;
  const json = line.slice(9);
  if (checksum(json) !== line.slice(0, 8)) return undefined;
  try {
    const record = JSON.parse(json) as JournalRecord;
    const isKnown = record.v === journalVersion && Object.hasOwn(kinds, record.kind) && typeof record.at === 'number';
    return isKnown ? { ...record, service } : undefined;
  } catch {
    return undefined;
  }
}

/** What opens and closes an action keeps these fields in every version to come, so that an older agent sees that one was cut. */
const brackets: Readonly<Record<string, true>> = { begin: true, end: true, clear: true };

/** The same, and of a newer version what opens or closes an action: `v` tells; anything else of it is not known. */
export function parseBracket(line: string, service: string): JournalRecord | undefined {
  const known = parseLine(line, service);
  const json = line.slice(9);
  if (known !== undefined || line[8] !== ' ' || checksum(json) !== line.slice(0, 8)) return known;
  try {
    const { kind, v, at, sid, verb } = JSON.parse(json) as Record<string, unknown>;
    const isNewer = typeof v === 'number' && v > journalVersion && Object.hasOwn(brackets, String(kind));
    if (!isNewer || typeof at !== 'number' || typeof sid !== 'string') return undefined;
    const options = { verb, allow: [], rollback: true };
    const nobody = { node: '', who: { user: 'unknown' }, pid: 0, startTicks: 0, boot: '' };
    return { ...nobody, ...(JSON.parse(json) as JournalRecord), verb: String(verb), options, service } as JournalRecord;
  } catch {
    return undefined;
  }
}

/** Equal for a record and its copy that a rotation made. */
export function contentKey(record: JournalRecord): string {
  return JSON.stringify({ ...record, carried: undefined });
}
