/** Changing a service file: never leaves a file with more errors than before; comments and bytes of the rest stay. */
import type { Problem } from '../config/definition.ts';
import { type IniDocument, parseDocument } from '../config/document.ts';
import { applySet, applyUnset } from '../config/operations.ts';
import { problemLine } from '../config/problems.ts';
import { SvcError } from '../errors.ts';
import { noteInJournal } from './journal-notes.ts';
import { evaluateText, readServiceText } from './services.ts';
import type { World } from './world.ts';

export type Operation = { readonly set: string } | { readonly unset: string };

export interface EditRequest {
  readonly operations: readonly Operation[];
  readonly dryRun: boolean;
  readonly reason: string | undefined;
}

/**
 * Applies all operations or none.
 * @returns true when the text changed
 * @throws SvcError CONFIG listing every error that the change would bring
 */
export async function editService(world: World, service: string, request: EditRequest): Promise<boolean> {
  const { path, text, mode } = await readServiceText(world, service);
  const before = parseDocument(text, path);
  const after = request.operations.reduce<IniDocument>(
    (doc, one) => ('set' in one ? applySet(doc, one.set) : applyUnset(doc, one.unset)),
    before,
  );
  return replaceServiceText(world, service, { path, mode, before: text, after: after.toText(), ...request });
}

/** Installs a new text of a service file when it brings no error that was not there before. */
export async function replaceServiceText(
  world: World,
  service: string,
  change: {
    path: string;
    mode: number;
    before: string;
    after: string;
    dryRun: boolean;
    reason: string | undefined;
    operations?: readonly Operation[];
  },
): Promise<boolean> {
  if (change.before === change.after) return false;
  const old = new Set((await evaluateText(world, service, change.before, change.path, change.mode)).problems.map(identity));
  const { problems } = await evaluateText(world, service, change.after, change.path, change.mode);
  const fresh = problems.filter((problem) => problem.severity === 'error' && !old.has(identity(problem)));
  if (fresh.length > 0) {
    throw new SvcError('CONFIG', `${service} is not changed:\n${fresh.map((problem) => `  ${problemLine(problem)}`).join('\n')}`);
  }
  if (change.dryRun) return true;
  const what = (change.operations ?? [])
    .map((one) => ('set' in one ? `set ${one.set.split(/[-+|]?=/)[0]}` : `unset ${one.unset}`))
    .join(', ');
  noteInJournal(world, service, `configuration changed${what === '' ? '' : `: ${what}`}`, change.reason);
  await world.doors.writeAtomic(change.path, change.after, change.mode);
  return true;
}

/** Lines move when a file is edited: an error is the same one when it says the same about the same place. */
function identity(problem: Problem): string {
  return [problem.severity, problem.section, problem.keyword, problem.value, problem.text].join('\u0000');
}
