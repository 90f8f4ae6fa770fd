/** Shell words (spec/config.md kind argv): quotes and backslash as in a shell, no expansion, and no shell runs. */

export type Words = { readonly words: readonly string[] } | { readonly fault: string };

/** What would only mean something to a shell: an operator as a word, a redirection, a command that ends with `;`. */
const shellOperator = /^(?:(?:\|\|?|&&?|[^'"\\]*;)$|\d?[<>]|&>)/;

interface Scanner {
  readonly text: string;
  at: number;
}

/** Splits a text into words; an open quote, a trailing backslash or an unquoted shell operator is a fault. */
export function splitWords(text: string): Words {
  const scanner: Scanner = { text, at: 0 };
  const words: string[] = [];
  for (;;) {
    while (isBlank(text[scanner.at])) scanner.at += 1;
    if (scanner.at >= text.length) return { words };
    const start = scanner.at;
    const word = scanWord(scanner);
    if (typeof word !== 'string') return word;
    const raw = text.slice(start, scanner.at);
    if (shellOperator.test(raw)) {
      return { fault: `"${raw}" means something to a shell only, and none runs here; quote it, or write sh -c '…'` };
    }
    if (raw !== '\\\n') words.push(word);
  }
}

function isBlank(sign: string | undefined): boolean {
  return sign === ' ' || sign === '\t' || sign === '\n' || sign === '\r';
}

function scanWord(scanner: Scanner): string | { readonly fault: string } {
  let word = '';
  while (scanner.at < scanner.text.length && !isBlank(scanner.text[scanner.at])) {
    const sign = scanner.text[scanner.at] ?? '';
    scanner.at += 1;
    if (sign === "'" || sign === '"') {
      const quoted = scanQuoted(scanner, sign);
      if (quoted === undefined) return { fault: `a ${sign === "'" ? 'single' : 'double'} quote is opened and not closed` };
      word += quoted;
    } else if (sign === '\\') {
      if (scanner.at >= scanner.text.length) return { fault: 'a backslash ends the command; it must stand before a character' };
      // A backslash before a line end joins the lines.
      if (scanner.text[scanner.at] !== '\n') word += scanner.text[scanner.at] ?? '';
      scanner.at += 1;
    } else word += sign;
  }
  return word;
}

/** The inside of quotes; undefined when they are not closed. Only in double quotes a backslash escapes \ " $ and `. */
function scanQuoted(scanner: Scanner, quote: string): string | undefined {
  let inside = '';
  while (scanner.at < scanner.text.length) {
    const sign = scanner.text[scanner.at] ?? '';
    scanner.at += 1;
    if (sign === quote) return inside;
    const next = scanner.text[scanner.at];
    if (sign === '\\' && quote === '"' && next !== undefined && '\\"$`'.includes(next)) {
      inside += next;
      scanner.at += 1;
    } else inside += sign;
  }
  return undefined;
}
