/** What a new status says that the one before did not: for whoever follows the events. */
import type { DaemonEvent, Resident } from './resident.ts';
import type { StatusDocument } from '../state/status-document.ts';

type Change = Omit<DaemonEvent, 'at'>;

/** Nothing for a first status: nobody was told another one. */
export function statusChanges({ name, status }: Resident, previous: StatusDocument | undefined): readonly Change[] {
  if (status === undefined || previous === undefined) return [];
  const change = (rid: string | null, from: string, to: string, note?: string): Change => ({
    kind: 'state',
    service: name,
    rid,
    text: `${from} -> ${to}${note === undefined ? '' : `: ${note}`}`,
    facts: { from, to },
  });
  const resources = Object.entries(status.resources).flatMap(([rid, now]) => {
    const before = previous.resources[rid]?.status ?? 'n/a';
    return before === now.status ? [] : [change(rid, before, now.status, now.notes[0]?.text)];
  });
  const overall = previous.overall === status.overall ? [] : [change(null, previous.overall, status.overall)];
  return [...resources, ...overall];
}
