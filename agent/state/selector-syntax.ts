/**
 * The text of a service selector, taken apart (spec/cli.md "Selectors", spec/opensvc-core.md §4.5): `,` or, `+` and (binds tighter),
 * `!` not, names, globs, catch-all names, conditions. Needs no glob library, so the thin path may use it.
 */
import { SvcError } from '../errors.ts';

/** Names that select many services; they stand where a selector stands (spec/cli.md). */
export const catchAllWords = ['allservices', 'allupservices', 'alldownservices', 'allprimaryservices', 'allsecondaryservices'] as const;
export type CatchAll = (typeof catchAllWords)[number];

export const operators = ['!=', '<=', '>=', '~=', '=', '<', '>', '~', ':'] as const;
export type Operator = (typeof operators)[number];

/** Status values that a condition may ask for; any other left side is a keyword. */
export const statusKeys = ['avail', 'overall', 'optional', 'sync', 'hb', 'frozen', 'provisioned'] as const;
export type StatusKey = (typeof statusKeys)[number];

export interface Condition {
  /** `app#1`, `app`, empty for any section (`.kw`), undefined when none is written (`kw`: the service itself). */
  readonly section: string | undefined;
  readonly key: string;
  readonly operator: Operator;
  readonly value: string;
}

export type Term = { readonly negated: boolean; readonly text: string } & (
  | { readonly kind: 'name' }
  | { readonly kind: 'glob' }
  | { readonly kind: 'catchAll'; readonly word: CatchAll }
  | { readonly kind: 'status'; readonly condition: Condition }
  | { readonly kind: 'keyword'; readonly condition: Condition }
);

/** Any of the groups, each of which is all of its terms. */
export type Selector = readonly (readonly Term[])[];

/**
 * Parses a selector.
 * @throws SvcError CONFIG for an empty part (`svc1+`), an unclosed bracket, a condition without a key
 */
export function parseSelector(text: string): Selector {
  return splitOutside(text, ',', text).map((group) => splitOutside(group, '+', text).map((fragment) => parseTerm(fragment.trim(), text)));
}

/** Whether any term needs the status of the services: the caller need not evaluate it otherwise. */
export function asksStatus(selector: Selector): boolean {
  return selector.flat().some((term) => term.kind === 'status' || (term.kind === 'catchAll' && /^all(up|down)services$/.test(term.word)));
}

/** Whether any term needs the content of the service files. */
export function asksConfig(selector: Selector): boolean {
  return selector
    .flat()
    .some((term) => term.kind === 'keyword' || (term.kind === 'catchAll' && /^all(primary|secondary)services$/.test(term.word)));
}

/** The name, when a selector is nothing but one plain name: then no list of services is needed at all. */
export function plainName(text: string): string | undefined {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(text) && !(catchAllWords as readonly string[]).includes(text) ? text : undefined;
}

function parseTerm(fragment: string, whole: string): Term {
  const negated = fragment.startsWith('!');
  const text = negated ? fragment.slice(1).trim() : fragment;
  if (text === '') throw faulty(whole, 'a part of it is empty', "examples: svc1   'svc*,!svc2'   'env=PRD+avail=up'");
  const word = catchAllWords.find((name) => name === text);
  if (word !== undefined) return { kind: 'catchAll', word, negated, text };
  const condition = parseCondition(text, whole);
  if (condition === undefined) return { kind: /[*?[\]{}]/.test(text) ? 'glob' : 'name', negated, text };
  const ofStatus = condition.section === undefined && (statusKeys as readonly string[]).includes(condition.key);
  return { kind: ofStatus ? 'status' : 'keyword', condition, negated, text };
}

function parseCondition(text: string, whole: string): Condition | undefined {
  const match = /^([^=<>~:!]*)(!=|<=|>=|~=|[=<>~:])(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [left = '', operator, value = ''] = [match[1]?.trim(), operators.find((known) => known === match[2]), match[3]?.trim()];
  const dot = left.lastIndexOf('.');
  const key = left.slice(dot + 1);
  if (operator === undefined || key === '') throw faulty(whole, `the condition ${text} has no keyword`, 'example: app#1.type=simple');
  if (operator === ':' && value !== '')
    throw faulty(whole, `nothing may follow the colon of ${text}`, 'kw: asks whether it is set; kw=value compares');
  return { section: dot < 0 ? undefined : left.slice(0, dot), key, operator, value };
}

/** Splits at a separator that stands outside brackets and braces, which belong to globs and patterns. */
function splitOutside(text: string, separator: string, whole: string): readonly string[] {
  const parts = [''];
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === separator && depth === 0) {
      parts.push('');
      continue;
    }
    if ('[{('.includes(character)) depth += 1;
    if (']})'.includes(character)) depth -= 1;
    if (depth < 0) break;
    const escaped = character === '\\' ? text.charAt(++i) : '';
    parts[parts.length - 1] += character + escaped;
  }
  if (depth !== 0) throw faulty(whole, 'a bracket is not closed, or closed twice', 'quote the selector for the shell');
  return parts;
}

function faulty(whole: string, why: string, hint: string): SvcError {
  return new SvcError('CONFIG', `selector ${JSON.stringify(whole)}: ${why}`, { hint, facts: { selector: whole } });
}
