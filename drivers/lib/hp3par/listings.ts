/** Other listings of an array: `showsys`, `showvv -showcols`, and what `updatevv` prints (spec/hp3par.md §2.4, §2.6). */
import { splitCsv, unreadable } from './rows.ts';

export interface System {
  /** As printed: hexadecimal on new arrays. */
  readonly id: string;
  /** What stands behind `.r` in the name of a group on the other side. */
  readonly decimalId: number;
  readonly name: string;
  readonly model: string;
  readonly serial: string;
  readonly nodes: number;
}

/**
 * One array, with or without headings, with commas or aligned; only a model has blanks in it.
 * @throws SvcError COMMAND with the line that does not fit
 */
export function parseShowsys(text: string): System {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/\(MiB\)/.test(line) && !/^\s*ID\s*,?\s*Name\b/.test(line));
  const [line = 'nothing at all', more] = lines;
  const cells = line.includes(',') ? splitCsv(line) : alignedCells(line);
  const [id = '', name = '', model = '', serial = '', nodes = '', ...figures] = cells;
  const isWhole = more === undefined && /^(0x[0-9A-Fa-f]+|\d+)$/.test(id) && name !== '' && /^\d+$/.test(nodes) && figures.length === 5;
  if (!isWhole) throw unreadable(more ?? line);
  return { id, decimalId: Number(id), name, model, serial, nodes: Number(nodes) };
}

function alignedCells(line: string): readonly string[] {
  const [, id = '', name = '', model = '', serial = '', rest = ''] =
    /^\s*(\S+)\s+(\S+)\s+(.*?)\s+(\S+)((?:\s+\d+){6})\s*$/.exec(line) ?? [];
  return [id, name, model, serial, ...rest.trim().split(/\s+/)];
}

/** Rows of `showvv -showcols NAMES` with commas and without headings. @throws SvcError COMMAND with the line that does not fit */
export function parseShowvv(text: string, columns: readonly string[]): readonly Readonly<Record<string, string>>[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && line.trim() !== 'no vv listed');
  return lines.map((line) => {
    const cells = splitCsv(line);
    if (cells.length !== columns.length || cells[0] === '') throw unreadable(line);
    return Object.fromEntries(columns.map((column, at) => [column, cells[at] ?? '']));
  });
}

/** Names of the snapshots that were taken anew. @throws SvcError COMMAND with the line that does not fit */
export function parseUpdatedVolumes(text: string): readonly string[] {
  const [line = 'nothing at all', ...more] = text.split('\n').filter((one) => one.trim() !== '');
  const names = /^Updating VVs? (\S.*)$/.exec(line)?.[1];
  if (names === undefined || more.length > 0) throw unreadable(more[0] ?? line);
  return names.trim().split(/[\s,]+/);
}
