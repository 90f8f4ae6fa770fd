/** What every simulated program is: argv and environment in, exit code and text out. */
export interface Said {
  readonly exitCode: number;
  readonly stdout?: string;
  readonly stderr?: string;
}

export interface Call {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

export type Program = (call: Call) => Said;

export const fine = (stdout = ''): Said => ({ exitCode: 0, stdout });
export const failed = (exitCode: number, stderr: string): Said => ({ exitCode, stderr: `${stderr}\n` });

/** Words that begin with `--` or `-`, their values by name, and the rest. Refuses what it does not know, as the real program does. */
export function parseWords(words: readonly string[], known: { readonly flags: readonly string[]; readonly values: readonly string[] }) {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const rest: string[] = [];
  const unknown: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    const [name = '', ...value] = word.split('=');
    if (!word.startsWith('-')) rest.push(word);
    else if (known.flags.includes(word)) flags.add(word);
    else if (known.values.includes(name) && value.length > 0) values.set(name, value.join('='));
    else if (known.values.includes(word)) values.set(word, words[++at] ?? '');
    else unknown.push(word);
  }
  return { flags, values, rest, unknown };
}
