/** What the disks say of this node's reservation, and how that reads as a state (storage-drivers.md §2.3). Pure but for the looks. */
import type { Note, Observe, Report } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { plainKey } from './pr-output.ts';
import { reservedType } from './pr-take.ts';
import { type Seat, type Standing, standingOf } from './pr-tool.ts';
import { expectedRegistrations } from './scsi-luns.ts';
import { isReadOnly } from './writable.ts';

/** A disk as it is now. */
export interface SeenLun {
  readonly seat: Seat;
  /** Undefined: it knows no reservations. */
  readonly standing: Standing | undefined;
  /** Registrations of this node that are there, and that should be. */
  readonly registered: number;
  readonly expected: number;
  readonly readOnly: boolean;
}

export async function lookAtLun<T extends Keywords>(at: Observe<T>, seat: Seat, key: string): Promise<SeenLun> {
  const [standing, expected, readOnly] = await Promise.all([
    standingOf(at, seat),
    expectedRegistrations(at.local, seat),
    Promise.all(seat.paths.map((path) => isReadOnly(at.local, path.kernel))),
  ]);
  const registered = standing?.keys.filter((other) => other === plainKey(key)).length ?? 0;
  return { seat, standing, registered, expected, readOnly: readOnly.includes(true) };
}

export type Hold = 'unsupported' | 'none' | 'own' | 'foreign';

export function holdOf({ standing }: Pick<SeenLun, 'standing'>, key: string): Hold {
  if (standing === undefined) return 'unsupported';
  if (standing.reservation === undefined) return 'none';
  return standing.reservation.key === key ? 'own' : 'foreign';
}

/** Keys of others, the holder's first. */
export function foreignKeys({ standing }: Pick<SeenLun, 'standing'>, key: string): readonly string[] {
  const holder = standing?.reservation?.key;
  const keys = [...(holder === undefined ? [] : [holder]), ...(standing?.keys ?? [])];
  return [...new Set(keys.filter((other) => other !== key))];
}

/** @param wasHeld this node took the reservation since the last boot and did not give it back */
export function reportOf(luns: readonly SeenLun[], key: string, wasHeld: boolean): Report {
  const paths = luns.flatMap(({ seat }) => seat.paths.map((path) => path.device));
  const notes = luns.flatMap((lun) => notesOf(lun, key, wasHeld));
  const facts = {
    key,
    disks: luns.length,
    paths: paths.length,
    held: luns.some((lun) => holdOf(lun, key) === 'own') && luns.every((lun) => ['own', 'unsupported'].includes(holdOf(lun, key))),
    registered: luns.reduce((sum, lun) => sum + lun.registered, 0),
  };
  return { state: stateOf(luns, key, notes), label: labelOf(paths), notes, facts };
}

function stateOf(luns: readonly SeenLun[], key: string, notes: readonly Note[]): Report['state'] {
  const holds = luns.map((lun) => holdOf(lun, key)).filter((hold) => hold !== 'unsupported');
  if (holds.length === 0) return luns.length === 0 ? 'down' : 'n/a';
  const own = holds.filter((hold) => hold === 'own').length;
  if (own === 0) return 'down';
  // A write-protected disk may keep a reservation that guards nothing here.
  if (own === holds.length && luns.every((lun) => lun.readOnly)) return 'n/a';
  return own < holds.length || notes.some((note) => note.level !== 'info') ? 'warn' : 'up';
}

function notesOf(lun: SeenLun, key: string, wasHeld: boolean): readonly Note[] {
  const { seat, standing, registered, expected } = lun;
  const hold = holdOf(lun, key);
  const say = (level: Note['level'], text: string): Note => ({ level, text: `${seat.name}: ${text}` });
  if (hold === 'unsupported') return [say('warn', 'this disk knows no reservations: nothing guards it')];
  const notes: Note[] = [];
  const holder = standing?.reservation?.key;
  if (wasHeld && hold !== 'own') notes.push(lostNote(seat, holder));
  else if (hold === 'foreign') notes.push(say('info', `reserved by ${holder}`));
  notes.push(...(standing?.silent ?? []).map((text): Note => ({ level: 'warn', text: `no answer through ${text}` })));
  if (hold !== 'own') return registered > 0 ? [...notes, say('info', `${registered}/${expected} paths registered`)] : notes;
  if (registered < expected) notes.push(say('warn', `${registered}/${expected} paths registered: writes through the others fail`));
  if (registered > expected) notes.push(say('info', `${registered}/${expected} paths registered`));
  if (standing?.reservation?.type !== reservedType)
    notes.push(say('warn', `the reservation is of type ${standing?.reservation?.type}, not ${reservedType}`));
  const others = foreignKeys(lun, key);
  if (others.length > 0) notes.push(say('warn', `${others.join(', ')} may write too: registered beside our reservation`));
  if (lun.readOnly) notes.push(say('info', 'a path is read-only'));
  return notes;
}

function lostNote(seat: Seat, holder: string | undefined): Note {
  const now = holder === undefined ? 'nobody holds it' : `${holder} holds it`;
  return {
    level: 'error',
    text: `${seat.name}: the reservation of this node was taken away (now ${now}): its writes fail or are not guarded`,
  };
}

/** As the document shows it: the paths, in the order of the disks. */
function labelOf(paths: readonly string[]): string {
  if (paths.length === 0) return 'preserv 0 scsi disk';
  const text = paths.join(', ');
  return text.length > 248 ? `${text.slice(0, 248)} ...` : text;
}
