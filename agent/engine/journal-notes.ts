/** Short events of a service in its journal: frozen, configuration changed. */
import { describeWho } from '../io/identity.ts';
import { openJournal } from '../journal/journal.ts';
import type { World } from './world.ts';

/** Durable; a journal that cannot be written fails the caller before it changes anything else. */
export function noteInJournal(world: World, service: string, text: string, reason?: string): void {
  const journal = openJournal({ folder: world.paths.journal, service });
  try {
    journal.append({
      kind: 'note',
      level: 'info',
      text: `${text} by ${describeWho(world.who)}${reason === undefined ? '' : `: ${reason}`}`,
    });
  } finally {
    journal.close();
  }
}

/** A person accepts that an action was interrupted. */
export function clearInterrupted(world: World, service: string, sid: string): void {
  const journal = openJournal({ folder: world.paths.journal, service });
  try {
    journal.append({ kind: 'clear', sid, by: describeWho(world.who) });
  } finally {
    journal.close();
  }
}
