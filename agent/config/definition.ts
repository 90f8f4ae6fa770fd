/** What a service file means on one node: plain, typed, validated data. Built by evaluate.ts, used by the engine. */
import type { Config, Keywords } from '../driver/keywords.ts';
import type { nodeKeywords, resourceKeywords, serviceKeywords } from './tables.ts';

/** Where a fault in a file is. `line` starts at 1. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly section?: string;
  readonly keyword?: string;
  readonly value?: string;
  /** One sentence: what is wrong, what is allowed. */
  readonly text: string;
  /** The nearest known name. */
  readonly nearest?: string;
}

/** What the configuration layer must know of a driver; the registry hands it over, so config/ imports no driver. */
export interface DriverCard {
  /** `fs.ext4` */
  readonly id: string;
  readonly keywords: Keywords;
  /** Names of the abilities present: start, stop, provision, run, sync.update … */
  readonly abilities: readonly string[];
}

export interface DriverCatalog {
  /** Types known for a group, sorted: fs -> [bind, btrfs, ext4, …]. */
  types(group: string): readonly string[];
  /** Undefined when no such driver. Must have been loaded before (`registry.load`). */
  card(id: string): DriverCard | undefined;
}

export interface ResourceDefinition {
  readonly rid: string;
  readonly group: string;
  /** Text after `#`. */
  readonly index: string;
  /** Driver id, `fs.ext4`. */
  readonly type: string;
  /** Line of the section header. */
  readonly line: number;
  /** Keywords every resource has. */
  readonly common: Config<typeof resourceKeywords>;
  /** Keywords of the driver, typed by its table. */
  readonly config: Readonly<Record<string, unknown>>;
  /** True when the file itself says `optional` (the O flag). */
  readonly optionalInFile: boolean;
  /** The container (rid) it lives in, and the node name it was evaluated for: the container's. */
  readonly inside?: { readonly container: string; readonly node: string };
}

export interface SubsetDefinition {
  /** `app:web` */
  readonly name: string;
  readonly parallel: boolean;
}

export interface ServiceDefinition {
  readonly name: string;
  readonly file: string;
  /** The node it was evaluated for. */
  readonly node: string;
  readonly settings: Config<typeof serviceKeywords>;
  /** In the order of the file. */
  readonly resources: readonly ResourceDefinition[];
  readonly subsets: readonly SubsetDefinition[];
}

export interface NodeDefinition {
  readonly name: string;
  readonly file: string | undefined;
  readonly settings: Config<typeof nodeKeywords>;
  /** Sections such as `array#NAME`, `host#NAME`: strings with scopes and references resolved. */
  readonly sections: ReadonlyMap<string, Readonly<Record<string, string>>>;
}
