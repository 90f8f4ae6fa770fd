/** Keyword tables: described once, they give the TypeScript type, the validation, the manual and the redaction. */
import type { Secret } from './shapes.ts';

/** Kinds of values (spec/config.md "Kinds"). */
export type Kind =
  | 'string'
  | 'integer'
  | 'boolean'
  | 'duration' // milliseconds
  | 'size' // bytes
  | 'percentage' // 0..100
  | 'list' // white space separated words
  | 'argv' // shell-words rules
  | 'path' // absolute
  | 'enum' // one of `choices`
  | 'nodes'
  | 'address'
  | 'url'
  | 'schedule'
  | 'requires'
  | 'secret';

export interface Keyword {
  readonly kind: Kind;
  /** One sentence for the manual; no two keywords of a driver share one. */
  readonly text: string;
  readonly required?: true;
  /** As the user would write it. */
  readonly default?: string;
  /** Allowed values (of an enum) or words (of a list). */
  readonly choices?: readonly string[];
  readonly example?: string;
  /** False: `@scope` forms are refused. Default true. */
  readonly scopable?: false;
  /** Other spellings accepted (OpenSVC's). */
  readonly alias?: readonly string[];
  /** This spelling is accepted with a warning; use the other. */
  readonly replacedBy?: string;
  /** Unit of a bare number of a duration (default s). */
  readonly unit?: 's' | 'm' | 'h' | 'd';
  readonly min?: number;
  readonly max?: number;
  /** A resource keyword missing in its section falls back to this one of [DEFAULT]. */
  readonly inherits?: string;
}

export type Keywords = Readonly<Record<string, Keyword>>;

/** One entry of `requires`: `fs#1(up,warn)`. */
export interface Requirement {
  readonly rid: string;
  readonly states: readonly string[];
}

interface KindValues {
  string: string;
  integer: number;
  boolean: boolean;
  duration: number;
  size: number;
  percentage: number;
  list: readonly string[];
  argv: readonly string[];
  path: string;
  enum: string;
  nodes: readonly string[];
  address: string;
  url: string;
  schedule: string;
  requires: readonly Requirement[];
  secret: Secret;
}

type ValueOf<K extends Keyword> = K extends { kind: 'enum'; choices: readonly (infer C extends string)[] } ? C : KindValues[K['kind']];

/** The typed values of a keyword table: required or defaulted keywords are always there. */
export type Config<T extends Keywords> = {
  readonly [K in keyof T]: T[K] extends { required: true } | { default: string } ? ValueOf<T[K]> : ValueOf<T[K]> | undefined;
};
