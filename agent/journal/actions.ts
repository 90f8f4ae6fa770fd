/** Which actions are running and which were interrupted, from the records alone plus one question: does that process still live? */
import type { Who } from '../io/identity.ts';
import { isSameProcess, type ProcessKey } from '../io/process.ts';
import { type BeginRecord, type IntentRecord, type JournalRecord, journalVersion } from './record.ts';

/** An action without an end. */
export interface OpenAction {
  readonly sid: string;
  readonly service: string;
  readonly verb: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly node: string;
  readonly who: Who;
  readonly reason: string | undefined;
  /** When it began, ms since 1970. */
  readonly at: number;
  readonly owner: ProcessKey;
  /** Journaled by a newer version: what it did is not known here. */
  readonly newer: boolean;
  /** The resource and the step it had reached. */
  readonly rid: string | undefined;
  readonly step: string | undefined;
  /** Resources it had changed, in that order, with the state in which it found them. */
  readonly changed: readonly { readonly rid: string; readonly from: string }[];
  /** Commands that had begun and whose end is not known. */
  readonly openCommands: readonly IntentRecord[];
}

/** Actions whose process died before their end and that nobody cleared, oldest first. */
export function interrupted(
  records: readonly JournalRecord[],
  isAlive: (owner: ProcessKey) => boolean = isSameProcess,
): readonly OpenAction[] {
  return openActions(records).filter((action) => !isAlive(action.owner));
}

/** Actions that are at work now, oldest first. */
export function runningActions(
  records: readonly JournalRecord[],
  isAlive: (owner: ProcessKey) => boolean = isSameProcess,
): readonly OpenAction[] {
  return openActions(records).filter((action) => isAlive(action.owner));
}

function openActions(records: readonly JournalRecord[]): readonly OpenAction[] {
  const bySid = new Map<string, JournalRecord[]>();
  for (const record of records) {
    if (record.sid === undefined) continue;
    const own = bySid.get(record.sid);
    if (own === undefined) bySid.set(record.sid, [record]);
    else own.push(record);
  }
  return [...bySid.values()].flatMap((own) => {
    const begin = own.find((record): record is JournalRecord & BeginRecord => record.kind === 'begin');
    const isClosed = own.some((record) => record.kind === 'end' || record.kind === 'clear');
    return begin === undefined || isClosed ? [] : [describeOpen(begin, own)];
  });
}

function describeOpen(begin: JournalRecord & BeginRecord, own: readonly JournalRecord[]): OpenAction {
  const { sid, service, verb, options, node, who, reason, at, pid, startTicks, boot } = begin;
  const last = own.findLast((record) => record.kind === 'step' || record.kind === 'command' || record.kind === 'changed');
  const step = own.findLast((record) => record.kind === 'step');
  const changed = new Map<string, string>();
  for (const record of own) if (record.kind === 'changed' && !changed.has(record.rid)) changed.set(record.rid, record.from);
  return {
    sid,
    service,
    verb,
    options,
    node,
    who,
    reason,
    at,
    owner: { pid, startTicks, boot },
    newer: begin.v > journalVersion,
    rid: last !== undefined && 'rid' in last ? last.rid : undefined,
    step: step?.kind === 'step' && step.phase === 'begin' ? step.name : undefined,
    changed: [...changed].map(([rid, from]) => ({ rid, from })),
    openCommands: openCommands(own),
  };
}

function openCommands(own: readonly JournalRecord[]): readonly IntentRecord[] {
  const open = new Map<number, IntentRecord>();
  for (const record of own) if (record.kind === 'command' && record.phase === 'intent') open.set(record.seq, record);
  for (const record of own) if (record.kind === 'command' && record.phase === 'end') open.delete(record.seq);
  return [...open.values()];
}

/** What was remembered last, per resource and key. */
export function recallAll(records: readonly JournalRecord[]): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const memory = new Map<string, Map<string, string>>();
  for (const record of records) {
    if (record.kind !== 'remember') continue;
    const own = memory.get(record.rid) ?? new Map<string, string>();
    memory.set(record.rid, own);
    if (record.value === null) own.delete(record.key);
    else own.set(record.key, record.value);
  }
  return memory;
}
