/** What the API can ask the daemon to do: implemented by the composition root, which knows the commands. Types only. */
import type { EventHub } from '../engine/event-hub.ts';
import type { Reloaded } from '../engine/residence.ts';
import type { Line } from '../driver/log-line.ts';
import type { Who } from '../io/identity.ts';

/** A verb of the command line, asked over the API; checked against its schema before. */
export interface VerbCall {
  readonly verb: string;
  readonly selector: string | undefined;
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, readonly string[]>>;
  readonly switches: ReadonlySet<string>;
  readonly colour: boolean;
  readonly columns: number;
  /** Answer nothing rather than old figures. */
  readonly fresh: boolean;
}

/** What the verb printed. */
export interface VerbAnswer {
  readonly exit: number;
  readonly out: string;
  /** On stderr. */
  readonly note: string;
}

export interface ActionConsole {
  line(line: Line): void;
  out(text: string): void;
  note(text: string): void;
}

export interface DaemonState {
  readonly pid: number;
  readonly version: string;
  readonly node: string;
  /** ISO 8601. */
  readonly since: string;
  readonly services: number;
  /** Services whose newest look is older than it should be, or missing. */
  readonly stale: number;
  readonly looking: number;
  /** How long the last round of looks took; null before it ended. */
  readonly roundMs: number | null;
  readonly rssBytes: number;
}

export interface Control {
  /** Rejects as the verb does: the error tells the HTTP status. */
  answer(call: VerbCall): Promise<VerbAnswer>;
  /** Runs an action to its end; never rejects: its exit status tells. */
  act(call: VerbCall, who: Who, console: ActionConsole, signal: AbortSignal): Promise<number>;
  readonly events: EventHub;
  state(): DaemonState;
  reload(): Promise<Reloaded>;
}
