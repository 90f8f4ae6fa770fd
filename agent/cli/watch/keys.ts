/** What a terminal sends for the keys that are used (xterm control sequences; the same from the console, screen and tmux). */

export type Key = 'up' | 'down' | 'page up' | 'page down' | 'home' | 'end' | 'enter' | 'back' | 'quit' | 'redraw';

const keys: Readonly<Record<string, Key>> = {
  '\x1b[A': 'up',
  '\x1bOA': 'up',
  k: 'up',
  '\x1b[B': 'down',
  '\x1bOB': 'down',
  j: 'down',
  '\x1b[5~': 'page up',
  '\x1b[6~': 'page down',
  ' ': 'page down',
  '\x1b[H': 'home',
  '\x1bOH': 'home',
  '\x1b[1~': 'home',
  '\x1b[F': 'end',
  '\x1bOF': 'end',
  '\x1b[4~': 'end',
  '\r': 'enter',
  '\n': 'enter',
  '\x1b[C': 'enter',
  '\x1bOC': 'enter',
  '\x1b': 'back',
  '\x1b[D': 'back',
  '\x1bOD': 'back',
  '\x7f': 'back',
  q: 'quit',
  '\x03': 'quit',
  '\x04': 'quit',
  '\x0c': 'redraw',
};

const token = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[\s\S]/gu;

/** The keys in what was read at once; anything else is nothing. */
export function readKeys(text: string): readonly Key[] {
  return [...text.matchAll(token)].flatMap(([part]) => keys[part] ?? []);
}
