/** Doors of a node that does not answer. */
import type { Doors } from '../../agent/driver/doors.ts';
import { SvcError } from '../../agent/errors.ts';

/** Every call rejects with UNREACHABLE. */
export function unreachableDoors(here: Doors): Doors {
  const refuse = () => Promise.reject(new SvcError('UNREACHABLE', 'node2: no route to host'));
  return Object.fromEntries(Object.keys(here).map((name) => [name, refuse])) as unknown as Doors;
}
