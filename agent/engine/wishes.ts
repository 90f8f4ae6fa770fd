/**
 * What operators wished of an instance, resource by resource: the last start or stop that reached it. What somebody stopped stays
 * stopped, also when it was one resource, or when the stop failed further on. Kept across reboots.
 */
import { join } from 'node:path';
import { asSvcError } from '../errors.ts';
import { bootId } from '../io/process.ts';
import type { Action } from './action-state.ts';
import type { Expected } from './kept-state.ts';
import { keepText, serviceFolder } from './memory.ts';
import type { Step } from './perform.ts';
import type { World } from './world.ts';

export interface Wish {
  readonly wish: Expected;
  /** ISO 8601. */
  readonly at: string;
  /** Boot id. */
  readonly boot: string;
}

export interface Wishes {
  /** The last start or stop of the whole that succeeded. */
  readonly service?: Wish;
  /** What came after it, of single resources. */
  readonly rids: Readonly<Record<string, Wish>>;
  /** The last shutdown of the machine. It wishes nothing, but what it stopped is for `boot` to start, as after a boot. */
  readonly shutdown?: Pick<Wish, 'at' | 'boot'>;
}

const wishesFile = (world: World, service: string): string => join(serviceFolder(world, service), 'wishes.json');

/** The wishes of a service; none when the file is missing or damaged: then nothing automatic is done. */
export async function readWishes(world: World, service: string): Promise<Wishes> {
  const text = await world.doors.readText(wishesFile(world, service));
  try {
    const { service: whole, rids, shutdown } = JSON.parse(text ?? '{}') as Partial<Wishes>;
    return { ...(whole === undefined ? {} : { service: whole }), rids: rids ?? {}, ...(shutdown === undefined ? {} : { shutdown }) };
  } catch {
    return { rids: {} };
  }
}

/** The wish about one resource. */
export function wishOf(wishes: Wishes, rid: string): Wish | undefined {
  return wishes.rids[rid] ?? wishes.service;
}

/** What a step of an action says about its resource, once it was reached; undefined when nothing. */
export function wishOfStep(action: Action, step: Step): Expected | undefined {
  const { verb, automatic, dryRun } = action.request;
  // A machine that goes down stops everything, and wishes nothing.
  if (automatic === true || dryRun || verb === 'shutdown') return undefined;
  if (step === 'start' || step === 'provision') return 'up';
  return step === 'stop' || step === 'unprovision' ? 'down' : undefined;
}

/** Kept before the first command: a stop is a wish from then on, whether it succeeds, fails or is cut. */
export async function foretellStop(action: Action, rids: readonly string[]): Promise<void> {
  const { world, instance, log } = action.run;
  for (const rid of rids) action.wished.set(rid, 'down');
  try {
    await addWishes(world, instance.name, new Map(rids.map((rid) => [rid, 'down'])));
  } catch (thrown) {
    // A stop works on a full disk too.
    log().warn(`cannot keep that this is to stay stopped: ${asSvcError(thrown).message}`);
  }
}

/** Kept before the first command, as a stop is. */
export async function foretellShutdown({ run }: Action): Promise<void> {
  const { world, instance, log } = run;
  try {
    const shutdown = { at: world.now().toISOString(), boot: bootId() };
    await keep(world, instance.name, { ...(await readWishes(world, instance.name)), shutdown });
  } catch (thrown) {
    log().warn(`cannot keep that the machine goes down: ${asSvcError(thrown).message}`);
  }
}

async function addWishes(world: World, service: string, wished: ReadonlyMap<string, Expected>): Promise<void> {
  const said = { at: world.now().toISOString(), boot: bootId() };
  const before = await readWishes(world, service);
  const added = Object.fromEntries([...wished].map(([rid, wish]) => [rid, { wish, ...said }]));
  await keep(world, service, { ...before, rids: { ...before.rids, ...added } });
}

async function keep(world: World, service: string, wishes: Wishes): Promise<void> {
  await keepText(world, wishesFile(world, service), `${JSON.stringify(wishes, undefined, 1)}\n`, 0o644);
}

interface Ended {
  readonly ok: boolean;
  /** It was about some of the resources only. */
  readonly partial: boolean;
  /** What is expected of the whole after it. */
  readonly expected: Expected | undefined;
}

/** Keeps what an action wished, at its end. What failed to start is not wished up: its operator is there, and decides. */
export async function keepWishes({ run, wished, request }: Action, { ok, partial, expected }: Ended): Promise<void> {
  const { world, instance } = run;
  if (!ok || request.automatic === true) return;
  if (expected === undefined || partial) {
    if (wished.size > 0) await addWishes(world, instance.name, wished);
    return;
  }
  await keep(world, instance.name, { service: { wish: expected, at: world.now().toISOString(), boot: bootId() }, rids: {} });
}
