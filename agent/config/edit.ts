/** Pure edits of a document: only the touched lines change, and a set followed by an unset gives the same bytes. */
import { SvcError } from '../errors.ts';
import { documentMark, type IniDocument, parseDocument } from './document.ts';
import { classifyLine, type IniLine, keyFault, sectionNameFault, trimBlanks } from './lines.ts';

/**
 * Sets a key (scope included in its name), adding the section at the end of the file when it is missing.
 * CONFIG when the document has errors or the value cannot be written so that it reads back the same.
 */
export function setKey(doc: IniDocument, section: string, key: string, value: string): IniDocument {
  requireEditable(doc);
  const fault = sectionNameFault(section) ?? keyFault(key);
  if (fault !== undefined) throw new SvcError('CONFIG', `cannot set ${section}.${key}: ${fault}`);
  if (doc.get(section, key) === value) return doc;
  const found = doc.section(section);
  const entry = found?.keys.get(key);
  if (entry !== undefined) return checked(replaceValue(doc, entry.line - 1, value), section, key, value);
  const after = found === undefined ? addSection(doc, section, key, value) : addKey(doc, found.line - 1, key, value);
  return checked(after, section, key, value);
}

/** Removes a key and its continuation lines; a section that `setKey` made for it goes too. The same document when absent. */
export function unsetKey(doc: IniDocument, section: string, key: string): IniDocument {
  requireEditable(doc);
  const found = doc.section(section);
  const entry = found?.keys.get(key);
  if (found === undefined || entry === undefined) return doc;
  const start = entry.line - 1;
  const own = valueLines(doc, start);
  const header = found.line - 1;
  if (isMadeBySet(doc, header, start, own)) {
    const from = header > 0 ? header - 1 : 0;
    return rebuilt(doc, doc.lines.slice(0, from));
  }
  return rebuilt(
    doc,
    doc.lines.filter((_, index) => !own.has(index)),
  );
}

/** Removes a section: its header and everything to its last key; comments that lead the next section stay. */
export function removeSection(doc: IniDocument, section: string): IniDocument {
  requireEditable(doc);
  const found = doc.section(section);
  if (found === undefined) return doc;
  const header = found.line - 1;
  const before = doc.lines.slice(0, header);
  const after = doc.lines.slice(lastValueLine(doc, header) + 1);
  const nextIsBlank = after.length === 0 || after[0]?.kind === 'blank';
  if (nextIsBlank && before.at(-1)?.kind === 'blank') before.pop();
  else if (before.length === 0 && after[0]?.kind === 'blank') after.shift();
  return rebuilt(doc, [...before, ...after]);
}

function requireEditable(doc: IniDocument): void {
  const first = doc.problems.find(({ severity }) => severity === 'error');
  if (first === undefined) return;
  throw new SvcError('CONFIG', `${doc.file}:${first.line}: ${first.text}`, { hint: 'repair the file first: svcmgr -s SERVICE edit' });
}

function checked(after: IniDocument, section: string, key: string, value: string): IniDocument {
  const isSound = after.get(section, key) === value && after.problems.every(({ severity }) => severity !== 'error');
  if (isSound) return after;
  throw new SvcError('CONFIG', `the value of ${section}.${key} cannot be written in an INI file: ${JSON.stringify(value)}`, {
    hint: 'a # or ; after white space begins a comment, lines are trimmed and none may be empty; put such text in a file, or join it from [env] references',
    facts: { section, key },
  });
}

/** The lines of one value: the entry and its continuations, not the comments between them. */
function valueLines(doc: IniDocument, start: number): ReadonlySet<number> {
  const own = new Set([start]);
  for (let index = start + 1; index < doc.lines.length; index += 1) {
    const kind = doc.lines[index]?.kind;
    if (kind === 'continuation') own.add(index);
    else if (kind === 'entry' || kind === 'section') break;
  }
  return own;
}

function lastValueLine(doc: IniDocument, header: number): number {
  let last = header;
  for (let index = header + 1; index < doc.lines.length; index += 1) {
    const kind = doc.lines[index]?.kind;
    if (kind === 'section') break;
    if (kind === 'entry' || kind === 'continuation') last = index;
  }
  return last;
}

function replaceValue(doc: IniDocument, start: number, value: string): IniDocument {
  const own = valueLines(doc, start);
  const line = doc.lines[start];
  if (line === undefined) return doc;
  const [first = '', ...rest] = value.split('\n');
  const text = entryText(line.text.slice(0, line.valueStart), first, line.commentCut ? line.text.slice(line.valueEnd) : '');
  const lines = doc.lines.flatMap((old, index) => {
    if (index === start) return [newLine(doc, text), ...continuations(doc, rest)];
    return own.has(index) ? [] : [old];
  });
  return rebuilt(doc, lines);
}

/** `head` ends with the `=` and its white space; a value that begins like a comment must touch the `=`. */
function entryText(head: string, value: string, comment: string): string {
  const equals = head.slice(0, head.indexOf('=') + 1);
  const gap = head.slice(equals.length) || (/[ \t]=$/.test(equals) ? ' ' : '');
  if (value === '') return `${equals}${comment}`;
  return `${equals}${/^[#;]/.test(value) ? '' : gap}${value}${comment}`;
}

function addKey(doc: IniDocument, header: number, key: string, value: string): IniDocument {
  const last = lastValueLine(doc, header);
  // A lone `key = value` below the last header would look made by set, and unset would take the header along.
  const wouldLookMade = last === header && isLoneSection(doc, header, new Set([header]));
  const added = entryLines(doc, wouldLookMade ? `${key}=` : `${key} = `, value);
  return rebuilt(doc, [...doc.lines.slice(0, last + 1), ...added, ...doc.lines.slice(last + 1)]);
}

function addSection(doc: IniDocument, section: string, key: string, value: string): IniDocument {
  const separator = doc.lines.length === 0 ? [] : [newLine(doc, '')];
  return rebuilt(doc, [...doc.lines, ...separator, newLine(doc, `[${section}]`), ...entryLines(doc, `${key} = `, value)]);
}

function isMadeBySet(doc: IniDocument, header: number, start: number, own: ReadonlySet<number>): boolean {
  const hasMadeStyle = /^[^ \t=]+ =/.test(doc.lines[start]?.text ?? '');
  return (
    hasMadeStyle && doc.lines[header]?.text === `[${doc.lines[header]?.name}]` && isLoneSection(doc, header, new Set([header, ...own]))
  );
}

/** The last section of the file, after an empty line or at the top, made of these lines only. */
function isLoneSection(doc: IniDocument, header: number, members: ReadonlySet<number>): boolean {
  const isSeparate = header === 0 || doc.lines[header - 1]?.text === '';
  return isSeparate && doc.lines.length === header + members.size;
}

function entryLines(doc: IniDocument, head: string, value: string): IniLine[] {
  const [first = '', ...rest] = value.split('\n');
  return [newLine(doc, trimBlanks(entryText(head, first, ''))), ...continuations(doc, rest)];
}

function continuations(doc: IniDocument, rest: readonly string[]): IniLine[] {
  return rest.map((part) => newLine(doc, `  ${part}`));
}

function newLine(doc: IniDocument, text: string): IniLine {
  return classifyLine(text, doc.lines.find(({ eol }) => eol !== '')?.eol ?? '\n', true);
}

/** Joins the lines again; a file without a newline at its end stays one. */
function rebuilt(doc: IniDocument, lines: readonly IniLine[]): IniDocument {
  const endsBare = doc.lines.at(-1)?.eol === '';
  const usual = doc.lines.find(({ eol }) => eol !== '')?.eol ?? '\n';
  const body = lines.map(({ text, eol }, index) => text + (index === lines.length - 1 && endsBare ? '' : eol || usual)).join('');
  return parseDocument(documentMark(doc) + body, doc.file);
}
