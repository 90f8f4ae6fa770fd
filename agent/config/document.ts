/** The lossless INI document: a list of lines that prints the same bytes, and the sections, keys and values in it. */
import type { Problem } from './definition.ts';
import { type RawSection, readThroughIni } from './ini-values.ts';
import { type IniLine, scanLines } from './lines.ts';

export interface IniEntry {
  readonly value: string;
  /** Line of the key, from 1. */
  readonly line: number;
  /** A comment on the same lines ended the value. */
  readonly commentCut: boolean;
}

export interface IniSection {
  readonly name: string;
  /** Line of the header, from 1. */
  readonly line: number;
  /** Key as written, scope included (`mnt@node1`), in the order of the file. */
  readonly keys: ReadonlyMap<string, IniEntry>;
}

export interface IniDocument {
  readonly file: string;
  /** What is wrong with the text itself; what the values mean is checked by evaluate.ts. */
  readonly problems: readonly Problem[];
  readonly sections: readonly IniSection[];
  readonly lines: readonly IniLine[];
  /** The value of a key exactly as written (scope included), undefined when absent. */
  get(section: string, key: string): string | undefined;
  section(name: string): IniSection | undefined;
  /** The same bytes that were parsed. */
  toText(): string;
}

/** Limits of spec/config.md. */
export const documentLimits = { sizeBytes: 1024 * 1024, lines: 10_000 } as const;

const byteOrderMark = '\ufeff';

/** Parses a service or node file; never throws: what is wrong is in `problems`, each with its line. */
export function parseDocument(text: string, file: string): IniDocument {
  const tooLarge = sizeFault(text);
  if (tooLarge !== undefined) return build(text, file, [], new Map(), [problem('error', file, 1, tooLarge)]);
  const hasMark = text.startsWith(byteOrderMark);
  const lines = scanLines(hasMark ? text.slice(1) : text);
  const collected = collectSections(lines, file);
  if (hasMark)
    collected.problems.unshift(
      problem('warning', file, 1, 'the file begins with a byte order mark; save it as UTF-8 without one, other tools misread it'),
    );
  return build(text, file, lines, collected.sections, collected.problems);
}

/** How the file begins before its first line: nothing or a byte order mark. */
export function documentMark(doc: IniDocument): string {
  return doc.toText().startsWith(byteOrderMark) ? byteOrderMark : '';
}

function sizeFault(text: string): string | undefined {
  if (Buffer.byteLength(text) > documentLimits.sizeBytes) return 'the file is larger than 1 MiB, the limit of a configuration file';
  let lines = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < text.length - 1; at = text.indexOf('\n', at + 1)) lines += 1;
  return lines > documentLimits.lines
    ? `the file has more than ${documentLimits.lines} lines, the limit of a configuration file`
    : undefined;
}

interface OpenEntry {
  readonly key: string;
  readonly line: number;
  readonly parts: string[];
  commentCut: boolean;
}

interface OpenSection {
  readonly name: string;
  readonly line: number;
  readonly entries: Map<string, OpenEntry>;
}

interface Collector {
  readonly file: string;
  readonly sections: Map<string, OpenSection>;
  readonly problems: Problem[];
  section: OpenSection | undefined;
  entry: OpenEntry | undefined;
}

function collectSections(lines: readonly IniLine[], file: string): Collector {
  const collector: Collector = { file, sections: new Map(), problems: [], section: undefined, entry: undefined };
  for (const [index, line] of lines.entries()) {
    if (line.kind === 'section') openSection(collector, line.name, index + 1);
    else if (line.kind === 'entry') openEntry(collector, line, index + 1);
    else if (line.kind === 'continuation') continueEntry(collector, line);
    else if (line.kind === 'unreadable') {
      collector.entry = undefined;
      collector.problems.push({ ...problem('error', file, index + 1, line.fault), value: shown(line.text) });
    }
  }
  return collector;
}

function openSection(collector: Collector, name: string, line: number): void {
  const first = collector.sections.get(name);
  collector.entry = undefined;
  collector.section = { name, line, entries: new Map() };
  if (first === undefined) collector.sections.set(name, collector.section);
  else
    collector.problems.push({
      ...problem('error', collector.file, line, `section [${name}] is already at line ${first.line}; join the two`),
      section: name,
    });
}

function openEntry(collector: Collector, line: IniLine, number: number): void {
  const { section, file, problems } = collector;
  collector.entry = { key: line.name, line: number, parts: line.value === '' ? [] : [line.value], commentCut: line.commentCut };
  if (section === undefined) {
    problems.push({
      ...problem('error', file, number, 'a key before the first section belongs to none; put it below [DEFAULT]'),
      keyword: line.name,
    });
    return;
  }
  const first = section.entries.get(line.name);
  if (first === undefined) {
    section.entries.set(line.name, collector.entry);
    return;
  }
  const text = `${line.name} is already set at line ${first.line}; keep one of the two`;
  problems.push({ ...problem('error', file, number, text), section: section.name, keyword: line.name, value: line.value });
}

function continueEntry(collector: Collector, line: IniLine): void {
  if (collector.entry === undefined) return;
  if (line.value !== '') collector.entry.parts.push(line.value);
  if (line.commentCut) collector.entry.commentCut = true;
}

function build(
  text: string,
  file: string,
  lines: readonly IniLine[],
  open: ReadonlyMap<string, OpenSection>,
  problems: readonly Problem[],
): IniDocument {
  const raw: RawSection[] = [...open.values()].map(({ name, entries }) => ({
    name,
    entries: [...entries.values()].map(({ key, parts }) => [key, parts.join('\n')] as const),
  }));
  const values = readThroughIni(raw);
  const sections = new Map(
    [...open.values()].map(({ name, line, entries }) => {
      const keys = new Map<string, IniEntry>();
      for (const entry of entries.values()) {
        keys.set(entry.key, { value: values.get(name)?.get(entry.key) ?? '', line: entry.line, commentCut: entry.commentCut });
      }
      return [name, { name, line, keys }];
    }),
  );
  return {
    file,
    problems,
    sections: [...sections.values()],
    lines,
    get: (section, key) => sections.get(section)?.keys.get(key)?.value,
    section: (name) => sections.get(name),
    toText: () => text,
  };
}

function problem(severity: Problem['severity'], file: string, line: number, text: string): Problem {
  return { severity, file, line, text };
}

function shown(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
