/** What can stand where on a command line: the tables as lists of words, for the completion scripts. */
import { catchAllWords } from '../../state/selector-syntax.ts';
import { commonOptions, type OptionSpec, optionSpecs } from '../option-specs.ts';
import { type VerbSpec, verbs } from '../verbs.ts';

export interface CompletionSource {
  /** Folder of the service files: completing reads their names there, and starts no node (spec/cli.md "Speed"). */
  readonly servicesFolder: string;
  /** Driver ids, for `doc`. */
  readonly drivers: readonly string[];
}

export const specs: Readonly<Record<string, OptionSpec>> = optionSpecs;

/** First words of verbs, once each. */
export const heads: readonly string[] = [...new Set(verbs.map((verb) => verb.name.split(' ')[0] ?? ''))];

/** `print` -> status, config …: second words, of the verbs that have them. `node print config` continues as `node print`. */
export function tailsOf(head: string): readonly string[] {
  const names = verbs.map((verb) => verb.name).filter((name) => name.startsWith(`${head} `));
  return [...new Set(names.map((name) => name.slice(head.length + 1).split(' ')[0] ?? ''))];
}

/** Everything that another word may follow: `print`, `node`, `node print`. */
export const openHeads: readonly string[] = [
  ...new Set(verbs.flatMap((verb) => verb.name.split(' ').map((_, at, words) => words.slice(0, at).join(' ')))),
].filter((text) => text !== '');

export function optionsOf(verb: VerbSpec): readonly string[] {
  return [...verb.options, ...commonOptions].map((name) => `--${name}`);
}

/** `--rid -s …`: options that take a value, in every spelling. */
export const valueOptions: readonly string[] = Object.entries(specs).flatMap(([name, spec]) =>
  spec.value === undefined ? [] : [`--${name}`, ...(spec.short === undefined ? [] : [`-${spec.short}`])],
);

/** Words that a verb itself takes, where they are a fixed list. */
export function wordsOf(verb: VerbSpec, source: CompletionSource): readonly string[] {
  if (verb.name === 'doc') return [...source.drivers, 'drivers', 'errors', 'verbs', 'service', 'resource', 'node'];
  if (verb.name === 'completion') return ['bash', 'zsh', 'fish'];
  if (verb.name === 'print plan') return ['start', 'stop', 'provision', 'unprovision', 'run'];
  return [];
}

export const selectorWords: readonly string[] = catchAllWords;
