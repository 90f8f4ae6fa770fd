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
