/** docs/reference.md: the whole manual as one Markdown text, made from the tables (`npm run doc` writes it, a test holds it equal). */
import { allowances } from '../../driver/allowances.ts';
import type { Driver } from '../../driver/contract.ts';
import type { Keyword, Keywords } from '../../driver/keywords.ts';
import { errorKinds } from '../../errors.ts';
import { commonOptions, type OptionName, type OptionSpec, optionSpecs } from '../option-specs.ts';
import { type VerbSpec, verbs } from '../verbs.ts';
import { kindText, meaningOf, optionText, smallestSection, sortedKeywords, toolsOf, verbsOf } from './facts.ts';

export interface ManualTables {
  readonly drivers: Readonly<Record<string, Driver>>;
  readonly service: Keywords;
  readonly resource: Keywords;
  readonly node: Keywords;
  /** Other sections of the node file: `host#NAME`, `log`. */
  readonly nodeSections: Readonly<Record<string, Keywords>>;
}

export function renderReference(tables: ManualTables): string {
  return [
    '# Reference of svcmgr',
    '',
    'Generated from the tables of the source by `npm run doc`; `svcmgr doc` prints the same in a terminal.',
    '',
    verbsPart(),
    errorsPart(),
    allowancesPart(),
    '## Service keywords: [DEFAULT]\n',
    keywordTable(tables.service),
    '## Keywords of every resource\n',
    keywordTable(tables.resource),
    '## Drivers\n',
    ...Object.entries(tables.drivers).map(([id, driver]) => driverPart(id, driver)),
    '## Node keywords: [node]\n',
    keywordTable(tables.node),
    '## Other sections of the node file\n',
    ...Object.entries(tables.nodeSections).flatMap(([name, keywords]) => [`### [${name}]\n`, keywordTable(keywords)]),
  ]
    .join('\n')
    .replace(/\n+$/, '\n');
}

function driverPart(id: string, driver: Driver): string {
  const section = smallestSection(id, driver.keywords);
  return [
    `### ${id}`,
    '',
    driver.summary,
    '',
    `Needs: ${toolsOf(driver)}. Verbs: ${verbsOf(driver)}.`,
    '',
    ...(section === undefined ? [] : ['```', section, '```', '']),
    keywordTable(driver.keywords),
  ].join('\n');
}

function keywordTable(keywords: Keywords): string {
  const rows = sortedKeywords(keywords).map(([name, keyword]) => keywordRow(name, keyword));
  if (rows.length === 0) return 'No keywords of its own.\n';
  return table(['keyword', 'kind', 'default', 'meaning'], rows);
}

function keywordRow(name: string, keyword: Keyword): readonly string[] {
  const example = keyword.example === undefined ? '' : ` Example: \`${keyword.example}\`.`;
  return [keyword.required === true ? `**${name}**` : name, kindText(keyword), keyword.default ?? '', `${meaningOf(keyword)}${example}`];
}

function errorsPart(): string {
  const rows = Object.entries(errorKinds).map(([code, kind]) => [code, kind.meaning, String(kind.exit), String(kind.http), kind.retry]);
  const errors = table(['code', 'meaning', 'exit', 'HTTP', 'retry'], rows);
  return `## Errors and exit status\n\n${errors}\n0 is done, or nothing to do; an action that ran and failed on a resource exits 1.\n`;
}

function allowancesPart(): string {
  const rows = Object.entries(allowances).map(([name, text]) => [`\`${name}\``, text]);
  return `## What --allow waives\n\nA refusal says which of these names waives it; one without a name cannot be waived.\n\n${table(['name', 'what then happens'], rows)}`;
}

function verbsPart(): string {
  const parts = verbs.map((verb: VerbSpec) => {
    const own = verb.options.map((name) => `\`${optionText(name as OptionName)}\``).join(', ');
    const title = `### ${verb.name}${verb.words === undefined ? '' : ` ${verb.words}`}`;
    return [title, '', sentence(verb.summary), '', '```', verb.example, '```', '', ...(own === '' ? [] : [`Options: ${own}.`, ''])].join(
      '\n',
    );
  });
  const rows = Object.entries(optionSpecs as Readonly<Record<string, OptionSpec>>).map(([name, spec]) => [
    `\`${optionText(name as OptionName)}\``,
    spec.text,
  ]);
  const common = commonOptions.map((name) => `\`--${name}\``).join(', ');
  return [`## Verbs\n\nEvery verb takes ${common}.\n`, ...parts, '## Options\n', table(['option', 'meaning'], rows)].join('\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return `${line(titles)}|${'---|'.repeat(titles.length)}\n${rows.map(line).join('')}`;
}
