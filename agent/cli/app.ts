/** What every command receives: the world, and where its words go. */
import type { MetricsBook } from '../api/metrics-book.ts';
import type { World } from '../engine/world.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { Invocation } from './parse.ts';
import { renderFlat } from './render/flat.ts';
import { renderJson, renderJsonLines } from './render/json.ts';
import { type Format, formats, type OptionName } from './option-specs.ts';

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
  /** Evaluated here and now, or as the daemon remembers it. */
  readonly statusOf: (service: string) => Promise<StatusDocument>;
  /** Names of the services of this node, sorted. */
  readonly serviceNames: () => Promise<readonly string[]>;
  readonly metrics: MetricsBook;
}

export type Command = (app: App) => Promise<number>;

/** The value of an option that is given at most once. */
export function optionOf(app: App, name: OptionName): string | undefined {
  return app.call.values[name]?.[0];
}

/** Values of a repeatable option, joined with commas (`--rid a --rid b` = `--rid a,b`). */
export function joined(app: App, name: OptionName): string | undefined {
  return app.call.values[name]?.join(',');
}

/** `tree`, for people, unless another is asked for. */
export function formatOf(app: App): Format {
  const asked = optionOf(app, 'format');
  return formats.find((format) => format === asked) ?? 'tree';
}

/**
 * What a verb found, in the machine format asked for: one document (json, flat), or its `rows` a line each (jsonl; the document
 * itself when it has no rows). Called once in a call, so that the output is always one valid document.
 */
export function sayData(app: App, document: unknown, rows: readonly unknown[] = [document]): void {
  const format = formatOf(app);
  if (format === 'jsonl') app.out(renderJsonLines(rows));
  else app.out(format === 'flat' ? renderFlat(document) : renderJson(document));
}
