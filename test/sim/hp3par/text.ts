/** How an array prints: columns of text, or cells with commas; times in its own zone; sizes and periods. */

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  readonly minimum?: number;
}

/** A header and rows as columns, each as wide as its widest cell; trailing blanks are dropped. */
export function columns(all: readonly Column[], rows: readonly (readonly string[])[], withHeader: boolean, indent = ''): readonly string[] {
  const widths = all.map(({ title, minimum = 0 }, at) => Math.max(minimum, title.length, ...rows.map((row) => (row[at] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `${indent}${cells.map((cell, at) => (all[at]?.align === 'right' ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join(' ')}`.trimEnd();
  return [...(withHeader ? [line(all.map(({ title }) => title))] : []), ...rows.map(line)];
}

/** The same as cells with commas; an indented table begins with a cell of one blank. */
export function cells(all: readonly Column[], rows: readonly (readonly string[])[], withHeader: boolean, indent = ''): readonly string[] {
  const line = (row: readonly string[]) => `${indent === '' ? '' : ' ,'}${row.join(',')}`;
  return [...(withHeader ? [line(all.map(({ title }) => title))] : []), ...rows.map(line)];
}

/** Abbreviations that the arrays print; Intl names some of them only as GMT+1. */
const abbreviations: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  UTC: { 0: 'UTC' },
  'Europe/Paris': { 60: 'CET', 120: 'CEST' },
  'Europe/London': { 0: 'GMT', 60: 'BST' },
  'America/New_York': { [-300]: 'EST', [-240]: 'EDT' },
  'America/Los_Angeles': { [-480]: 'PST', [-420]: 'PDT' },
  'Asia/Kolkata': { 330: 'IST' },
};

/** `2014-03-25 16:12:47 CET`. */
export function arrayTime(ms: number, zone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' },
    hourCycle: 'h23',
  });
  const part = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]));
  const text = `${part['year']}-${part['month']}-${part['day']} ${part['hour']}:${part['minute']}:${part['second']}`;
  const offset = Math.round((Date.parse(`${text.replace(' ', 'T')}Z`) - Math.floor(ms / 1000) * 1000) / 60_000);
  const abbreviation = abbreviations[zone]?.[offset];
  if (abbreviation === undefined) throw new Error(`no abbreviation known for ${zone} at ${offset} minutes`);
  return `${text} ${abbreviation}`;
}

/** `300000` -> `5m`. */
export function periodText(ms: number): string {
  for (const [unit, unitMs] of [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
  ] as const) {
    if (ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms / 1000}s`;
}
