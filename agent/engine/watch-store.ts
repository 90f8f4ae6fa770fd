/** What the monitor remembers of a service: durable before each restart, so that no crash of the daemon gives a second budget. */
import { join } from 'node:path';
import type { Watches } from '../state/restart.ts';
import { keepText, serviceFolder } from './memory.ts';
import type { World } from './world.ts';

interface Kept {
  /** Boot id; what was remembered in another boot says nothing. */
  readonly boot: string;
  readonly watches: Watches;
}

const watchesFile = (world: World, service: string): string => join(serviceFolder(world, service), 'watches.json');
const nodeActionFile = (world: World): string => join(world.paths.state, 'node-action.json');

/** Of this boot; nothing when the file is missing or damaged. */
export async function readWatches(world: World, service: string, boot: string): Promise<Watches> {
  const text = await world.doors.readText(watchesFile(world, service)).catch(() => undefined);
  const kept = parse<Kept>(text);
  return kept?.boot === boot ? (kept.watches ?? {}) : {};
}

export async function keepWatches(world: World, service: string, boot: string, watches: Watches): Promise<void> {
  await keepText(world, watchesFile(world, service), `${JSON.stringify({ boot, watches }, undefined, 1)}\n`, 0o644);
}

/** When a monitor_action took this node down last, in whatever boot. */
export async function readNodeAction(world: World): Promise<number | undefined> {
  const text = await world.doors.readText(nodeActionFile(world)).catch(() => undefined);
  const atMs = parse<{ atMs: number }>(text)?.atMs;
  return typeof atMs === 'number' ? atMs : undefined;
}

export async function keepNodeAction(world: World, what: string, service: string): Promise<void> {
  const text = JSON.stringify({ atMs: world.now().getTime(), what, service });
  await keepText(world, nodeActionFile(world), `${text}\n`, 0o644);
}

function parse<T>(text: string | undefined): Partial<T> | undefined {
  try {
    return JSON.parse(text ?? '{}') as Partial<T>;
  } catch {
    return undefined;
  }
}
