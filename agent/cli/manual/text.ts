/** Pages of the manual for a terminal: names to the left, sentences wrapped beside them. */
import type { Driver } from '../../driver/contract.ts';
import type { Keyword, Keywords } from '../../driver/keywords.ts';
import { errorKinds } from '../../errors.ts';
import { wrap } from '../render/wrap.ts';
import { kindText, meaningOf, smallestSection, sortedKeywords, toolsOf, verbsOf } from './facts.ts';

/** The widest column of names; a longer name gets a line of its own. */
const widestName = 16;
/** Lines longer than this are hard to read, however wide the terminal is. */
const widestPage = 100;

/** A driver: what it is, needs and does, the smallest section that uses it, every keyword. */
export function driverPage(id: string, driver: Driver, columns: number): string {
  const section = smallestSection(id, driver.keywords);
  return [
    ...wrap(`${id}: ${driver.summary}`, pageWidth(columns)),
    `Needs: ${toolsOf(driver)}. Verbs: ${verbsOf(driver)}.`,
    '',
    ...(section === undefined ? [] : [...section.split('\n').map((line) => `  ${line}`), '']),
    keywordPage(driver.keywords, columns),
  ].join('\n');
}

/** Keywords, required ones first. Ends with a newline. */
export function keywordPage(keywords: Keywords, columns: number): string {
  const sorted = sortedKeywords(keywords);
  if (sorted.length === 0) return 'No keywords of its own; svcmgr doc resource lists those of every resource.\n';
  return list(
    sorted.map(([name, keyword]) => ({ name, lines: keywordLines(keyword) })),
    columns,
  );
}

function keywordLines(keyword: Keyword): readonly string[] {
  const extras = [
    keyword.required === true ? 'required' : '',
    keyword.default === undefined ? '' : `default: ${keyword.default === '' ? 'none' : keyword.default}`,
  ];
  const head = [kindText(keyword), ...extras.filter((text) => text !== '')].join('; ');
  return [head, meaningOf(keyword), ...(keyword.example === undefined ? [] : [`Example: ${keyword.example}`])];
}

/** The error codes with their exit status. */
export function errorsPage(columns: number): string {
  const items = Object.entries(errorKinds).map(([name, { meaning, exit, http, retry }]) => ({
    name,
    lines: [meaning, `exit ${exit}, HTTP ${http}, retry: ${retry}`],
  }));
  return `${list(items, columns)}\nExit 0: done, or nothing to do.\nExit 1: the action ran and failed on a resource.\n`;
}

/** Names with a short text each, in one line where it fits. */
export function shortList(items: readonly (readonly [string, string])[], columns: number): string {
  return list(
    items.map(([name, text]) => ({ name, lines: [text] })),
    columns,
  );
}

interface Item {
  readonly name: string;
  readonly lines: readonly string[];
}

function list(items: readonly Item[], columns: number): string {
  const width = Math.min(widestName, Math.max(...items.map(({ name }) => name.length))) + 2;
  return items.map((item) => itemText(item, width, pageWidth(columns) - width)).join('');
}

function itemText({ name, lines }: Item, width: number, columns: number): string {
  const rows = lines.flatMap((line) => wrap(line, columns));
  const beside = name.length < width - 1;
  const body = rows.map((row, at) => `${(at === 0 && beside ? name : '').padEnd(width)}${row}`.trimEnd());
  return `${[...(beside ? [] : [name]), ...body].join('\n')}\n`;
}

function pageWidth(columns: number): number {
  return Math.min(columns, widestPage);
}
