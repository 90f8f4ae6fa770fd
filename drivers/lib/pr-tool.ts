/** Persistent reservations (SPC-4): sg_persist on each path, or mpathpersist on the map, which reaches all its paths by itself. */
import type { Act, Argv, Observe, ReadPrefix, Result } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { codeOf } from './error-code.ts';
import { lastLines } from './last-lines.ts';
import { parseKeys, parseReservation, type Reservation } from './pr-output.ts';
import { everyExit } from './retcodes.ts';
import type { Lun } from './scsi-luns.ts';

type ToolName = 'sg_persist' | 'mpathpersist';

/** A disk, and how it is spoken to. */
export interface Seat extends Lun {
  readonly tool: ToolName;
  /** Where a registration is sent: every path, or the map. */
  readonly doors: readonly string[];
}

/** What a disk says. */
export interface Standing {
  readonly keys: readonly string[];
  readonly reservation: Reservation | undefined;
  /** Paths that were asked first and gave no answer, and why. */
  readonly silent: readonly string[];
}

interface Exits {
  /** Somebody else's reservation forbids it. */
  readonly conflict: number;
  /** Something happened to the disk that this path has not been told yet: told now, ask again. A path just attached is not ready once. */
  readonly again: readonly number[];
  /** The disk knows no reservations, or is no SCSI disk (50 + EINVAL, ENOTTY). */
  readonly unsupported: readonly number[];
}

/** Exit codes: sg3_utils(8); mpath_persist.h. */
const exits = {
  sg_persist: { conflict: 24, again: [2, 6], unsupported: [5, 9, 72, 75] },
  mpathpersist: { conflict: 11, again: [2, 6], unsupported: [5, 7] },
} as const satisfies Record<ToolName, Exits>;

const forms = {
  sg_persist: { in: ['sg_persist', '-n'], out: ['sg_persist', '-n', '--out'] },
  mpathpersist: { in: ['mpathpersist', '-i'], out: ['mpathpersist', '--out'] },
} as const satisfies Record<ToolName, { readonly in: Argv; readonly out: Argv }>;

export const prReads = [
  ['sg_persist', '-n', '-k'],
  ['sg_persist', '-n', '-r'],
  ['mpathpersist', '-i', '-k'],
  ['mpathpersist', '-i', '-r'],
] as const satisfies readonly ReadPrefix[];

/** How long a disk may have something else to tell before it answers, and a path may take for one answer. */
const limitMs = { attention: 2_000, every: 100, answer: 3_000 } as const;

/** Looks must not open a disk for writing: udev would look at it anew each time it is closed. */
const lookEnv = { SG_PERSIST_IN_RDONLY: '1' } as const;

/** mpathpersist keeps the keys for paths that come later; it wants to have been told so (multipath.conf(5) reservation_key). */
export async function seatsOf<T extends Keywords>(at: Observe<T>, luns: readonly Lun[]): Promise<readonly Seat[]> {
  const managed = luns.some((lun) => lun.map !== undefined) && (await keepsKeys(at));
  return luns.map((lun) =>
    lun.map !== undefined && managed
      ? { ...lun, tool: 'mpathpersist', doors: [lun.name] }
      : { ...lun, tool: 'sg_persist', doors: lun.paths.map((path) => path.device) },
  );
}

async function keepsKeys<T extends Keywords>(at: Observe<T>): Promise<boolean> {
  const folder = '/etc/multipath/conf.d';
  const names = (await at.local.list(folder)).filter((name) => name.endsWith('.conf'));
  const files = ['/etc/multipath.conf', ...names.map((name) => `${folder}/${name}`)];
  const texts = await Promise.all(files.map((file) => at.local.file(file)));
  return texts.some((text) => /^\s*reservation_key\s+"?file"?\s*(#.*)?$/m.test(text ?? ''));
}

/** Undefined when the disk knows no reservations. COMMAND when no path answers. */
export async function standingOf<T extends Keywords>(at: Observe<T>, seat: Seat): Promise<Standing | undefined> {
  const silent: string[] = [];
  for (const door of seat.doors) {
    const keys = await ask(at, seat, '-k', door);
    if (keys === undefined) return undefined;
    const held = 'why' in keys ? keys : await ask(at, seat, '-r', door);
    if (held !== undefined && !('why' in keys) && !('why' in held)) {
      return { keys: parseKeys(keys.stdout), reservation: parseReservation(held.stdout), silent };
    }
    silent.push(`${door}: ${held === undefined || !('why' in held) ? 'no answer' : held.why}`);
  }
  throw new SvcError('COMMAND', `no path of ${seat.name} answers: ${silent.join('; ')}`);
}

/** What one path says; why it says nothing; undefined when the disk knows no reservations. */
async function ask<T extends Keywords>(
  at: Observe<T>,
  { tool }: Seat,
  what: '-k' | '-r',
  door: string,
): Promise<Result | { readonly why: string } | undefined> {
  const argv: Argv = [...forms[tool].in, what, door];
  const { again, unsupported } = exits[tool] as Exits;
  const probe = async (): Promise<Result | undefined> => {
    const result = await at.local.read(argv, { okCodes: everyExit, env: lookEnv, timeoutMs: limitMs.answer });
    return again.includes(result.exitCode) ? undefined : result;
  };
  try {
    const what = `'Unit Attention' to go away on disk ${door}`;
    const result = await at.poll(probe, { timeoutMs: limitMs.attention, intervalMs: limitMs.every, what });
    // In a dry-run a poll gives up at once.
    if (result === undefined) return { why: 'it is not ready' };
    if (unsupported.includes(result.exitCode)) return undefined;
    return result.exitCode === 0 ? result : { why: `exit ${result.exitCode}: ${lastLines(result.stderr)}` };
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT' || !(error instanceof Error)) throw error;
    return { why: error.message };
  }
}

/** Sends one command; false when a reservation of somebody else forbids it. What the disk has to tell this path is heard before. */
export async function send<T extends Keywords>(at: Act<T>, seat: Seat, door: string, words: readonly string[]): Promise<boolean> {
  const { tool } = seat;
  const argv: Argv = [...forms[tool].out, ...words, door];
  const { again, conflict } = exits[tool] as Exits;
  if (!at.dryRun) await ask(at, seat, '-r', door);
  const probe = async (): Promise<boolean | undefined> => {
    const { exitCode } = await at.local.change(argv, { okCodes: [0, conflict, ...again] });
    return again.includes(exitCode) ? undefined : exitCode === 0;
  };
  return at.poll(probe, {
    timeoutMs: 10_000,
    intervalMs: limitMs.every,
    what: `'Unit Attention' to go away on disk ${door}`,
    assume: true,
  });
}
