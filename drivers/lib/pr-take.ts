/** Taking and giving back the reservation of a disk (storage-drivers.md §2.2). */
import type { Act } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { messageOf, codeOf } from './error-code.ts';
import { type Seat, send, type Standing, standingOf } from './pr-tool.ts';

/** Write Exclusive, registrants only: whoever has not registered may read and not write. */
export const reservedType = 5;

const prout = `--prout-type=${reservedType}`;

/** The disk has finished with the old holder's commands when the reservation is ours. */
const preemptMs = { timeout: 10_000, every: 1_000 } as const;

export interface Taking {
  readonly key: string;
  /** `preempt` leaves the running commands of the other node alone. */
  readonly preempt: 'preempt' | 'preempt-abort';
}

/** VMware's virtual disks know no preempt-and-abort. */
export function preemptOf(seat: Seat, noAbort: boolean): Taking['preempt'] {
  return noAbort || seat.vendor === 'VMware' ? 'preempt' : 'preempt-abort';
}

/** Makes this key known on every path. */
export async function register<T extends Keywords>(at: Act<T>, seat: Seat, key: string): Promise<void> {
  for (const door of seat.doors) {
    if (!(await send(at, seat, door, ['--register-ignore', `--param-sark=${key}`]))) throw conflict(door, 'the registration');
  }
}

/** Reserves for this key, once for the disk. Other keys are removed: a node that stays registered could go on writing. */
export async function reserve<T extends Keywords>(at: Act<T>, seat: Seat, before: Standing, { key, preempt }: Taking): Promise<void> {
  const [door = seat.name] = seat.doors;
  const holder = before.reservation?.key;
  const others = [...new Set(before.keys.filter((other) => other !== key && other !== holder))];
  if (holder === undefined) {
    if (!(await send(at, seat, door, ['--reserve', `--param-rk=${key}`, prout]))) throw conflict(door, 'the reservation');
  }
  const evicted = holder === undefined || holder === key ? others : [holder, ...others];
  for (const other of evicted) {
    const words = [`--${preempt}`, `--param-sark=${other}`, `--param-rk=${key}`, prout];
    if (!(await send(at, seat, door, words))) throw conflict(door, `the ${preempt} of ${other}`);
  }
  if (evicted.length > 0) await awaitReservation(at, seat, key);
}

async function awaitReservation<T extends Keywords>(at: Act<T>, seat: Seat, key: string): Promise<void> {
  const probe = async (): Promise<true | undefined> => {
    const { reservation } = (await standingOf(at, seat)) ?? {};
    return reservation?.key === key ? true : undefined;
  };
  const what = `the reservation of disk ${seat.name}`;
  await at.poll(probe, { timeoutMs: preemptMs.timeout, intervalMs: preemptMs.every, what, assume: true });
  at.log.info(`reservation acquired for disk ${seat.name}`);
}

function conflict(door: string, what: string): SvcError {
  return new SvcError('COMMAND', `${door}: ${what} was refused by a reservation of somebody else (conflict)`, {
    hint: 'another node took it in between: look at its status first',
  });
}

/**
 * Releases where this key holds, then takes it back on every path. Never `clear`: that wipes the keys of all nodes of a shared disk.
 * A release through another path than the one that reserved does nothing and tells nothing; the last unregistration ends it anyway.
 */
export async function giveBack<T extends Keywords>(at: Act<T>, seat: Seat, before: Standing, key: string): Promise<void> {
  const [door = seat.name] = seat.doors;
  const dead: string[] = [];
  const tolerant = async (path: string, words: readonly string[]): Promise<void> => {
    try {
      await send(at, seat, path, words);
    } catch (error) {
      if (codeOf(error) !== 'COMMAND') throw error;
      dead.push(`${path}: ${messageOf(error)}`);
    }
  };
  if (before.reservation?.key === key) await tolerant(door, ['--release', `--param-rk=${key}`, prout]);
  for (const path of seat.doors) await tolerant(path, ['--register-ignore', `--param-rk=${key}`]);
  if (at.dryRun) return;
  const after = await standingOf(at, seat);
  if (after === undefined || (!after.keys.includes(key) && after.reservation?.key !== key)) return;
  throw new SvcError('COMMAND', `${seat.name} still knows the key ${key} of this node${dead.length === 0 ? '' : `: ${dead.join('; ')}`}`, {
    hint: `stop again when its paths are back, or take it over from another node (start --allow foreign-reservation)`,
    facts: { dead },
  });
}
