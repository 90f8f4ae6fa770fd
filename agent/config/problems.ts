/** Collecting and printing problems of a file. */
import type { Problem } from './definition.ts';
import { isFreeSection } from './key-path.ts';
import { looksSecret, maskSecretText } from './secret.ts';

/** Takes problems as they are found. */
export interface ProblemSink {
  readonly file: string;
  readonly found: Problem[];
}

export interface ProblemPlace {
  readonly line: number;
  readonly section?: string | undefined;
  readonly keyword?: string | undefined;
  readonly value?: string | undefined;
  readonly nearest?: string | undefined;
}

const longestShown = 120;

export function report(sink: ProblemSink, severity: Problem['severity'], place: ProblemPlace, text: string): void {
  const { line, section, keyword, value, nearest } = place;
  const safe = value !== undefined && isHidden(section, keyword) ? maskSecretText(value) : value;
  const shown = safe !== undefined && safe.length > longestShown ? `${safe.slice(0, longestShown)}…` : safe;
  sink.found.push({
    severity,
    file: sink.file,
    line,
    text,
    ...(section === undefined ? {} : { section }),
    ...(keyword === undefined ? {} : { keyword }),
    ...(shown === undefined ? {} : { value: shown }),
    ...(nearest === undefined ? {} : { nearest }),
  });
}

/** A password in [env] must not come out with the fault that was found in it. */
function isHidden(section: string | undefined, keyword: string | undefined): boolean {
  return section !== undefined && keyword !== undefined && isFreeSection(section) && looksSecret(keyword);
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error');
}

/** By line, each sentence about one place once. */
export function tidyProblems(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [problemKey(problem), problem]));
  return [...unique.values()].sort((left, right) => left.line - right.line);
}

/** What makes two problems the same. */
export function problemKey({ severity, line, section, keyword, text }: Problem): string {
  return JSON.stringify([severity, line, section, keyword, text]);
}

/** One line for a person: `file:12: error: [fs#1] mnt = opt: is not an absolute path …`. */
export function problemLine({ severity, file, line, section, keyword, value, text, nearest }: Problem): string {
  const where =
    `${section === undefined ? '' : `[${section}] `}${keyword ?? ''}${keyword !== undefined && value !== undefined ? ` = ${value.replaceAll('\n', '\\n')}` : ''}`.trimEnd();
  const hint = nearest === undefined ? '' : ` (did you mean ${nearest}?)`;
  return `${file}:${line}: ${severity}: ${where === '' ? '' : `${where}: `}${text}${hint}`;
}
