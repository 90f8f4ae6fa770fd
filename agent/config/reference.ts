/**
 * References `{…}` and expressions `$(…)` inside a value (spec/config.md "References and expressions"). This file knows
 * the text only; what a reference names is found by the `resolve` function it is given.
 *
 * Braces that do not look like a reference stay as they are (`{}`, `{1,2}`, `${HOME}`, JSON); a backslash keeps one that
 * does: `\{name}` and `\$(date)` lose the backslash and nothing else.
 */
import { evaluateExpression } from './expression.ts';
import { splitKeyPath } from './key-path.ts';

export interface Reference {
  readonly modifier: Modifier | undefined;
  /** `{#nodes}`: how many words. */
  readonly count: boolean;
  /** Undefined for `{kw}`: the section at hand, then DEFAULT. */
  readonly section: string | undefined;
  readonly key: string;
  /** `{nodes[0]}`; negative counts from the end. */
  readonly index: number | undefined;
}

export interface Fault {
  readonly text: string;
  readonly nearest?: string | undefined;
}

export interface Expanded {
  readonly text: string;
  /** The value's own type when the whole value is one expression. */
  readonly typed?: number | boolean;
  /** How many references deep the text was. */
  readonly height: number;
}

export type Expansion = Expanded | { readonly fault: Fault };

export type Resolve = (reference: Reference) => Expansion;

const modifiers = {
  upper: (text) => text.toUpperCase(),
  lower: (text) => text.toLowerCase(),
  capitalize: (text) => text.slice(0, 1).toUpperCase() + text.slice(1).toLowerCase(),
  title: (text) => text.toLowerCase().replace(/(^|[^a-z])([a-z])/g, (_, before: string, letter: string) => before + letter.toUpperCase()),
  swapcase: (text) => text.replace(/\p{L}/gu, (letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())),
  uri_ip: (text) => (text.includes(':') ? `[${text}]` : text),
} as const satisfies Record<string, (text: string) => string>;

export type Modifier = keyof typeof modifiers;

export function applyModifier(modifier: Modifier | undefined, text: string): string {
  return modifier === undefined ? text : modifiers[modifier](text);
}

const referencePattern = /^(?:([a-z_]+):)?(#)?([A-Za-z_](?:[\w#.@-]*\w)?)(?:\[(-?\d{1,6})\])?$/;
/** Longest result of one value: references that multiply each other may not fill the memory. */
const longestValue = 65_536;
const deepestNesting = 20;

/** What is inside the braces as a reference, or undefined when it does not look like one. */
export function parseReference(inner: string): Reference | undefined {
  if (inner.length > 300) return undefined;
  const match = referencePattern.exec(inner);
  const name = match?.[3];
  if (match === null || name === undefined) return undefined;
  const modifier = match[1];
  if (modifier !== undefined && !Object.hasOwn(modifiers, modifier)) return undefined;
  const path = splitKeyPath(name);
  return {
    modifier: modifier as Modifier | undefined,
    count: match[2] === '#',
    section: path.key === name ? undefined : path.section,
    key: path.key,
    index: match[4] === undefined ? undefined : Number(match[4]),
  };
}

/** Expands every reference and expression of a value; the first fault ends it. Never throws. */
export function expandText(text: string, resolve: Resolve): Expansion {
  return expand(text, resolve, 0);
}

interface Walk {
  readonly text: string;
  readonly resolve: Resolve;
  readonly depth: number;
  readonly closes: ReadonlyMap<number, number>;
  out: string;
  height: number;
  at: number;
  /** Set while the whole value is one expression. */
  typed: number | boolean | undefined;
}

function expand(text: string, resolve: Resolve, depth: number): Expansion {
  if (!text.includes('{') && !text.includes('$(')) return { text, height: 0 };
  if (depth > deepestNesting) return { fault: { text: `braces nested deeper than ${deepestNesting}` } };
  const walk: Walk = { text, resolve, depth, closes: matchBraces(text), out: '', height: 0, at: 0, typed: undefined };
  while (walk.at < text.length) {
    const fault = expandOne(walk);
    if (fault !== undefined) return { fault };
    if (walk.out.length > longestValue) return { fault: { text: `the value grows over ${longestValue} characters` } };
  }
  return { text: walk.out, height: walk.height, ...(walk.typed === undefined ? {} : { typed: walk.typed }) };
}

function expandOne(walk: Walk): Fault | undefined {
  const { text, at } = walk;
  if (text.startsWith('\\$(', at)) return keep(walk, '$(', 3);
  if (text.startsWith('\\{', at)) return escapedBrace(walk);
  if (text.startsWith('$(', at)) return expandExpression(walk);
  if (text.startsWith('${', at)) {
    const shellVariable = /^\$\{[A-Za-z_]\w*\}/.exec(text.slice(at, at + 100))?.[0];
    if (shellVariable !== undefined) return keep(walk, shellVariable, shellVariable.length);
  }
  if (text[at] === '{') return expandBraces(walk);
  const next = text.slice(at + 1).search(/[\\${]/);
  const end = next === -1 ? text.length : at + 1 + next;
  return keep(walk, text.slice(at, end), end - at);
}

function keep(walk: Walk, text: string, consumed: number): undefined {
  walk.out += text;
  walk.at += consumed;
}

function escapedBrace(walk: Walk): undefined {
  const close = walk.closes.get(walk.at + 1);
  const inner = close === undefined ? undefined : walk.text.slice(walk.at + 2, close);
  if (inner === undefined || parseReference(inner) === undefined) return keep(walk, '\\', 1);
  return keep(walk, `{${inner}}`, inner.length + 3);
}

function expandBraces(walk: Walk): Fault | undefined {
  const close = walk.closes.get(walk.at);
  if (close === undefined) return keep(walk, '{', 1);
  const raw = walk.text.slice(walk.at + 1, close);
  const consumed = raw.length + 2;
  const isNested = raw.includes('{') || raw.includes('$(');
  const inner = isNested ? expand(raw, walk.resolve, walk.depth + 1) : { text: raw, height: 0 };
  if ('fault' in inner) return inner.fault;
  walk.height = Math.max(walk.height, inner.height);
  // {{name}} is a reference in literal braces; {env.{name}} is a computed one.
  const isWrapped = raw.startsWith('{') && matchBraces(raw).get(0) === raw.length - 1;
  const reference = isWrapped ? undefined : parseReference(inner.text);
  if (reference === undefined) return keep(walk, `{${inner.text}}`, consumed);
  const found = walk.resolve(reference);
  if ('fault' in found) return found.fault;
  walk.height = Math.max(walk.height, found.height);
  return keep(walk, found.text, consumed);
}

function expandExpression(walk: Walk): Fault | undefined {
  const close = closingParenthesis(walk.text, walk.at + 1);
  const hint = 'write \\$( when it is meant for a shell';
  if (close === undefined) return { text: `$( without its closing parenthesis; ${hint}` };
  const body = expand(walk.text.slice(walk.at + 2, close), walk.resolve, walk.depth + 1);
  if ('fault' in body) return body.fault;
  walk.height = Math.max(walk.height, body.height);
  const result = evaluateExpression(body.text);
  if ('fault' in result) return { text: `expression $(${body.text}): ${result.fault}; ${hint}` };
  const isWhole = walk.text.slice(0, walk.at).trim() === '' && walk.text.slice(close + 1).trim() === '';
  if (isWhole && typeof result.value !== 'string') walk.typed = result.value;
  return keep(walk, String(result.value), close + 1 - walk.at);
}

/** Where each opening brace is closed, in one pass. */
function matchBraces(text: string): ReadonlyMap<number, number> {
  const closes = new Map<number, number>();
  const open: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '{') open.push(at);
    else if (text[at] === '}') {
      const start = open.pop();
      if (start !== undefined) closes.set(start, at);
    }
  }
  return closes;
}

/** The parenthesis that closes the one at `start`, quotes skipped. */
function closingParenthesis(text: string, start: number): number | undefined {
  let depth = 0;
  let quote = '';
  for (let at = start; at < text.length; at += 1) {
    const sign = text[at] ?? '';
    if (quote !== '') quote = sign === quote ? '' : quote;
    else if (sign === '"' || sign === "'") quote = sign;
    else if (sign === '(') depth += 1;
    else if (sign === ')') {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return undefined;
}
