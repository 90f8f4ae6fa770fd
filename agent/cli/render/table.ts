/** Plain aligned tables: no borders, two blanks between columns, no trailing blanks. */
import { type Painter, painter, type Tint } from './colour.ts';
import { printable, widthOf } from './width.ts';

export interface Cell {
  readonly text: string;
  readonly tint?: Tint;
}

export interface Column {
  readonly title: string;
  /** Numbers are set to the right. */
  readonly align?: 'right';
}

export interface TableOptions {
  readonly colour?: boolean;
  /** No line of titles, for pipes. */
  readonly titles?: boolean;
}

/** Renders rows under their titles; ends with a newline; empty when there is neither title nor row. Missing cells are blank. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly (Cell | string)[])[], options: TableOptions = {}): string {
  const paint = painter(options.colour ?? false);
  const titles: readonly Cell[] = columns.map((column) => ({ text: column.title, tint: 'bold' }));
  const all = [...(options.titles === false ? [] : [titles]), ...rows.map((row) => columns.map((_, index) => cellOf(row[index])))];
  const widths = columns.map((_, index) => Math.max(0, ...all.map((row) => widthOf(row[index]?.text ?? ''))));
  return all.map((row) => `${rowText(row, columns, widths, paint)}\n`).join('');
}

function cellOf(cell: Cell | string | undefined): Cell {
  const { text, tint } = typeof cell === 'object' ? cell : { text: cell ?? '', tint: undefined };
  return tint === undefined ? { text: printable(text).trim() } : { text: printable(text).trim(), tint };
}

function rowText(row: readonly Cell[], columns: readonly Column[], widths: readonly number[], paint: Painter): string {
  // Everything behind the last cell with text is left away; padding stays outside the colour.
  const last = row.findLastIndex((cell) => cell.text !== '');
  return row
    .slice(0, last + 1)
    .map((cell, index) => {
      const painted = cell.tint === undefined ? cell.text : paint(cell.tint, cell.text);
      const blanks = ' '.repeat(Math.max(0, (widths[index] ?? 0) - widthOf(cell.text)));
      if (columns[index]?.align === 'right') return blanks + painted;
      return index === last ? painted : painted + blanks;
    })
    .join('  ');
}
