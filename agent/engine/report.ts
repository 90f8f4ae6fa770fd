/** What the daemon's parts have to say: an event, a line in the log, and a note in the journal, where it is found again later. */
import { openJournal } from '../journal/journal.ts';
import type { DaemonEvent, Residence } from './resident.ts';

export interface Told extends Pick<DaemonEvent, 'kind' | 'text'> {
  readonly service: string;
  readonly rid: string | null;
  readonly level: 'info' | 'warn' | 'error';
  readonly facts?: DaemonEvent['facts'];
}

/** Never throws: what cannot be written was still said. */
export function report(residence: Residence, { kind, service, rid, level, text, facts = {} }: Told): void {
  const world = residence.world();
  residence.tell({ kind, service, rid, text, facts });
  world.sink({ at: world.now(), level, text, service, ...(rid === null ? {} : { rid }) });
  const journal = openJournal({ folder: world.paths.journal, service });
  try {
    journal.appendLazy({ kind: 'note', level, text, ...(rid === null ? {} : { rid }) });
  } finally {
    journal.close();
  }
}
