/** Finds drivers by path (drivers/<group>/<type>) and loads them when first needed. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { DriverCard, DriverCatalog } from '../config/definition.ts';
import { SvcError } from '../errors.ts';
import type { Driver } from './contract.ts';

export interface Registry extends DriverCatalog {
  /** Every driver id known by path, sorted. */
  readonly ids: readonly string[];
  /** Outside drivers that were left out, and why. */
  readonly refused: readonly string[];
  /** Loads the drivers that exist among `ids`; unknown ones are left to the validation. */
  load(ids: Iterable<string>): Promise<void>;
  /** A loaded driver; NOT_FOUND otherwise. */
  driver(id: string): Driver;
}

export interface RegistryOptions {
  /** The project's own `drivers` folder. */
  readonly folder: string;
  /** Outside folders (`driver_path`): laid out alike, owned by root, not writable by others. */
  readonly driverPath?: readonly string[];
  /** Drivers given as objects (tests); they win over files. */
  readonly extra?: Readonly<Record<string, Driver>>;
}

const driverFile = /^([a-z][a-z0-9_-]*)\.(ts|js|mjs)$/;

export function createRegistry(options: RegistryOptions): Registry {
  const refused: string[] = [];
  const places = new Map<string, string>();
  for (const [id, file] of listDrivers(options.folder)) places.set(id, file);
  for (const folder of options.driverPath ?? []) addOutside(folder, places, refused);
  const loaded = new Map<string, Driver>(Object.entries(options.extra ?? {}));
  const ids = [...new Set([...places.keys(), ...loaded.keys()])].sort();
  const cards = new Map<string, DriverCard>();

  async function loadOne(id: string): Promise<void> {
    const file = places.get(id);
    if (loaded.has(id) || file === undefined) return;
    loaded.set(id, checkShape(id, file, await importFile(id, file)));
  }
  return {
    ids,
    refused,
    load: async (wanted) => {
      await Promise.all([...new Set(wanted)].map(loadOne));
    },
    driver: (id) => {
      const driver = loaded.get(id);
      if (driver === undefined) throw new SvcError('NOT_FOUND', `no driver ${id}`);
      return driver;
    },
    types: (group) => ids.filter((id) => id.startsWith(`${group}.`)).map((id) => id.slice(group.length + 1)),
    card: (id) => {
      const driver = loaded.get(id);
      if (driver === undefined) return undefined;
      const card = cards.get(id) ?? { id, keywords: driver.keywords, abilities: abilitiesOf(driver) };
      cards.set(id, card);
      return card;
    },
  };
}

/** The verbs a driver answers to: start, stop, provision, unprovision, run, sync.update … */
export function abilitiesOf(driver: Driver): readonly string[] {
  const plain = (['start', 'stop', 'provision', 'unprovision', 'run'] as const).filter((name) => driver[name] !== undefined);
  return [...plain, ...Object.keys(driver.sync ?? {}).map((verb) => `sync.${verb}`)];
}

function listDrivers(folder: string): [string, string][] {
  const found: [string, string][] = [];
  for (const group of names(folder)) {
    if (group === 'lib' || !isFolder(join(folder, group))) continue;
    for (const name of names(join(folder, group))) {
      const type = driverFile.exec(name)?.[1];
      if (type !== undefined) found.push([`${group}.${type}`, join(folder, group, name)]);
    }
  }
  return found;
}

function addOutside(folder: string, places: Map<string, string>, refused: string[]): void {
  if (!isFolder(folder)) refused.push(`${folder}: no such folder`);
  for (const [id, file] of listDrivers(folder)) {
    const reason = places.has(id) ? `${id} exists already` : unsafe([folder, join(file, '..'), file]);
    if (reason === undefined) places.set(id, file);
    else refused.push(`${file}: ${reason}`);
  }
}

/** An outside driver runs as root: its file and folders must belong to root (or to us) and be writable by nobody else. */
function unsafe(paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return `${path} leads nowhere`;
    if (stat.uid !== 0 && stat.uid !== process.getuid?.()) return `${path} is owned by uid ${stat.uid}, not by root`;
    if ((stat.mode & 0o022) !== 0) return `${path} is writable by others (chmod go-w)`;
  }
  return undefined;
}

async function importFile(id: string, file: string): Promise<{ default?: unknown }> {
  try {
    return (await import(pathToFileURL(file).href)) as { default?: unknown };
  } catch (cause) {
    throw new SvcError('CONFIG', `${file}: driver ${id} cannot be loaded: ${String(cause)}`, { hint: 'see drivers/README.md', cause });
  }
}

/** What every driver has, and of what type. */
const shape = { summary: 'string', needs: 'object', keywords: 'object', reads: 'function', label: 'function', status: 'function' } as const;

function checkShape(id: string, file: string, module: { default?: unknown }): Driver {
  const driver = (module.default ?? {}) as Partial<Driver>;
  const names = Object.keys(shape) as (keyof typeof shape)[];
  const wrong = names.filter((name) => typeof driver[name] !== shape[name] || driver[name] === null);
  if (wrong.length > 0) {
    throw new SvcError('CONFIG', `${file}: driver ${id} lacks ${wrong.join(', ')}`, { hint: 'see drivers/README.md' });
  }
  return driver as Driver;
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
