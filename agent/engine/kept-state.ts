/** What this node keeps of an instance between two looks: since when, what is expected, frozen. Rebuilt by looking when lost. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keepText, serviceFolder } from './memory.ts';
import type { World } from './world.ts';

export interface KeptState {
  /** The last start or stop that succeeded here. */
  readonly expected: 'up' | 'down' | undefined;
  /** Per rid: the status shown last, since when and when it was seen (ISO). */
  readonly resources: Readonly<Record<string, { readonly status: string; readonly since: string; readonly seen: string }>>;
}

export const nothingKept: KeptState = { expected: undefined, resources: {} };

export async function readKept(world: World, service: string): Promise<KeptState> {
  const text = await world.doors.readText(join(serviceFolder(world, service), 'state.json'));
  if (text === undefined) return nothingKept;
  try {
    return { ...nothingKept, ...(JSON.parse(text) as Partial<KeptState>) };
  } catch {
    // Only "since" and the expectation are lost; both come back with the next look and action.
    return nothingKept;
  }
}

export async function writeKept(world: World, service: string, state: KeptState): Promise<void> {
  await keepText(world, join(serviceFolder(world, service), 'state.json'), `${JSON.stringify(state, undefined, 1)}\n`, 0o644);
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
