/** Secrets: a value says where it comes from; what it is, is read at the last moment and never printed. */
import type { Secret } from '../driver/contract.ts';
import { SvcError } from '../errors.ts';
import { splitWords } from './convert-argv.ts';

/** Where a secret comes from. An inline value is not part of it: it stays inside the Secret. */
export type SecretSource =
  | { readonly from: 'inline' }
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'command'; readonly argv: readonly string[] };

/** A Secret that also tells its source. */
export interface ConfiguredSecret extends Secret {
  readonly source: SecretSource;
}

/** Reads a secret that is not inline; given by io, because config/ touches nothing. */
export type RevealSecret = (source: SecretSource) => string;

export const secretMask = 'xxxx';

/** Words in the name of a free-form key (`[env]`), or of a variable in a value (`PGPASSWORD=x`), that make it a secret all the same. */
export const secretWords = 'passw|passphrase|secret|token|credential|private_?key|api_?key';
const secretName = new RegExp(secretWords, 'i');

/** Whether a key without a keyword table is to be treated as a secret. */
export function looksSecret(name: string): boolean {
  return secretName.test(name);
}

/** Parses `file:/path`, `env:NAME`, `command:argv` or an inline value; the fault never repeats the text. */
export function parseSecret(text: string, reveal?: RevealSecret): { readonly value: ConfiguredSecret } | { readonly fault: string } {
  if (text === '') return { fault: 'is empty; allowed is file:/path, env:NAME or command:argv' };
  const rest = text.slice(text.indexOf(':') + 1);
  if (text.startsWith('file:')) {
    return rest.startsWith('/') ? named({ from: 'file', path: rest }, reveal) : { fault: 'file: needs an absolute path, file:/path' };
  }
  if (text.startsWith('env:')) {
    return /^[A-Za-z_]\w*$/.test(rest)
      ? named({ from: 'env', name: rest }, reveal)
      : { fault: 'env: needs the name of a variable, env:NAME' };
  }
  if (!text.startsWith('command:')) return { value: createSecret({ from: 'inline' }, () => text) };
  const words = splitWords(rest);
  if ('fault' in words) return { fault: 'command: needs a command in shell words, command:argv' };
  return words.words[0]?.startsWith('/')
    ? named({ from: 'command', argv: words.words }, reveal)
    : { fault: 'command: needs an absolute program, command:/path/to/program …' };
}

function named(source: SecretSource, reveal: RevealSecret | undefined): { readonly value: ConfiguredSecret } {
  return {
    value: createSecret(source, () => {
      if (reveal === undefined) throw new SvcError('BUG', `nothing was given to read a secret from ${source.from}`);
      return reveal(source);
    }),
  };
}

/** A secret that prints as xxxx everywhere: templates, JSON and inspection. */
export function createSecret(source: SecretSource, reveal: () => string): ConfiguredSecret {
  const masked = () => secretMask;
  return Object.freeze({ source, reveal, toString: masked, toJSON: masked, [Symbol.for('nodejs.util.inspect.custom')]: masked });
}

/** What may be shown of a secret's text: its source, never an inline value. */
export function maskSecretText(text: string): string {
  return /^(?:file|env|command):/.test(text) ? text : secretMask;
}
