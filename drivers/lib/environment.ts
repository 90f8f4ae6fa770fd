/** `environment = A=1 B="two words"` as variables. */
import { SvcError } from '../../agent/errors.ts';

/** CONFIG when a word is not NAME=VALUE. */
export function parseEnvironment(words: readonly string[] = []): Readonly<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const word of words) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(word) ?? [];
    if (name === undefined || value === undefined)
      throw new SvcError('CONFIG', `environment: ${word} is not NAME=VALUE`, { hint: 'quote values with blanks: NAME="two words"' });
    variables[name] = value;
  }
  return variables;
}
