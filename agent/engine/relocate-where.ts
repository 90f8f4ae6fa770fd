/** What an operator must know after a relocation: where the service is now, and the command that goes on. */
import type { SvcError } from '../errors.ts';
import type { Course } from './relocate.ts';
import type { RelocateStep } from './relocate-record.ts';
import type { Run } from './run.ts';
import { survey } from './survey.ts';

export interface Whereabouts {
  /** By node: "up", "down", why it cannot be told; empty when nothing was begun. */
  readonly where: Readonly<Record<string, string>>;
  /** Undefined when it went well, or before anything was done. */
  readonly hint: string | undefined;
}

/** Looks again, whatever ended the relocation: an abort too leaves the service somewhere. */
export async function whereItIs(
  run: Run,
  course: Course,
  error: SvcError | undefined,
  steps: readonly RelocateStep[],
): Promise<Whereabouts> {
  if (course.journal === undefined) return { where: {}, hint: undefined };
  const nodes = course.found ?? (await survey({ run, signal: new AbortController().signal }));
  const where = Object.fromEntries(nodes.map(({ node, state, text }) => [node, state === 'down' ? 'down' : text]));
  if (error === undefined) return { where, hint: undefined };
  const failed = steps.findLast(({ outcome }) => outcome === 'failed');
  const lines = [
    `now: ${nodes.map(({ node }) => `${node} ${where[node]}`).join('; ')}`,
    ...(course.to === undefined ? [] : [`to go on: svcmgr -s ${run.instance.name} switch --to ${course.to}`]),
    ...wayBack(run, course, failed),
  ];
  return { where, hint: lines.join('\n') };
}

function wayBack({ instance }: Run, { from }: Course, failed: RelocateStep | undefined): readonly string[] {
  if (from === undefined) return [];
  // Up to the stop what is left there only needs a start, which completes what was stopped of it.
  const isStillThere = failed !== undefined && failed.name !== 'start' && failed.name !== 'verify';
  const command = isStillThere ? `start, on ${from}` : `switch --to ${from}`;
  return [`to go back: svcmgr -s ${instance.name} ${command}`];
}
