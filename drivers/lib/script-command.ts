/** The commands of an app.forking resource: `true`, `false` or a command line (opensvc-core.md §2.8). */
import type { Argv, Note } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

const yes = ['true', 'yes', 'y', 'on', '1'];
const no = ['false', 'no', 'n', 'off', '0'];

/** `start = true` with a script is `script start`; false or nothing is undefined. CONFIG for `true` without a script. */
export function scriptCommand(verb: string, words: readonly string[] | undefined, script: string | undefined): Argv | undefined {
  const [first, ...rest] = words ?? [];
  if (first === undefined) return undefined;
  const word = rest.length === 0 ? first.toLowerCase() : undefined;
  if (word !== undefined && no.includes(word)) return undefined;
  if (word !== undefined && yes.includes(word)) {
    if (script === undefined)
      throw new SvcError('CONFIG', `${verb} = ${first}: script is not set`, { hint: `set script, or write the command as ${verb}` });
    return [script, verb];
  }
  if (word !== undefined && /^\d+$/.test(word)) {
    throw new SvcError('CONFIG', `${verb} = ${first}: order numbers are not supported`, {
      hint: `write ${verb} = true; the order is that of the section names (app#1, app#2 …)`,
    });
  }
  return [first, ...rest];
}

export interface Info {
  readonly facts: Readonly<Record<string, string>>;
  readonly notes: readonly Note[];
}

/** Lines `key: value`. Other lines are the application's own affair: a note, not an error. */
export function infoFacts(stdout: string): Info {
  const facts: Record<string, string> = {};
  const odd: string[] = [];
  for (const line of stdout.split('\n').map((each) => each.trim())) {
    const [, key, value] = /^([A-Za-z_][\w.-]*)\s*:\s*(.*)$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined) facts[key] = value;
    else if (line !== '') odd.push(line);
  }
  const notes: readonly Note[] =
    odd.length === 0 ? [] : [{ level: 'info', text: `info printed a line that is not "key: value": ${odd[0]?.slice(0, 80)}` }];
  return { facts, notes };
}
