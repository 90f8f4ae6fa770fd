/** Records for the journal's tests. */
import type { JournalEntry, JournalRecord } from '../../../agent/journal/record.ts';

export const owner = { pid: 100, startTicks: 7, boot: 'b1' };

export function begin(sid: string, verb = 'start'): JournalEntry {
  return {
    kind: 'begin',
    sid,
    service: 'svc1',
    verb,
    options: { rid: ['fs#1'] },
    node: 'n1',
    who: { user: 'root' },
    reason: 'rehearsal',
    ...owner,
  };
}

export function intent(sid: string, seq: number, rid = 'fs#1'): JournalEntry {
  return { kind: 'command', phase: 'intent', sid, rid, seq, argv: `mount ${seq}`, pid: 200 + seq, startTicks: 9, boot: 'b1', marker: 'm' };
}

export function commandEnd(sid: string, seq: number, rid = 'fs#1'): JournalEntry {
  return { kind: 'command', phase: 'end', sid, rid, seq, exitCode: 0, durationMs: 5 };
}

export function end(sid: string, result: 'ok' | 'failed' = 'ok'): JournalEntry {
  return { kind: 'end', sid, result, durationMs: 1234 };
}

/** Stamped as read back, one millisecond after the other. */
export function stamped(entries: readonly JournalEntry[], start = 1000): readonly JournalRecord[] {
  return entries.map((entry, index) => ({ ...entry, v: 1, at: start + index, service: 'svc1' }));
}
