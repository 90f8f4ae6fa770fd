/** The log lines of the HP 3PAR document (seed 004), read in place, and what our sequence corrects in them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { vectorsFolder } from './vectors.ts';

/** When the document's `stop` on node1 and `start` on node2 began and ended. */
const spans = { stop: ['13:29:15', '13:29:22'], start: ['13:32:10', '13:32:30'] } as const;

/** Lines of these resources, `VG#1PR sg_persist …`, numbers of files and blocks as N. */
export function documentLog(verb: 'start' | 'stop', resources: readonly string[]): readonly string[] {
  const text = readFileSync(path.resolve(vectorsFolder() ?? '', '../seeds/004_858909d74e0fa9b4.txt'), 'utf8').replace(/\s+/g, ' ');
  const [first, last] = spans[verb];
  // The text is one paragraph: a line ends where the next one, or prose, begins.
  const line = /(\d\d:\d\d:\d\d) INFO SVC1\.OPENSVC\.COM(?:\.(\S+))? (.*?)(?= \d\d:\d\d:\d\d INFO | OpenSVC stops | \.\. note::)/g;
  return [...text.matchAll(line)].flatMap(([, at = '', rid = '', said = '']) =>
    at >= first && at <= last && resources.includes(rid) ? [`${rid} ${maskCounts(said)}`] : [],
  );
}

/** `clean, N/N files, N/N blocks` */
export function maskCounts(line: string): string {
  return line.replace(/\d+\/\d+(?= (files|blocks))/g, 'N/N');
}

/** First named correction of the stop: the tag goes when the last volume is down, not before. */
export function tagLast(lines: readonly string[]): readonly string[] {
  const isTag = (line: string, index: number) => line.includes(' --deltag ') || (lines[index - 1] ?? '').includes(' --deltag ');
  const tag = lines.filter(isTag);
  const rest = lines.filter((line, index) => !isTag(line, index));
  const behind = rest.findLastIndex((line) => line.startsWith('VG#1 ')) + 1;
  return [...rest.slice(0, behind), ...tag, ...rest.slice(behind)];
}

/** Second named correction of the stop: every path is unregistered; the document leaves out the fourth one. */
export function everyPath(lines: readonly string[], paths: readonly string[]): readonly string[] {
  const last = lines.findLast((line) => line.includes(' --register-ignore ')) ?? '';
  const left = paths.filter((one) => !lines.some((line) => line.includes(' --register-ignore ') && line.endsWith(` ${one}`)));
  return [...lines, ...left.map((one) => last.replace(/\S+$/, one))];
}
