/** `svcmgr set --kw section.key<op>value` and `unset`: pure edits of a document (spec/cli.md). */
import { SvcError } from '../errors.ts';
import { wordsOf } from './convert.ts';
import type { IniDocument } from './document.ts';
import { setKey, unsetKey } from './edit.ts';
import { groupOf, splitRid } from './groups.ts';
import { splitKeyPath } from './key-path.ts';
import { nearestName } from '../nearest.ts';

type Operator = '=' | '+=' | '|=' | '-=';

interface Operation {
  readonly path: string;
  readonly operator: Operator;
  /** Where `+=` inserts; at the end without it. */
  readonly index: number | undefined;
  readonly value: string;
}

/**
 * `k=v` sets, `k+=v` appends words (`k[0]+=v` inserts), `k|=v` appends those that are missing, `k-=v` removes the first of each.
 * Without a section the key is of DEFAULT; `fs.kw` means every resource of the group. CONFIG when it makes no sense.
 */
export function applySet(doc: IniDocument, expression: string): IniDocument {
  const operation = parseOperation(expression);
  return targets(doc, operation.path).reduce((edited, { section, key }) => {
    const before = edited.get(section, key);
    const after = newValue(before, operation);
    return after === undefined ? edited : setKey(edited, section, key, after);
  }, doc);
}

/** Removes a key; `fs.kw` removes it from every resource of the group. NOT_FOUND when nothing has it. */
export function applyUnset(doc: IniDocument, path: string): IniDocument {
  const trimmed = path.trim();
  const present = targets(doc, trimmed).filter(({ section, key }) => doc.get(section, key) !== undefined);
  if (present.length > 0) return present.reduce((edited, { section, key }) => unsetKey(edited, section, key), doc);
  const all = doc.sections.flatMap(({ name, keys }) => [...keys.keys()].map((key) => (name === 'DEFAULT' ? key : `${name}.${key}`)));
  const nearest = nearestName(trimmed, all);
  throw new SvcError(
    'NOT_FOUND',
    `${trimmed} is not set in ${doc.file}`,
    nearest === undefined ? {} : { hint: `did you mean ${nearest}?` },
  );
}

function parseOperation(expression: string): Operation {
  const equals = expression.indexOf('=');
  if (equals === -1) throw malformed(expression, 'there is no =');
  const sign = expression[equals - 1] ?? '';
  const operator = ['+', '|', '-'].includes(sign) ? (`${sign}=` as Operator) : '=';
  const left = expression.slice(0, operator === '=' ? equals : equals - 1).trim();
  const { path, index } = splitIndex(left, expression);
  if (path === '') throw malformed(expression, 'there is no keyword before the operator');
  if (index !== undefined && operator !== '+=') throw malformed(expression, `an index says where += inserts; ${operator} takes none`);
  return { path, operator, index, value: expression.slice(equals + 1).trim() };
}

function splitIndex(left: string, expression: string): { readonly path: string; readonly index: number | undefined } {
  if (!left.includes('[')) return { path: left, index: undefined };
  const match = /^(.*)\[(-?\d{1,6})\]$/s.exec(left);
  if (match === null) throw malformed(expression, 'an index is a number in brackets at the end of the keyword, as in nodes[0]+=n3');
  return { path: match[1] ?? '', index: Number(match[2]) };
}

function malformed(expression: string, text: string): SvcError {
  return new SvcError('CONFIG', `cannot read "${expression}": ${text}`, {
    hint: 'allowed are section.keyword=value, +=, |= and -=; without a section it is [DEFAULT]',
  });
}

/** The section and key a path means; a group without index means each of its resources. */
function targets(doc: IniDocument, path: string): readonly { readonly section: string; readonly key: string }[] {
  const { section, key } = splitKeyPath(path);
  const group = groupOf(section)?.group;
  if (group === undefined) return [{ section, key }];
  const members = doc.sections.map(({ name }) => name).filter((name) => groupOf(splitRid(name)?.group ?? '')?.group === group);
  if (members.length === 0)
    throw new SvcError('CONFIG', `${path} means every resource of group ${section}, and there is none in ${doc.file}`);
  return members.map((name) => ({ section: name, key }));
}

/** Undefined when nothing has to change. */
function newValue(before: string | undefined, { operator, index, value }: Operation): string | undefined {
  if (operator === '=') return value;
  const words = wordsOf(before ?? '');
  const given = wordsOf(value);
  if (operator === '-=') return removeFirst(words, given);
  const added = operator === '|=' ? given.filter((word, at) => !words.includes(word) && given.indexOf(word) === at) : given;
  if (added.length === 0) return undefined;
  // Appending keeps the lines and spaces of what is there.
  if (index === undefined) return words.length === 0 ? added.join(' ') : `${before ?? ''} ${added.join(' ')}`;
  return words.toSpliced(index, 0, ...added).join(' ');
}

function removeFirst(words: readonly string[], given: readonly string[]): string | undefined {
  const left = [...words];
  for (const word of given) {
    const at = left.indexOf(word);
    if (at !== -1) left.splice(at, 1);
  }
  return left.length === words.length ? undefined : left.join(' ');
}
