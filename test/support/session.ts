/** A session of command lines with what they print, read from a golden file and replayed. */

export interface Turn {
  readonly node: string;
  /** Behind the name of the service. */
  readonly words: readonly string[];
  readonly lines: readonly string[];
}

/** `root@NODE:~ # SERVICE WORDS`, then its lines; `#` begins a comment. */
export function parseSession(text: string): readonly Turn[] {
  const turns: { node: string; words: readonly string[]; lines: string[] }[] = [];
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, node, words] = /^root@(\w+):~ # \S+ (.*)$/.exec(line) ?? [];
    if (node !== undefined && words !== undefined) turns.push({ node, words: words.split(' '), lines: [] });
    else turns.at(-1)?.lines.push(line);
  }
  return turns;
}

/** Blanks are single, times are HH:MM:SS, numbers of tasks N, and a tree has no trunk before its branches. */
export function mask(line: string): string {
  return line
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\d\d:\d\d:\d\d /, 'HH:MM:SS ')
    .replace(/\b(tasks: |Task )\d+/g, '$1N')
    .replace(/^\| (?=['|]- )/, '');
}

/** Without time, level and resource. */
export function wordsOf(line: string): string {
  return line.replace(/^HH:MM:SS [A-Z]+ \S+ /, '');
}
