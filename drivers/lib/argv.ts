/** Lists of words as commands, and options that are only given when they are set. */
import type { Argv } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

/** CONFIG when a command is empty. */
export function asArgv(words: readonly string[], keyword: string): Argv {
  const [program, ...rest] = words;
  if (program === undefined || program === '') throw new SvcError('CONFIG', `${keyword} is empty: a command is wanted`);
  return [program, ...rest];
}

/** The last name of a program's path, for labels. */
export function programName(words: readonly string[]): string {
  const [program = ''] = words;
  return program.slice(program.lastIndexOf('/') + 1);
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The given fields without those that are undefined (exactOptionalPropertyTypes). */
export function onlySet<T extends Record<string, unknown>>(fields: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<Defined<T>>;
}
