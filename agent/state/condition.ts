/** Conditions of a selector against one service: keywords and status (spec/opensvc-core.md §4.5). Pure. */
import { SvcError } from '../errors.ts';
import { canonicalGroup, ridPrefix } from './groups.ts';
import type { Condition, StatusKey } from './selector-syntax.ts';

export type KeywordValue = string | readonly string[] | undefined;

export interface Candidate {
  readonly name: string;
  /** The evaluated value of a keyword, `keyword('DEFAULT', 'nodes')`; undefined when neither written nor defaulted. */
  keyword(section: string, key: string): KeywordValue;
  /** Every section but DEFAULT: `fs#1`, `env`. */
  readonly sections: readonly string[];
  /** Undefined when not known: a status condition is then false. */
  readonly status?: Readonly<Partial<Record<StatusKey, string | boolean | null>>> | undefined;
  /** This node is the first of the service's nodes. */
  readonly primary: boolean;
}

/** Whether a keyword condition holds in any of the sections it is about. */
export function holdsKeyword({ section, key, operator, value }: Condition, candidate: Candidate): boolean {
  if (operator === ':') {
    if (section === undefined && sectionsNamed(key, candidate).length > 0) return true;
    return sectionsOf(section, candidate).some((name) => candidate.keyword(name, key) !== undefined);
  }
  const values = sectionsOf(section, candidate).map((name) => candidate.keyword(name, key));
  if (operator === '!=') return !values.some((actual) => compares(actual, '=', value));
  return values.some((actual) => compares(actual, operator, value));
}

/** Whether a status condition holds; false when the status is not known. */
export function holdsStatus({ key, operator, value }: Condition, candidate: Candidate): boolean {
  const actual = candidate.status?.[key as StatusKey];
  if (actual === undefined || actual === null) return false;
  const text = String(actual);
  if (operator === ':') return true;
  return operator === '!=' ? text !== value : compares(text, operator, value);
}

function sectionsOf(section: string | undefined, candidate: Candidate): readonly string[] {
  if (section === undefined || section === 'DEFAULT') return ['DEFAULT'];
  return section === '' ? candidate.sections : sectionsNamed(section, candidate);
}

/** Sections of that very name, or of that group: `vg` and `disk` mean `vg#1`, `disk#1`, `lv#1`; `lv` only `lv#1`. */
function sectionsNamed(name: string, candidate: Candidate): readonly string[] {
  return candidate.sections.filter((section) => {
    const prefix = ridPrefix(section);
    return section === name || (section !== prefix && (prefix === name || canonicalGroup(prefix) === (name === 'disk' ? 'vg' : name)));
  });
}

type Comparing = Exclude<Condition['operator'], ':' | '!='>;

function compares(actual: KeywordValue, operator: Comparing, value: string): boolean {
  const number = operator.startsWith('<') || operator.startsWith('>') ? numberOf(value, operator) : 0;
  if (actual === undefined) return false;
  const items = typeof actual === 'string' ? [actual] : actual;
  const whole = items.join(' ');
  switch (operator) {
    case '=':
      return whole === value || items.includes(value);
    case '~':
      return patternOf(value).test(whole);
    case '~=':
      return items.flatMap((item) => item.split(/\s+/)).includes(value);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return items.some((item) => item.trim() !== '' && ordered(Number(item), operator, number));
  }
}

function ordered(left: number, operator: '<' | '>' | '<=' | '>=', right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
  }
}

function numberOf(value: string, operator: string): number {
  const number = value === '' ? Number.NaN : Number(value);
  if (Number.isNaN(number)) throw new SvcError('CONFIG', `selector: ${operator} compares numbers, ${JSON.stringify(value)} is none`);
  return number;
}

function patternOf(value: string): RegExp {
  try {
    return new RegExp(value);
  } catch (cause) {
    throw new SvcError('CONFIG', `selector: ${JSON.stringify(value)} is no valid pattern`, { cause });
  }
}
