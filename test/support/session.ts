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
    .replace(/^(\| )+(?=['|]- )/, '');
}

/** Without time, level and resource. */
export function wordsOf(line: string): string {
  return line.replace(/^HH:MM:SS [A-Z]+ \S+ /, '');
}

/** Durations, sizes, keys and paths of disks; several paths in a row are one. */
export function maskNumbers(text: string): string {
  return text
    .replace(/ done in \d:\d\d:\d\d\.\d+ /g, ' done in N ')
    .replace(/\b\d+\/\d+ (files|blocks)/g, 'N/N $1')
    .replace(/\b0x[0-9a-f]{8,}\b/g, 'KEY')
    .replace(/\/dev\/sd[a-z]+(, \/dev\/sd[a-z]+)*/g, '/dev/sdX');
}

/** Masked lines as a golden file has them: one that repeats is there once, and behind a command, more output of it has no time. */
export function shownOf(lines: readonly string[], expected: readonly string[]): readonly string[] {
  const distinct = lines.filter((line, at) => line !== lines[at - 1]);
  return distinct.map((line, at) => (expected[at]?.startsWith('HH:MM:SS') === false ? wordsOf(line) : line));
}

/** The same session from the other side; sync#i0 has its own words on a node of drpnodes, whatever is up. */
export function exchanged(text: string): string {
  const names: Readonly<Record<string, string>> = {
    node1: 'node2',
    node2: 'node1',
    'hp3par1.opensvc.com': 'hp3par2.opensvc.com',
    'hp3par2.opensvc.com': 'hp3par1.opensvc.com',
    MYRCG: 'MYRCG.r12345',
    'MYRCG.r12345': 'MYRCG',
  };
  const own = text.replace(/^.*SYNC#I0 .*\n/m, '');
  return own.replace(/\b(node[12]|hp3par[12]\.opensvc\.com|MYRCG(\.r12345)?)(?!\w)/g, (word) => names[word] ?? word);
}
