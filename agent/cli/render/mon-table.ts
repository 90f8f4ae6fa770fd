/** The table of `mon`: a service a line, a node a column. */
import type { MonCell, MonRow } from '../../state/mon-row.ts';
import { ageText } from './clock.ts';
import { statusTints } from './colour.ts';
import { type Cell, type Column, renderTable } from './table.ts';

export interface MonTableOptions {
  readonly colour: boolean;
  readonly nowMs: number;
}

/** Lines, the titles first. What a cell means: `*` frozen, `~` old figures, `!` an interrupted action, `?` no answer, blank: not its node. */
export function monLines(rows: readonly MonRow[], { colour, nowMs }: MonTableOptions): readonly string[] {
  const nodes = [...new Set(rows.flatMap((row) => Object.keys(row.nodes)))];
  const columns: readonly Column[] = [
    { title: 'service' },
    { title: 'overall' },
    ...nodes.map((node) => ({ title: shortName(node, nodes) })),
    { title: 'age', align: 'right' },
    { title: 'doing' },
    { title: 'why' },
  ];
  const cells = rows.map((row): readonly (Cell | string)[] => [
    row.service,
    { text: `${row.overall}${row.stale ? '~' : ''}`, tint: statusTints[row.overall] },
    ...nodes.map((node) => cellText(row.nodes[node])),
    ageText(nowMs - Date.parse(row.updated)),
    row.doing ?? '',
    row.why ?? '',
  ]);
  return renderTable(columns, cells, { colour }).split('\n').slice(0, -1);
}

function cellText(cell: MonCell | undefined): Cell | string {
  if (cell === undefined) return '';
  const { status, frozen, stale, interrupted } = cell;
  if (status === undefined) return { text: '?', tint: 'magenta' };
  return { text: `${status}${frozen ? '*' : ''}${stale ? '~' : ''}${interrupted ? '!' : ''}`, tint: statusTints[status] };
}

/** The first label of a name, where that tells the nodes apart. */
function shortName(node: string, all: readonly string[]): string {
  const short = node.split('.')[0] ?? node;
  return all.filter((other) => other.split('.')[0] === short).length === 1 ? short : node;
}
