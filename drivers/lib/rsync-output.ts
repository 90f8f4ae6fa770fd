/** What rsync prints: version, statistics, progress, error numbers. Pure, strict: a line of another shape throws with the line. */
import { SvcError } from '../../agent/errors.ts';

export interface RsyncVersion {
  readonly text: string;
  /** `3.2.3` as numbers. */
  readonly numbers: readonly [number, number, number];
  readonly hasAcls: boolean;
  readonly hasXattrs: boolean;
}

/** Of `rsync --version`. */
export function parseVersion(text: string): RsyncVersion {
  const [first = ''] = text.split('\n');
  const [, version, major, minor, patch] = /^rsync {2}version v?((\d+)\.(\d+)(?:\.(\d+))?\S*) {2}protocol version \d+$/.exec(first) ?? [];
  const capabilities = /^Capabilities:\n((?: {4}.*\n)+)/m.exec(text)?.[1];
  if (version === undefined || capabilities === undefined) throw notUnderstood('rsync --version', first);
  const words = capabilities.split(/[,\n]/).map((word) => word.trim());
  return {
    text: version,
    numbers: [Number(major), Number(minor), Number(patch ?? 0)],
    hasAcls: words.includes('ACLs'),
    hasXattrs: words.includes('xattrs'),
  };
}

/** At least this version. */
export function isAtLeast({ numbers }: Pick<RsyncVersion, 'numbers'>, wanted: RsyncVersion['numbers']): boolean {
  const differing = numbers.findIndex((number, at) => number !== wanted[at]);
  return differing === -1 || (numbers[differing] ?? 0) > (wanted[differing] ?? 0);
}

export interface RsyncStats {
  readonly files: number;
  readonly deleted: number;
  readonly transferred: number;
  readonly sentBytes: number;
  /** Size of the files that were sent, before compression and delta. */
  readonly changedBytes: number;
}

/** Of `--stats --no-h`, plain digits. */
export function parseStats(text: string): RsyncStats {
  return {
    files: numberAfter(text, 'Number of files'),
    deleted: numberAfter(text, 'Number of deleted files'),
    transferred: numberAfter(text, 'Number of regular files transferred'),
    sentBytes: numberAfter(text, 'Total bytes sent'),
    changedBytes: numberAfter(text, 'Total transferred file size'),
  };
}

function numberAfter(text: string, title: string): number {
  const line = text.split(/[\r\n]/).find((one) => one.startsWith(`${title}: `)) ?? '';
  const digits = /^[^:]+: (\d+)(?: bytes| \(.*\))?$/.exec(line)?.[1];
  if (digits === undefined) throw notUnderstood(title, line);
  return Number(digits);
}

export interface Progress {
  readonly bytes: number;
  readonly percent: number;
}

/** A line of `--info=progress2 --no-h`; undefined for any other line. */
export function parseProgress(line: string): Progress | undefined {
  const [, bytes, percent] = /^ *(\d+) +(\d{1,3})% +\S+ +\d+:\d\d:\d\d(?: +\(.*\))? *$/.exec(line) ?? [];
  return bytes === undefined ? undefined : { bytes: Number(bytes), percent: Number(percent) };
}

/** The numbers of system errors that rsync names, `(28)` at the end of its lines: errno(3), whatever the language says. */
export function errorNumbers(stderr: string): ReadonlySet<number> {
  return new Set([...stderr.matchAll(/^rsync: .*\((\d+)\)$/gm)].map(([, digits]) => Number(digits)));
}

/** Items of `--itemize-changes` that differ: lines of files, folders, links; not what is only mentioned. */
export function changedItems(stdout: string): readonly string[] {
  return stdout.split('\n').filter((line) => /^(?:[<>ch.][fdLDS]\S{9}|\*deleting) /.test(line) && !line.startsWith('.d..t......'));
}

function notUnderstood(what: string, line: string): SvcError {
  return new SvcError('COMMAND', `${what}: not understood: ${line === '' ? 'nothing' : line}`, { facts: { line } });
}
