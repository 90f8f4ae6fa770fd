/** Runs one command line on one array: words, command, rights, refusal; the words are the same in every dialect. */
import { Refusal, type StorageArray, type User } from '../model.ts';
import { observe } from '../replicate.ts';
import type { World } from '../world.ts';
import { type Asker, type ClientSettings, type Command, checkRight, makeCall } from './call.ts';
import { startrcopygroup, stoprcopygroup, syncrcopy } from './group-actions.ts';
import { setrcopygroup } from './set-group.ts';
import { showrcopy } from './show-rcopy.ts';
import { showdate, showlicense, showsys, showtask, showuser, showversion, showvlun, showvv, waittask } from './shows.ts';
import { admitrcopyvv, canceltask, creatercopygroup, dismissrcopyvv, removercopygroup, updatevv } from './volumes.ts';

const commands: Readonly<Record<string, Command>> = {
  ...{ showrcopy, showsys, showvv, showvlun, showtask, showdate, showlicense, showversion, showuser, waittask },
  ...{ startrcopygroup, stoprcopygroup, syncrcopy, setrcopygroup },
  ...{ updatevv, canceltask, creatercopygroup, removercopygroup, admitrcopyvv, dismissrcopyvv },
};

export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
}

export interface Client {
  readonly world: World;
  readonly array: StorageArray;
  readonly user: User;
  readonly settings: ClientSettings;
  readonly confirm: Asker;
}

/** Never throws for what the user did; a defect of the simulator is thrown. */
export async function runCommand(client: Client, words: readonly string[]): Promise<Answer> {
  const { world, array, user, settings, confirm } = client;
  const [name = '', ...args] = words;
  observe(world, `${array.name}: ${words.join(' ')}`);
  try {
    const command = commands[name];
    if (command === undefined) throw new Refusal(`invalid command name "${name}"`);
    checkRight(user, name, command);
    const call = makeCall(world, array, user, settings, command, args, confirm);
    return { stdout: textOf(await command.run(call)), stderr: '', exit: 0 };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const words = error.message === '' ? [] : [`Error: ${error.message}`];
    const { errorsOn, errorExit } = world.quirks;
    if (errorsOn === 'stdout') return { stdout: textOf([...error.said, ...words]), stderr: '', exit: errorExit };
    return { stdout: textOf(error.said), stderr: textOf(words), exit: errorExit };
  }
}

/** The words of one line, `;` between commands; double quotes keep blanks and semicolons. */
export function splitLine(line: string): readonly (readonly string[])[] {
  const parts: string[][] = [[]];
  for (const [word, quoted] of line.matchAll(/"([^"]*)"|;|[^\s;"]+/g)) {
    if (word === ';') parts.push([]);
    else parts.at(-1)?.push(quoted ?? word);
  }
  return parts.filter((words) => words.length > 0);
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
