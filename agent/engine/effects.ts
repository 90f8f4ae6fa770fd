/** The record of what an action changes: journal before the change, log line, and the list of a dry-run. */
import type { HeldChild } from '../driver/doors.ts';
import type { Effect, EffectKind, Effects } from '../driver/host.ts';
import { bootId } from '../io/process.ts';
import type { Journal } from '../journal/journal.ts';
import type { Run } from './run.ts';

export interface Ledger extends Effects {
  /** Number of changes so far (planned ones in a dry-run). */
  count(): number;
  /** Number of changes of one resource so far, its triggers included. */
  countOf(rid: string): number;
  /** The lines of a dry-run. */
  planned(): readonly { readonly rid: string; readonly text: string }[];
}

export function createLedger(run: Run, journal: Journal | undefined, sid: string): Ledger {
  const counts = new Map<string, number>();
  const lines: { rid: string; text: string }[] = [];
  const dryRun = journal === undefined;
  let seq = 0;
  const announce = (rid: string, text: string, kind: EffectKind): Effect => {
    seq += 1;
    const own = seq;
    counts.set(rid, (counts.get(rid) ?? 0) + 1);
    run.log(rid).info(text);
    lines.push({ rid, text });
    const first = counts.get(rid) === 1;
    if (journal === undefined) return { started: () => undefined, ended: () => undefined };
    if (first && rid !== '') journal.appendLazy({ kind: 'changed', sid, rid, from: run.reports.get(rid)?.state ?? 'undef' });
    const nature = { ...(kind === 'leaves' ? { leaves: true } : {}), ...(kind === 'launch' ? { launch: true } : {}) };
    const intent = (child?: HeldChild) =>
      journal.append({
        kind: 'command',
        sid,
        rid,
        seq: own,
        argv: text,
        phase: 'intent',
        ...nature,
        ...(child === undefined ? {} : { ...child, boot: bootId() }),
      });
    if (kind === 'other') intent();
    return {
      started: (child) => intent(child),
      ended: (exitCode, durationMs) => journal.appendLazy({ kind: 'command', sid, rid, seq: own, phase: 'end', exitCode, durationMs }),
    };
  };
  return {
    dryRun,
    announce,
    output: (rid, line) => {
      if (line.trim() !== '') run.log(rid).info(`output: ${line.trim()}`);
    },
    step: async (rid, name, s) => {
      const already = await s.done();
      if (already !== undefined) return already;
      journal?.append({ kind: 'step', sid, rid, name, phase: 'begin' });
      const value = await s.act();
      journal?.append({ kind: 'step', sid, rid, name, phase: 'end' });
      return value;
    },
    count: () => seq,
    countOf: (rid) => counts.get(rid) ?? 0,
    planned: () => lines,
  };
}
