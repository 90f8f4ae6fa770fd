/**
 * Counts of what was done on a service, for metrics: files beside its state, so that they only grow, whichever process acted. Written
 * by who holds the lock of the service; those of relocations by who holds theirs.
 */
import { join } from 'node:path';
import { keepText, serviceFolder } from './memory.ts';
import { isRelocation } from './relocate-bracket.ts';
import type { World } from './world.ts';

export const results = ['ok', 'failed', 'aborted'] as const;
export type Result = (typeof results)[number];

/** Upper bounds of the classes of durations, seconds. */
export const durationBounds = [0.1, 0.5, 1, 5, 15, 60, 300, 1800] as const;

export interface VerbTally {
  readonly results: Readonly<Partial<Record<Result, number>>>;
  readonly seconds: number;
  /** How many took no longer than each bound; one more number for the rest. */
  readonly classes: readonly number[];
}

export interface Tally {
  /** By verb: `start`, `sync update`. */
  readonly actions: Readonly<Record<string, VerbTally>>;
  /** Bytes sent, by rid. */
  readonly bytes: Readonly<Record<string, number>>;
}

export interface Deed {
  readonly verb: string;
  readonly result: Result;
  readonly seconds: number;
  /** What each target of a sync got. */
  readonly sent: readonly { readonly rid: string; readonly bytes?: number }[];
}

export const nothingDone: Tally = { actions: {}, bytes: {} };

const tallyFile = (world: World, service: string, name: 'tally' | 'relocations'): string =>
  join(serviceFolder(world, service), `${name}.json`);

/** Nothing when the files are missing or damaged: then it begins anew, as a counter may. */
export async function readTally(world: World, service: string): Promise<Tally> {
  const [own, relocations] = await Promise.all([
    readOne(world, tallyFile(world, service, 'tally')),
    readOne(world, tallyFile(world, service, 'relocations')),
  ]);
  return { actions: { ...own.actions, ...relocations.actions }, bytes: own.bytes };
}

async function readOne(world: World, file: string): Promise<Tally> {
  const text = await world.doors.readText(file).catch(() => undefined);
  try {
    const { actions, bytes } = JSON.parse(text ?? '{}') as Partial<Tally>;
    return { actions: actions ?? {}, bytes: bytes ?? {} };
  } catch {
    return nothingDone;
  }
}

export async function addToTally(world: World, service: string, deed: Deed): Promise<void> {
  const file = tallyFile(world, service, isRelocation(deed.verb) ? 'relocations' : 'tally');
  const tally = tallyWith(await readOne(world, file), deed);
  await keepText(world, file, `${JSON.stringify(tally)}\n`, 0o644);
}

/** Pure. */
export function tallyWith({ actions, bytes }: Tally, { verb, result, seconds, sent }: Deed): Tally {
  const before = actions[verb] ?? { results: {}, seconds: 0, classes: [] };
  const at = durationBounds.findIndex((bound) => seconds <= bound);
  const own = at < 0 ? durationBounds.length : at;
  const counted = {
    results: { ...before.results, [result]: (before.results[result] ?? 0) + 1 },
    seconds: before.seconds + seconds,
    classes: [...durationBounds, Number.POSITIVE_INFINITY].map((_, index) => (before.classes[index] ?? 0) + (index === own ? 1 : 0)),
  };
  const totals: Record<string, number> = { ...bytes };
  for (const { rid, bytes: more = 0 } of sent) if (more > 0) totals[rid] = (totals[rid] ?? 0) + more;
  return { actions: { ...actions, [verb]: counted }, bytes: totals };
}

/** Of all services of the node together. */
export function sumOfActions(tallies: Iterable<Tally>): ReadonlyMap<string, VerbTally> {
  const sums = new Map<string, VerbTally>();
  for (const { actions } of tallies)
    for (const [verb, one] of Object.entries(actions)) {
      const other = sums.get(verb);
      sums.set(verb, other === undefined ? one : added(one, other));
    }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function added(a: VerbTally, b: VerbTally): VerbTally {
  return {
    results: Object.fromEntries(results.map((result) => [result, (a.results[result] ?? 0) + (b.results[result] ?? 0)])),
    seconds: a.seconds + b.seconds,
    classes: [...durationBounds, 0].map((_, index) => (a.classes[index] ?? 0) + (b.classes[index] ?? 0)),
  };
}
