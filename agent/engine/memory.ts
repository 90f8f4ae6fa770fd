/** What drivers remember of their resources between actions: one JSON file per service. */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Memory } from '../driver/context.ts';
import { SvcError } from '../errors.ts';
import { makeFolder } from '../io/files.ts';
import type { World } from './world.ts';

type Kept = Record<string, Record<string, string>>;

export function openMemory(world: World, service: string): Memory {
  const { state } = world.paths;
  const file = memoryFile(state, service);
  let writing: Promise<unknown> = Promise.resolve();
  return {
    // What another node told comes before what was known: `remember` removes it.
    recall: (rid, key) => recallThere((path) => world.doors.readText(path), state, service, rid, key),
    remember: (rid, key, value) => {
      // One after the other: resources of a parallel subset would read the same text and lose each other's words.
      const done = writing.then(async () => {
        await replace(world, file, rid, key, value);
        await rm(toldFile(state, service, rid, key), { force: true });
      });
      writing = done.catch(() => undefined);
      return done;
    },
  };
}

async function replace(world: World, file: string, rid: string, key: string, value: string | undefined): Promise<void> {
  const kept = await read(world, file);
  if (kept[rid]?.[key] === value) return;
  const { [key]: _old, ...others } = kept[rid] ?? {};
  const own = value === undefined ? others : { ...others, [key]: value };
  // Readable by every user who asks for the status; drivers keep no secret here (contract rule 8).
  await keepText(world, file, `${JSON.stringify({ ...kept, [rid]: own }, undefined, 1)}\n`, 0o644);
}

function memoryFile(state: string, service: string): string {
  return join(state, 'services', service, 'memory.json');
}

/** What another node tells of a resource; a file per word, so that nobody writes into the memory of somebody else. */
export function toldFile(state: string, service: string, rid: string, key: string): string {
  return join(state, 'services', service, 'told', `${rid}.${key}`);
}

/** The folder that holds what this node keeps of a service. */
export function serviceFolder(world: World, service: string): string {
  return join(world.paths.state, 'services', service);
}

/** Writes a file below the state folder, which is made when missing. */
export async function keepText(world: World, file: string, text: string, mode: number): Promise<void> {
  await makeFolder(dirname(file));
  await world.doors.writeAtomic(file, text, mode);
}

/** What a node remembers of a resource, read there: `state` is its state folder. */
export async function recallThere(
  readText: (path: string) => Promise<string | undefined>,
  state: string,
  service: string,
  rid: string,
  key: string,
): Promise<string | undefined> {
  const told = await readText(toldFile(state, service, rid, key));
  if (told !== undefined) return told;
  const file = memoryFile(state, service);
  return parseKept(await readText(file), file)[rid]?.[key];
}

async function read(world: World, file: string): Promise<Kept> {
  return parseKept(await world.doors.readText(file), file);
}

function parseKept(text: string | undefined, file: string): Kept {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as Kept;
  } catch (error) {
    throw new SvcError('BUG', `${file} is damaged`, { cause: error, hint: `look at it, then remove it: rm ${file}` });
  }
}
