/** What the engine stands on: built once by main.ts (or a test), handed to every function. */
import type { NodeDefinition } from '../config/definition.ts';
import type { Doors } from '../driver/doors.ts';
import type { Sink } from '../driver/log-line.ts';
import type { Registry } from '../driver/registry.ts';
import type { Who } from '../io/identity.ts';
import type { Paths } from '../paths.ts';

export interface World {
  readonly paths: Paths;
  readonly node: NodeDefinition;
  readonly registry: Registry;
  readonly doors: Doors;
  readonly now: () => Date;
  readonly sink: Sink;
  /** Who asks, for the journal. */
  readonly who: Who;
  /** Names a service may not have. */
  readonly reservedNames: readonly string[];
}
