/** Any document as `path = value` lines, for grep (conformance: render_flat_json). */
import { printable } from './width.ts';

/** Renders sorted `.a.'fs#1'.b[0] = value` lines; an empty object or list below the top is written as `{}` or `[]`. */
export function renderFlat(document: unknown): string {
  return [...linesOf(document, '')].map((line) => `${line}\n`).join('');
}

function* linesOf(value: unknown, path: string): Generator<string> {
  if (Array.isArray(value)) {
    if (value.length === 0 && path !== '') yield `${path} = []`;
    for (const [index, item] of value.entries()) yield* linesOf(item, `${path}[${index}]`);
    return;
  }
  if (typeof value !== 'object' || value === null) {
    yield `${path} = ${printable(String(value))}`;
    return;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0 && path !== '') yield `${path} = {}`;
  for (const [key, item] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) yield* linesOf(item, `${path}.${quoteKey(key)}`);
}

/** Keys that hold more than letters, digits, `_` and `-` are quoted: `'fs#1'`. */
function quoteKey(key: string): string {
  return /^[\w-]+$/.test(key) ? key : `'${printable(key).replaceAll("'", "\\'")}'`;
}
