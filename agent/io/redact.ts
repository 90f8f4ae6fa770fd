/** Commands and texts as they may be shown: shell-quoted, values of secrets masked. */

const mask = '****';

/** Quotes words so that a shell would read the same argv; control characters are shown as $'…'. */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./#^-]+$/.test(word) && !word.startsWith('#')) return word;
  if (!/[\x00-\x1f\x7f]/.test(word)) return `'${word.replaceAll("'", "'\\''")}'`;
  const text = word
    .replace(/['\\]/g, '\\$&')
    .replace(/[\x00-\x1f\x7f]/g, (c) => controlNames.get(c) ?? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `$'${text}'`;
}

const controlNames: ReadonlyMap<string, string> = new Map([
  ['\n', '\\n'],
  ['\t', '\\t'],
  ['\r', '\\r'],
]);

/** Replaces every occurrence of a secret's value, also as it looks quoted, URL-encoded or in base64; longest first. */
export function maskSecrets(text: string, secrets: readonly string[]): string {
  if (secrets.length === 0 || text === '') return text;
  const forms = new Set(secrets.filter((secret) => secret !== '').flatMap(formsOf));
  return [...forms].sort((a, b) => b.length - a.length).reduce((masked, form) => masked.replaceAll(form, mask), text);
}

function formsOf(secret: string): readonly string[] {
  const lines = secret.split('\n').filter((line) => line.length >= 8); // a key file is printed line by line
  const quoted = quoteWord(secret).replace(/^\$?'(.*)'$/s, '$1');
  return [secret, quoted, encodeWord(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64'), ...lines];
}

function encodeWord(secret: string): string {
  try {
    return encodeURIComponent(secret);
  } catch {
    return secret; // a lone surrogate has no URL form
  }
}
