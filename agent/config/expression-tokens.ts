/** Tokens of the body of `$( … )`. */

export type Token =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'sign'; readonly value: string };

/** Thrown inside the expression files only; evaluateExpression turns it into a plain fault. */
export interface ExpressionFault {
  readonly expressionFault: string;
}

export function expressionFault(text: string): ExpressionFault {
  return { expressionFault: text };
}

const tokenPattern =
  /[ \t\n]*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|"([^"]*)"|'([^']*)'|([A-Za-z_][\w.]*)|(\*\*|\/\/|==|!=|<=|>=|[-+*/%&|^<>(),[\]]))/y;

/** Throws an ExpressionFault at the first thing that is no token. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const pattern = new RegExp(tokenPattern);
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null) {
      if (text.slice(from).trim() === '') break;
      throw expressionFault(`cannot read "${text.slice(from, from + 20).trim()}"`);
    }
    tokens.push(tokenOf(match));
  }
  return tokens;
}

function tokenOf([, digits, double, single, word, sign]: RegExpExecArray): Token {
  if (digits !== undefined) return { kind: 'number', value: Number(digits) };
  if (word !== undefined) {
    if (word.includes('.')) throw expressionFault(`a text with dots needs quotes: "${word}"`);
    return { kind: 'word', value: word };
  }
  if (sign !== undefined) return { kind: 'sign', value: sign };
  return { kind: 'text', value: double ?? single ?? '' };
}
