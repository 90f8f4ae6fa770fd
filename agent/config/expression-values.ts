/** Values of `$( … )` and what their operators do: Python's rules on numbers, texts and truth, as OpenSVC files expect. */
import { expressionFault } from './expression-tokens.ts';

export type ExpressionValue = number | string | boolean | null | readonly ExpressionValue[];

/** Repeating a text may not fill the memory. */
const longestText = 65_536;

export function isTrue(value: ExpressionValue): boolean {
  if (value === null) return false;
  return Array.isArray(value) ? value.length > 0 : value !== 0 && value !== '' && value !== false;
}

export function isEqual(left: ExpressionValue, right: ExpressionValue): boolean {
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null));
  // A keyword's text "true" and the word true mean the same thing to the author of a file.
  if (typeof left === 'boolean' && typeof right === 'string') return String(left) === right.toLowerCase();
  if (typeof left === 'string' && typeof right === 'boolean') return isEqual(right, left);
  if (isNumeric(left) && isNumeric(right)) return Number(left) === Number(right);
  return left === right;
}

export function compare(sign: string, left: ExpressionValue, right: ExpressionValue): boolean {
  if (sign === '==') return isEqual(left, right);
  if (sign === '!=') return !isEqual(left, right);
  if (sign === 'in') return isIn(left, right);
  if (sign === 'not in') return !isIn(left, right);
  const isText = typeof left === 'string' && typeof right === 'string';
  if (!isText && !(isNumeric(left) && isNumeric(right)))
    throw expressionFault(`cannot order ${describeValue(left)} and ${describeValue(right)}`);
  const order = isText ? (left < right ? -1 : Number(left > right)) : Number(left) - Number(right);
  if (sign === '<') return order < 0;
  if (sign === '>') return order > 0;
  return sign === '<=' ? order <= 0 : order >= 0;
}

function isIn(item: ExpressionValue, whole: ExpressionValue): boolean {
  if (Array.isArray(whole)) return whole.some((member) => isEqual(item, member));
  if (typeof whole === 'string' && typeof item === 'string') return whole.includes(item);
  throw expressionFault(`"in" needs a list or a text on its right, not ${describeValue(whole)}`);
}

export function calculate(sign: string, left: ExpressionValue, right: ExpressionValue): ExpressionValue {
  if (sign === '+' && typeof left === 'string' && typeof right === 'string') return bounded(left + right);
  if (sign === '*' && typeof left === 'string' && isNumeric(right)) return repeat(left, Number(right));
  if (sign === '*' && isNumeric(left) && typeof right === 'string') return repeat(right, Number(left));
  if (!isNumeric(left) || !isNumeric(right)) throw expressionFault(`cannot do ${describeValue(left)} ${sign} ${describeValue(right)}`);
  const result = calculateNumbers(sign, Number(left), Number(right));
  if (!Number.isFinite(result)) throw expressionFault(`${describeValue(left)} ${sign} ${describeValue(right)} has no finite result`);
  return result;
}

function calculateNumbers(sign: string, left: number, right: number): number {
  if ((sign === '/' || sign === '//' || sign === '%') && right === 0) throw expressionFault('division by zero');
  if (sign === '+') return left + right;
  if (sign === '-') return left - right;
  if (sign === '*') return left * right;
  if (sign === '/') return left / right;
  if (sign === '//') return Math.floor(left / right);
  if (sign === '%') return left - right * Math.floor(left / right);
  if (sign === '**') return left ** right;
  return calculateBits(sign, left, right);
}

function calculateBits(sign: string, left: number, right: number): number {
  if (!Number.isSafeInteger(left) || !Number.isSafeInteger(right)) throw expressionFault(`${sign} needs whole numbers`);
  if (sign === '&') return Number(BigInt(left) & BigInt(right));
  return Number(sign === '|' ? BigInt(left) | BigInt(right) : BigInt(left) ^ BigInt(right));
}

export function negate(sign: string, value: ExpressionValue): number {
  if (!isNumeric(value)) throw expressionFault(`${sign} needs a number, not ${describeValue(value)}`);
  return sign === '-' ? 0 - Number(value) : Number(value);
}

function repeat(text: string, times: number): string {
  if (!Number.isInteger(times)) throw expressionFault(`a text is repeated a whole number of times, not ${times}`);
  if (text.length * times > longestText) throw expressionFault(`the text grows over ${longestText} characters`);
  return text.repeat(Math.max(0, times));
}

function bounded(text: string): string {
  if (text.length > longestText) throw expressionFault(`the text grows over ${longestText} characters`);
  return text;
}

function isNumeric(value: ExpressionValue): value is number | boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}

export function describeValue(value: ExpressionValue): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'string' ? `"${value.slice(0, 40)}"` : value === null ? 'None' : String(value);
}
