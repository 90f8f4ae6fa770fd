/** What the engine stands on: built once by main.ts (or a test), handed to every function. */
import type { NodeDefinition } from '../config/definition.ts';
import type { Shared } from '../driver/context.ts';
import type { Argv } from '../driver/contract.ts';
import type { Doors } from '../driver/doors.ts';
import type { Sink } from '../driver/log-line.ts';
import type { DoorsFor } from '../driver/targets.ts';
import type { Registry } from '../driver/registry.ts';
import type { Who } from '../io/identity.ts';
import type { Paths } from '../paths.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { Peers } from './peers.ts';

export interface World {
  readonly paths: Paths;
  readonly node: NodeDefinition;
  readonly registry: Registry;
  readonly doors: Doors;
  /** Doors of other nodes, arrays and APIs; absent: there is no way to them. */
  readonly doorsFor?: DoorsFor;
  /** OpenSSH and its options to a node, for tools that move data themselves; absent: there is no way. */
  readonly rshTo?: (node: string) => Argv | undefined;
  /** The agents of the service's other nodes. */
  readonly peers: Peers;
  /** Answers that hold for all services looked at in one round (a `print status`, a round of the daemon); absent: each asks for itself. */
  readonly round?: Shared;
  readonly now: () => Date;
  readonly sink: Sink;
  /** Shows a line that the next one replaces; absent: nobody watches on a terminal. */
  readonly live?: Sink;
  /** Who asks, for the journal. */
  readonly who: Who;
  /** Session id that another agent gave to this call: its action is journaled under it, so that the other one finds how it ended. */
  readonly sid?: string;
  /** Names a service may not have. */
  readonly reservedNames: readonly string[];
  /** Told of every action that changes something, from when it begins to its final status. */
  readonly onAction?: ActionListener;
}

export interface ActionListener {
  begun(service: string, verb: string): void;
  /** Undefined: how things are now could not be evaluated. */
  ended(service: string, status: StatusDocument | undefined): void;
}
