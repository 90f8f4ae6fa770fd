/** What the manual says of a keyword, an option, a driver: the same facts for the terminal and for docs/reference.md. */
import type { Driver } from '../../driver/contract.ts';
import type { Keyword, Keywords } from '../../driver/keywords.ts';
import { abilitiesOf } from '../../driver/registry.ts';
import { type OptionName, type OptionSpec, optionSpecs } from '../option-specs.ts';

/** Required keywords first, then by name. */
export function sortedKeywords(keywords: Keywords): readonly (readonly [string, Keyword])[] {
  return Object.entries(keywords).sort(
    ([a, one], [b, other]) => Number(other.required ?? false) - Number(one.required ?? false) || a.localeCompare(b, 'en'),
  );
}

/** `enum: a, b`. */
export function kindText(keyword: Keyword): string {
  return keyword.choices === undefined ? keyword.kind : `${keyword.kind}: ${keyword.choices.join(', ')}`;
}

const unitNames = { s: 'seconds', m: 'minutes', h: 'hours', d: 'days' } as const;

/** The sentence of the table and those that follow from its other columns; no example. */
export function meaningOf(keyword: Keyword): string {
  const { text, alias, scopable, unit, replacedBy, min, max } = keyword;
  const range =
    min === undefined ? (max === undefined ? '' : `At most ${max}.`) : max === undefined ? `At least ${min}.` : `From ${min} to ${max}.`;
  const sentences = [
    text.endsWith('.') ? text : `${text}.`,
    alias === undefined ? '' : `Also written ${alias.join(', ')}.`,
    scopable === false ? 'No @scope.' : '',
    unit === undefined ? '' : `A bare number counts ${unitNames[unit]}.`,
    range,
    replacedBy === undefined ? '' : `Use ${replacedBy} instead.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

export function toolsOf(driver: Driver): string {
  return driver.needs.length === 0 ? 'nothing' : driver.needs.join(', ');
}

export function verbsOf(driver: Driver): string {
  return abilitiesOf(driver).join(', ') || 'none';
}

/** The smallest section that uses a driver: its required keywords with their examples; undefined when one has no example. */
export function smallestSection(id: string, keywords: Keywords): string | undefined {
  const [group = '', type = ''] = id.split('.');
  const required = sortedKeywords(keywords).filter(([, keyword]) => keyword.required === true);
  if (required.some(([, keyword]) => keyword.example === undefined)) return undefined;
  const lines = required.map(([name, keyword]) => `${name} = ${keyword.example}`);
  return [`[${group}#1]`, `type = ${type}`, ...lines].join('\n');
}

/** `--rid RID`. */
export function optionText(name: OptionName): string {
  const spec: OptionSpec = optionSpecs[name];
  return spec.value === undefined ? `--${name}` : `--${name} ${spec.value}`;
}
