/** Colours by SGR sequences, only when asked for; text alone must say everything. */
import type { Status } from '../../state/status.ts';

export type Tint = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35 } as const satisfies Record<Tint, number>;

/** How a status looks. */
export const statusTints = {
  up: 'green',
  down: 'red',
  warn: 'yellow',
  'n/a': 'dim',
  undef: 'magenta',
  'stdby up': 'blue',
  'stdby down': 'red',
} as const satisfies Record<Status, Tint>;

export type Painter = (tint: Tint, text: string) => string;

/** A painter that colours, or one that returns the text as it is. */
export function painter(coloured: boolean): Painter {
  return coloured ? (tint, text) => (text === '' ? '' : `\x1b[${codes[tint]}m${text}\x1b[0m`) : (_tint, text) => text;
}

export interface ColourWish {
  /** `--color`; undefined is auto. */
  readonly option: 'auto' | 'never' | 'always' | undefined;
  /** `NO_COLOR`: any non-empty value says no (no-color.org). */
  readonly noColor: string | undefined;
  /** `TERM`; `dumb` cannot. */
  readonly term: string | undefined;
  readonly isTerminal: boolean;
}

/** Whether to colour (spec/cli.md): `--color` decides; auto colours a terminal unless NO_COLOR is set. */
export function wantsColour(wish: ColourWish): boolean {
  if (wish.option === 'always') return true;
  if (wish.option === 'never' || (wish.noColor ?? '') !== '') return false;
  return wish.isTerminal && wish.term !== 'dumb';
}
