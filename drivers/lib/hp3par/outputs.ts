/** What commands that change something print, and whether that means success (spec/hp3par.md §2.6, §2.7). */
import { SvcError } from '../../../agent/errors.ts';
import { unreadable } from './rows.ts';

export type Operation = 'reverse' | 'failover' | 'recover' | 'restore' | 'switchover';

export interface TaskOutput {
  readonly operation: string;
  readonly group: string;
  readonly tasks: readonly number[];
  readonly status: 'done' | 'failed' | 'started';
}

const knownErrors = [
  ['GROUP_NOT_STARTED', /^Group isn't started/],
  ['GROUP_ABSENT', /^group matching (\S+) does not exist/],
  ['NO_TARGET', /^Could not find target (\S+)/],
  ['PROMOTING', /currently being promoted|could be retried later/],
  ['TOO_MANY_CONNECTIONS', /^Too many local CLI connections/],
] as const;

export interface ArrayError {
  readonly code: (typeof knownErrors)[number][0] | 'OTHER';
  /** What it is about, when the text names it. */
  readonly name: string | undefined;
  readonly message: string;
}

/** The error in an output, wherever it stands: an array may say no on stdout, and a session has no exit code of its own. */
export function errorIn(text: string): ArrayError | undefined {
  for (const line of text.split('\n').map((one) => one.trim())) {
    const message = line.replace(/^Error: /, '');
    const known = knownErrors.map(([code, pattern]) => [code, pattern.exec(message)] as const).find(([, match]) => match !== null);
    if (known !== undefined) return { code: known[0], name: known[1]?.[1], message };
    if (/^error\b/i.test(line)) return { code: 'OTHER', name: undefined, message };
  }
  return undefined;
}

/** @throws SvcError COMMAND with the line that does not fit */
export function parseTaskOutput(text: string): TaskOutput {
  const lines = linesOf(text);
  // What became of the other side may be said before anything else.
  const at = lines.findIndex((line) => !isRemark(line));
  const first = lines[at] ?? 'nothing at all';
  const rest = lines.slice(at + 1);
  const [, operation, group] = /^setrcopygroup for (\w+) (\S+)$/.exec(first) ?? [];
  if (operation === undefined || group === undefined) throw unreadable(first);
  const tasks: number[] = [];
  const ended = new Map<number, string>();
  for (const line of rest) {
    const started = /^\w+ started with tasks: ([\d ,]+)$/.exec(line)?.[1];
    const [, id, how] = /^Task (\d+) (done|failed)\b/.exec(line) ?? [];
    if (started !== undefined) tasks.push(...(started.match(/\d+/g) ?? []).map(Number));
    else if (id !== undefined && how !== undefined) ended.set(Number(id), how);
    else if (!isRemark(line)) throw unreadable(line);
  }
  const status = [...ended.values()].includes('failed')
    ? 'failed'
    : tasks.length > 0 && tasks.every((id) => ended.has(id))
      ? 'done'
      : 'started';
  return { operation, group, tasks, status };
}

/** Of `recover`: `Target T of group G was switched from primary to secondary.` */
function isRemark(line: string): boolean {
  return line === 'Waiting for tasks to complete' || /^Target \S+ of group \S+ was switched /.test(line);
}

export interface SyncOutput {
  readonly group: string;
  readonly completed: boolean;
}

/** @throws SvcError COMMAND with the line that does not fit */
export function parseSyncOutput(text: string): SyncOutput {
  const [line = 'nothing at all', ...more] = linesOf(text);
  const completed = /^Completed synchronization for group (\S+)$/.exec(line)?.[1];
  const issued = /^Synchronization request issued for group (\S+)$/.exec(line)?.[1];
  const group = completed ?? issued;
  if (group === undefined || more.length > 0) throw unreadable(more[0] ?? line);
  return { group, completed: completed !== undefined };
}

/** A command that prints nothing when all is well. @throws SvcError COMMAND with the line that does not fit */
export function expectNothing(text: string): void {
  const [line] = linesOf(text);
  if (line !== undefined) throw unreadable(line);
}

interface Ran {
  readonly command: string;
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws SvcError COMMAND when the words or the exit code of a change tell of an error; `facts.reason` says which, as far as it is known */
export function refuseErrors({ command, exitCode, stdout, stderr }: Ran): void {
  const error = errorIn(stdout) ?? errorIn(stderr);
  const last = linesOf(stderr).at(-1) ?? (exitCode === 0 ? undefined : `exit ${exitCode}: ${linesOf(stdout).at(-1) ?? 'it says nothing'}`);
  const said = error?.message ?? last;
  if (said !== undefined)
    throw new SvcError('COMMAND', `${command}: ${said}`, { facts: { command, exitCode, reason: error?.code ?? 'OTHER' } });
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
