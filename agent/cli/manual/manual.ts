/** The manual, made from the tables: drivers, keywords, errors, verbs. `svcmgr doc` prints it and docs/reference.md is it. */
import type { Driver } from '../../driver/contract.ts';
import type { Keyword, Keywords } from '../../driver/keywords.ts';
import { abilitiesOf } from '../../driver/registry.ts';
import { errorKinds } from '../../errors.ts';
import { commonOptions, type OptionName, type OptionSpec, optionSpecs, type VerbSpec, verbs } from '../verbs.ts';

/** The driver's page: what it is, needs, does, and every keyword. */
export function driverPage(id: string, driver: Driver): string {
  return [
    `## ${id}`,
    '',
    `${driver.summary}`,
    '',
    `Needs: ${driver.needs.length === 0 ? 'no tool' : driver.needs.join(', ')}. Verbs: ${abilitiesOf(driver).join(', ') || 'none'}.`,
    '',
    keywordTable(driver.keywords),
  ].join('\n');
}

/** A table of keywords, required ones first, then by name. */
export function keywordTable(keywords: Keywords): string {
  const rows = Object.entries(keywords)
    .sort(([a, one], [b, other]) => Number(other.required ?? false) - Number(one.required ?? false) || a.localeCompare(b, 'en'))
    .map(([name, keyword]) => keywordRow(name, keyword));
  if (rows.length === 0) return 'No keywords of its own.\n';
  return ['| keyword | kind | default | meaning |', '|---|---|---|---|', ...rows, ''].join('\n');
}

function keywordRow(name: string, keyword: Keyword): string {
  const bold = keyword.required === true ? `**${name}**` : name;
  const kind = keyword.choices === undefined ? keyword.kind : `${keyword.kind}: ${keyword.choices.join(', ')}`;
  const extras = [
    keyword.alias === undefined ? '' : `Also written ${keyword.alias.join(', ')}.`,
    keyword.scopable === false ? 'No @scope.' : '',
    keyword.unit === undefined ? '' : `A bare number counts ${unitNames[keyword.unit]}.`,
    keyword.replacedBy === undefined ? '' : `Use ${keyword.replacedBy} instead.`,
    keyword.example === undefined ? '' : `Example: \`${keyword.example}\`.`,
  ].filter((text) => text !== '');
  const text = [keyword.text.endsWith('.') ? keyword.text : `${keyword.text}.`, ...extras].join(' ');
  return `| ${bold} | ${kind} | ${keyword.default ?? ''} | ${text.replaceAll('|', '\\|')} |`;
}

const unitNames = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' } as const;

/** The error codes with their exit status. */
export function errorsPage(): string {
  const rows = Object.entries(errorKinds).map(([code, kind]) => `| ${code} | ${kind.meaning} | ${kind.exit} | ${kind.http} | ${kind.retry} |`);
  return ['## Errors', '', '| code | meaning | exit | HTTP | retry |', '|---|---|---|---|---|', ...rows, '', 'An action that ran and failed on a resource exits 1.', ''].join('\n');
}

/** Every verb with its options and an example. */
export function verbsPage(): string {
  const pages = verbs.map((verb: VerbSpec) =>
    [
      `### ${verb.name}${verb.words === undefined ? '' : ` ${verb.words}`}`,
      '',
      `${verb.summary}. Example: \`${verb.example}\`.`,
      '',
      ...(verb.options.length === 0 ? [] : [`Options: ${verb.options.map((name) => `\`${optionText(name as OptionName)}\``).join(', ')}.`, '']),
    ].join('\n'),
  );
  const options = Object.keys(optionSpecs).map((name) => `| \`${optionText(name as OptionName)}\` | ${(optionSpecs as Record<string, OptionSpec>)[name]?.text} |`);
  return [
    '## Verbs',
    '',
    `Every verb takes ${commonOptions.map((name) => `\`--${name}\``).join(', ')}.`,
    '',
    ...pages,
    '## Options',
    '',
    '| option | meaning |',
    '|---|---|',
    ...options,
    '',
  ].join('\n');
}

function optionText(name: OptionName): string {
  const spec: OptionSpec = optionSpecs[name];
  return spec.value === undefined ? `--${name}` : `--${name} ${spec.value}`;
}
