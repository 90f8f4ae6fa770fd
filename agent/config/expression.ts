/**
 * Arithmetic and comparisons of `$( … )` (spec/config.md "References and expressions"): precedence and results as in
 * Python, where the peer's evaluator deviates from Python (vectors/README.md) we do not.
 */
import { type ExpressionFault, expressionFault, type Token, tokenize } from './expression-tokens.ts';
import { calculate, compare, describeValue, type ExpressionValue, isTrue, negate } from './expression-values.ts';

const deepest = 50;

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
  depth: number;
}

type Level = (cursor: Cursor) => ExpressionValue;

/** The value of an expression body, a number, text or truth value; or why it has none. Never throws. */
export function evaluateExpression(body: string): { readonly value: number | string | boolean } | { readonly fault: string } {
  try {
    const cursor: Cursor = { tokens: tokenize(body), at: 0, depth: 0 };
    const lone = cursor.tokens.length === 1 ? cursor.tokens[0] : undefined;
    if (lone?.kind === 'word' && constantOf(lone.value) === undefined) throw expressionFault('a single word is no expression');
    const value = disjunction(cursor);
    const rest = cursor.tokens[cursor.at];
    if (rest !== undefined) throw expressionFault(`"${rest.value}" is not expected there`);
    if (value === null || typeof value === 'object')
      throw expressionFault(`the result is ${describeValue(value)}, not a number, text or truth value`);
    return { value };
  } catch (thrown) {
    if (isExpressionFault(thrown)) return { fault: thrown.expressionFault };
    throw thrown;
  }
}

function isExpressionFault(thrown: unknown): thrown is ExpressionFault {
  return typeof thrown === 'object' && thrown !== null && 'expressionFault' in thrown;
}

function disjunction(cursor: Cursor): ExpressionValue {
  let value = conjunction(cursor);
  while (takeWord(cursor, 'or')) {
    const right = conjunction(cursor);
    value = isTrue(value) ? value : right;
  }
  return value;
}

function conjunction(cursor: Cursor): ExpressionValue {
  let value = negation(cursor);
  while (takeWord(cursor, 'and')) {
    const right = negation(cursor);
    value = isTrue(value) ? right : value;
  }
  return value;
}

function negation(cursor: Cursor): ExpressionValue {
  if (!takeWord(cursor, 'not')) return comparison(cursor);
  return !isTrue(nested(cursor, negation));
}

/** `1 < 2 < 3` holds when every pair does. */
function comparison(cursor: Cursor): ExpressionValue {
  let left = bitOr(cursor);
  let sign = takeComparison(cursor);
  if (sign === undefined) return left;
  let holds = true;
  while (sign !== undefined) {
    const right = bitOr(cursor);
    holds = compare(sign, left, right) && holds;
    left = right;
    sign = takeComparison(cursor);
  }
  return holds;
}

function takeComparison(cursor: Cursor): string | undefined {
  const sign = takeSign(cursor, ['==', '!=', '<=', '>=', '<', '>']);
  if (sign !== undefined) return sign;
  if (takeWord(cursor, 'in')) return 'in';
  const next = cursor.tokens[cursor.at + 1];
  if (next?.kind !== 'word' || next.value !== 'in' || !takeWord(cursor, 'not')) return undefined;
  cursor.at += 1;
  return 'not in';
}

const multiplication = leftToRight(['*', '/', '//', '%'], unary);
const addition = leftToRight(['+', '-'], multiplication);
const bitAnd = leftToRight(['&'], addition);
const bitXor = leftToRight(['^'], bitAnd);
const bitOr = leftToRight(['|'], bitXor);

function leftToRight(signs: readonly string[], next: Level): Level {
  return (cursor) => {
    let value = next(cursor);
    for (let sign = takeSign(cursor, signs); sign !== undefined; sign = takeSign(cursor, signs))
      value = calculate(sign, value, next(cursor));
    return value;
  };
}

function unary(cursor: Cursor): ExpressionValue {
  const sign = takeSign(cursor, ['-', '+']);
  return sign === undefined ? power(cursor) : negate(sign, nested(cursor, unary));
}

function power(cursor: Cursor): ExpressionValue {
  const base = primary(cursor);
  return takeSign(cursor, ['**']) === undefined ? base : calculate('**', base, nested(cursor, unary));
}

function primary(cursor: Cursor): ExpressionValue {
  const token = cursor.tokens[cursor.at];
  if (token === undefined) throw expressionFault('it ends too early');
  cursor.at += 1;
  if (token.kind === 'number' || token.kind === 'text') return token.value;
  if (token.kind === 'word') return wordValue(token.value);
  if (token.value === '(') return nested(cursor, (inner) => members(inner, ')'));
  if (token.value === '[') return nested(cursor, (inner) => members(inner, ']', true));
  throw expressionFault(`"${token.value}" is not expected there`);
}

/** The inside of parentheses: one value, or a list when there is a comma. */
function members(cursor: Cursor, close: string, isList = false): ExpressionValue {
  const values: ExpressionValue[] = [];
  let hasComma = isList;
  while (takeSign(cursor, [close]) === undefined) {
    values.push(disjunction(cursor));
    if (takeSign(cursor, [',']) !== undefined) hasComma = true;
    else if (takeSign(cursor, [close]) === undefined) throw expressionFault(`"${close}" is missing`);
    else break;
  }
  return hasComma || values.length === 0 ? values : (values[0] ?? null);
}

function nested(cursor: Cursor, level: Level): ExpressionValue {
  cursor.depth += 1;
  if (cursor.depth > deepest) throw expressionFault(`nested deeper than ${deepest}`);
  const value = level(cursor);
  cursor.depth -= 1;
  return value;
}

function wordValue(word: string): ExpressionValue {
  if (['and', 'or', 'not', 'in'].includes(word)) throw expressionFault(`"${word}" is not expected there`);
  const constant = constantOf(word);
  return constant === undefined ? word : constant;
}

/** Undefined for a word that stands for its own text. */
function constantOf(word: string): boolean | null | undefined {
  if (word === 'None') return null;
  const lower = word.toLowerCase();
  return lower === 'true' ? true : lower === 'false' ? false : undefined;
}

function takeWord(cursor: Cursor, word: string): boolean {
  const token = cursor.tokens[cursor.at];
  if (token?.kind !== 'word' || token.value !== word) return false;
  cursor.at += 1;
  return true;
}

function takeSign(cursor: Cursor, signs: readonly string[]): string | undefined {
  const token = cursor.tokens[cursor.at];
  if (token?.kind !== 'sign' || !signs.includes(token.value)) return undefined;
  cursor.at += 1;
  return token.value;
}
