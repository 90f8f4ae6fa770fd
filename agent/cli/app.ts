/** What every command receives: the world, and where its words go. */
import type { World } from '../engine/world.ts';
import type { Invocation } from './parse.ts';
import type { OptionName } from './verbs.ts';
import { SvcError } from '../errors.ts';

export interface App {
  readonly world: World;
  readonly call: Invocation;
  /** Results, on stdout. */
  readonly out: (text: string) => void;
  /** Notes, on stderr. */
  readonly note: (text: string) => void;
  readonly colour: boolean;
  /** Width of the terminal, 78 in a pipe. */
  readonly columns: number;
  /** Aborts at Ctrl-C and TERM. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks a question on the terminal; undefined when there is none. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

export type Command = (app: App) => Promise<number>;

export type Format = 'tree' | 'json' | 'jsonl' | 'flat';

const formats: readonly Format[] = ['tree', 'json', 'jsonl', 'flat'];

/** The value of an option that is given at most once. */
export function valueOf(app: App, name: OptionName): string | undefined {
  return app.call.values[name]?.[0];
}

/** Values of a repeatable option, joined with commas (`--rid a --rid b` = `--rid a,b`). */
export function joined(app: App, name: OptionName): string | undefined {
  return app.call.values[name]?.join(',');
}

/** @throws SvcError CONFIG for an unknown format */
export function formatOf(app: App): Format {
  const asked = valueOf(app, 'format') ?? 'tree';
  const found = formats.find((format) => format === asked);
  if (found === undefined) throw new SvcError('CONFIG', `unknown format ${asked}`, { hint: `one of ${formats.join(', ')}` });
  return found;
}

/** JSON as the machine formats want it: pretty for json, a line for jsonl. */
export function sayData(app: App, data: unknown): void {
  app.out(`${formatOf(app) === 'jsonl' ? JSON.stringify(data) : JSON.stringify(data, undefined, 2)}\n`);
}
