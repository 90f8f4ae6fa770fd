/** What this node keeps of an instance between two looks: since when, what is expected, frozen. Rebuilt by looking when lost. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepText, serviceFolder } from './memory.ts';
import type { World } from './world.ts';

export type Expected = 'up' | 'down';

export interface KeptResource {
  /** The last state that could be told. */
  readonly status: string;
  /** ISO 8601. */
  readonly since: string;
  /** When it was seen last. */
  readonly seen: string;
  /** Since when it cannot be told; absent while it can. */
  readonly unknownSince?: string;
}

export interface KeptState {
  /** The last start or stop that succeeded here. */
  readonly expected: Expected | undefined;
  readonly resources: Readonly<Record<string, KeptResource>>;
}

export const nothingKept: KeptState = { expected: undefined, resources: {} };

/** Where a look finds what the one before has left, and leaves its own. */
export interface KeptStore {
  read(): Promise<KeptState>;
  keep(resources: KeptState['resources']): Promise<void>;
}

/** The file, each time. */
export function openKept(world: World, service: string): KeptStore {
  return {
    read: () => readKept(world, service),
    keep: (resources) => keepResources(world, service, resources),
  };
}

export interface StandingKept extends KeptStore {
  /** Writes what only memory knows. */
  flush(): Promise<void>;
}

/**
 * The file, written only when more changed than when each resource was seen last: a look a minute at a thousand services must not be
 * a thousand synced files. That moment is kept in memory, and written by `flush`; what a crash loses of it is only an age.
 */
export function openStandingKept(world: World, service: string): StandingKept {
  let unwritten: KeptState['resources'] | undefined;
  return {
    read: async () => {
      const kept = await readKept(world, service);
      return unwritten === undefined ? kept : { ...kept, resources: withNewestSeen(kept.resources, unwritten) };
    },
    keep: async (resources) => {
      const { resources: written } = await readKept(world, service);
      unwritten = resources;
      if (sameButSeen(written, resources)) return;
      await keepResources(world, service, resources);
      unwritten = undefined;
    },
    flush: async () => {
      if (unwritten !== undefined) await keepResources(world, service, unwritten);
      unwritten = undefined;
    },
  };
}

/** Another process may have written the file since: of the same state only the moment is newer here. */
function withNewestSeen(written: KeptState['resources'], newer: KeptState['resources']): KeptState['resources'] {
  const entries = Object.entries(written).map(([rid, one]) => {
    const other = newer[rid];
    const isNewer = other !== undefined && sameButSeen({ rid: one }, { rid: other }) && other.seen > one.seen;
    return [rid, isNewer ? other : one] as const;
  });
  return Object.fromEntries(entries);
}

function sameButSeen(a: KeptState['resources'], b: KeptState['resources']): boolean {
  const plain = (all: KeptState['resources']) =>
    JSON.stringify(Object.entries(all).map(([rid, { status, since, unknownSince }]) => [rid, status, since, unknownSince]));
  return plain(a) === plain(b);
}

export async function readKept(world: World, service: string): Promise<KeptState> {
  const place = serviceFolder(world, service);
  const [text, word] = await Promise.all([world.doors.readText(join(place, 'state.json')), world.doors.readText(join(place, 'expected'))]);
  const expected = word?.trim();
  return { resources: parseResources(text), expected: expected === 'up' || expected === 'down' ? expected : undefined };
}

function parseResources(text: string | undefined): KeptState['resources'] {
  try {
    return (JSON.parse(text ?? '{}') as Partial<KeptState>).resources ?? {};
  } catch {
    // Only "since" is lost; it comes back with the next look.
    return {};
  }
}

export async function keepResources(world: World, service: string, resources: KeptState['resources']): Promise<void> {
  await keepText(world, join(serviceFolder(world, service), 'state.json'), `${JSON.stringify({ resources }, undefined, 1)}\n`, 0o644);
}

/** A file of its own: a look that runs beside the action, without its lock, must not put the old word back. */
export async function keepExpected(world: World, service: string, expected: Expected): Promise<void> {
  await keepText(world, join(serviceFolder(world, service), 'expected'), `${expected}\n`, 0o644);
}

/** A frozen service is left alone by everything automatic; the mark is a file of its own, so that it survives a damaged state. */
export async function isFrozen(world: World, service: string): Promise<boolean> {
  return (await world.doors.statFile(frozenFile(world, service))) !== undefined;
}

/** @param why kept in the file for whoever finds it */
export async function setFrozen(world: World, service: string, frozen: boolean, why: string): Promise<void> {
  if (frozen) await keepText(world, frozenFile(world, service), `${why}\n`, 0o644);
  else await rm(frozenFile(world, service), { force: true });
}

function frozenFile(world: World, service: string): string {
  return join(serviceFolder(world, service), 'frozen');
}
