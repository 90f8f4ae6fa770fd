/**
 * The line scanner below the INI document: every line of a file with its kind, its exact bytes and where its value is.
 * Rules: spec/config.md "INI language". Joining `text + eol` of all lines gives the file back.
 */

export type LineKind = 'blank' | 'comment' | 'section' | 'entry' | 'continuation' | 'unreadable';

export interface IniLine {
  readonly kind: LineKind;
  /** The line without its end. */
  readonly text: string;
  /** Empty only on the last line of a file that does not end with a newline. */
  readonly eol: '' | '\n' | '\r\n';
  /** Name of the section, or key of the entry as written (`mnt@node1`). */
  readonly name: string;
  /** Value of an entry or continuation: no white space around, no comment. */
  readonly value: string;
  /** Where `value` is in `text`. */
  readonly valueStart: number;
  readonly valueEnd: number;
  /** A comment ended the value: an open quote before it was probably cut by accident. */
  readonly commentCut: boolean;
  /** Why the line is unreadable. */
  readonly fault: string;
}

const forbiddenNames = new Set(['__proto__']);
const headerPattern = /^\[([^\]]*)\](?:[ \t]+[#;].*|[ \t]*)$/s;
/** An indented line that looks like a header: other tools would start a section there, so nobody may rely on it. */
const indentedHeaderPattern = /^[ \t]+\[(?:DEFAULT|env|labels|data|[a-z]+#[^\]]*)\]/;

/** Cuts a file into lines; a continuation is known by the entry above it. */
export function scanLines(text: string): IniLine[] {
  const lines: IniLine[] = [];
  let hasEntryAbove = false;
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    const eol = newline === -1 ? '' : text[end - 1] === '\r' && end > start ? '\r\n' : '\n';
    const line = classifyLine(text.slice(start, eol === '\r\n' ? end - 1 : end), eol, hasEntryAbove);
    if (line.kind === 'entry') hasEntryAbove = true;
    else if (line.kind === 'section' || line.kind === 'unreadable') hasEntryAbove = false;
    lines.push(line);
    start = end + 1;
  }
  return lines;
}

export function classifyLine(text: string, eol: IniLine['eol'], hasEntryAbove: boolean): IniLine {
  const first = firstNonBlank(text);
  if (first === text.length) return plainLine('blank', text, eol);
  if (text.includes('\0')) return unreadable(text, eol, 'NUL byte: this is not a text file');
  const opening = text[first];
  // A comment may hold anything but a lone carriage return: another tool could see the next line in it.
  const isComment = opening === '#' || opening === ';';
  if (isComment) return text.includes('\r') ? unreadable(text, eol, 'lone carriage return in a comment') : plainLine('comment', text, eol);
  // biome-ignore format: one row of control characters
  if (/[\x01-\x08\x0a-\x1f\x7f]/.test(text)) return unreadable(text, eol, 'control character in the line; only tabs are allowed');
  if (first > 0) return indentedLine(text, eol, first, hasEntryAbove);
  return opening === '[' ? sectionLine(text, eol) : entryLine(text, eol);
}

function indentedLine(text: string, eol: IniLine['eol'], first: number, hasEntryAbove: boolean): IniLine {
  if (indentedHeaderPattern.test(text))
    return unreadable(text, eol, 'a section header begins in the first column; remove the white space before it');
  if (hasEntryAbove) return valueLine('continuation', text, eol, '', first);
  return unreadable(text, eol, 'an indented line continues the value above, but there is none; remove the white space before it');
}

function sectionLine(text: string, eol: IniLine['eol']): IniLine {
  const name = headerPattern.exec(text)?.[1];
  if (name === undefined) return unreadable(text, eol, 'not a section header; allowed is [name], with a comment only after white space');
  const fault = sectionNameFault(name);
  return fault === undefined ? { ...plainLine('section', text, eol), name } : unreadable(text, eol, fault);
}

/** Why this is not the name of a section, or undefined. */
export function sectionNameFault(name: string): string | undefined {
  if (forbiddenNames.has(name)) return `a section cannot be named ${name}`;
  // biome-ignore format: one row of control characters
  if (name === '' || /[\]\x00-\x1f\x7f]/.test(name) || trimBlanks(name) !== name) return 'a section name is not empty and has no white space around it';
  return undefined;
}

function entryLine(text: string, eol: IniLine['eol']): IniLine {
  const equals = text.indexOf('=');
  if (equals === -1) return unreadable(text, eol, 'neither [section], key = value, comment nor indented continuation');
  const key = trimBlanks(text.slice(0, equals));
  const fault = keyFault(key);
  return fault === undefined ? valueLine('entry', text, eol, key, equals + 1) : unreadable(text, eol, fault);
}

/** Why this is not a key, or undefined. */
export function keyFault(key: string): string | undefined {
  if (key === '') return 'a key is missing before the =';
  if (forbiddenNames.has(key)) return `a key cannot be named ${key}`;
  // biome-ignore format: one row of control characters
  if (/[ =\x00-\x1f\x7f]/.test(key)) return `a key has no white space in it: "${key}"`;
  if (/^[[#;]/.test(key)) return `a key does not begin with ${key[0]}`;
  return undefined;
}

function valueLine(kind: 'entry' | 'continuation', text: string, eol: IniLine['eol'], name: string, from: number): IniLine {
  const comment = text.slice(from).search(/[ \t][#;]/);
  const end = comment === -1 ? text.length : from + comment;
  const value = trimBlanks(text.slice(from, end));
  const valueStart = value === '' ? from : from + firstNonBlank(text.slice(from, end));
  return { kind, text, eol, name, value, valueStart, valueEnd: valueStart + value.length, commentCut: comment !== -1, fault: '' };
}

function plainLine(kind: LineKind, text: string, eol: IniLine['eol']): IniLine {
  return { kind, text, eol, name: '', value: '', valueStart: 0, valueEnd: 0, commentCut: false, fault: '' };
}

function unreadable(text: string, eol: IniLine['eol'], fault: string): IniLine {
  return { ...plainLine('unreadable', text, eol), fault };
}

function firstNonBlank(text: string): number {
  let index = 0;
  while (index < text.length && (text[index] === ' ' || text[index] === '\t')) index += 1;
  return index;
}

/** Trims spaces and tabs only: other Unicode white space is data. */
export function trimBlanks(text: string): string {
  const start = firstNonBlank(text);
  let end = text.length;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  return text.slice(start, end);
}
