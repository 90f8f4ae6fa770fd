/** What was done: records folded to one entry per action (`svcmgr history`). */
import type { Who } from '../io/identity.ts';
import type { JournalRecord } from './record.ts';

export interface HistoryEntry {
  readonly sid: string;
  readonly service: string;
  readonly verb: string;
  readonly who: Who;
  readonly reason: string | undefined;
  /** When it began, ms since 1970. */
  readonly at: number;
  readonly durationMs: number | undefined;
  /** `open`: no end yet; whether it runs or was interrupted is for interrupted() and runningActions() to say. */
  readonly result: 'ok' | 'failed' | 'aborted' | 'cleared' | 'open';
  readonly code: string | undefined;
  readonly message: string | undefined;
  /** Resources it changed, in that order. */
  readonly changed: readonly string[];
  /** Number of effects: commands, files written, signals. */
  readonly commands: number;
}

interface Draft extends Omit<HistoryEntry, 'changed' | 'commands'> {
  /** Filled while folding. */
  readonly changed: Set<string>;
  readonly seqs: Set<number>;
}

/** One entry per action whose begin is among the records, in that order; records may come from several services. */
export function foldHistory(records: Iterable<JournalRecord>): readonly HistoryEntry[] {
  const drafts = new Map<string, Draft>();
  for (const record of records) {
    if (record.kind === 'begin') {
      if (!drafts.has(record.sid)) drafts.set(record.sid, beginDraft(record));
    } else if (record.sid !== undefined) {
      const draft = drafts.get(record.sid);
      if (draft !== undefined) drafts.set(record.sid, addRecord(draft, record));
    }
  }
  return [...drafts.values()].map(({ seqs, changed, ...entry }) => ({ ...entry, changed: [...changed], commands: seqs.size }));
}

function beginDraft(record: JournalRecord & { kind: 'begin' }): Draft {
  const { sid, service, verb, who, reason, at } = record;
  return {
    sid,
    service,
    verb,
    who,
    reason,
    at,
    durationMs: undefined,
    result: 'open',
    code: undefined,
    message: undefined,
    changed: new Set(),
    seqs: new Set(),
  };
}

function addRecord(draft: Draft, record: JournalRecord): Draft {
  switch (record.kind) {
    case 'changed':
      draft.changed.add(record.rid);
      return draft;
    case 'command':
      draft.seqs.add(record.seq);
      return draft;
    case 'end':
      return { ...draft, result: record.result, code: record.code, message: record.message, durationMs: record.durationMs };
    case 'clear':
      return draft.result === 'open' ? { ...draft, result: 'cleared', message: `cleared by ${record.by}` } : draft;
    default:
      return draft;
  }
}
