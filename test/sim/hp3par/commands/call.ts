/** One command line on one array: its words, options and who gave it. */
import { Refusal, type StorageArray, type User } from '../model.ts';
import type { World } from '../world.ts';

export interface Call {
  readonly world: World;
  readonly array: StorageArray;
  readonly user: User;
  /** What is neither the command nor an option. */
  readonly words: readonly string[];
  /** Separate cells with commas; `-csvtable`, or `setclienv csvtable 1`. */
  readonly csv: boolean;
  /** No preamble, headers, dashes and totals; `-nohdtot`. */
  readonly bare: boolean;
  has(option: string): boolean;
  value(option: string): string | undefined;
  /** Puts a question to whoever is at the other end; anything but yes is no, and so is the end of input. */
  confirm(question: string): Promise<boolean>;
}

export interface Command {
  /** Options without a value, and with one. */
  readonly flags?: readonly string[];
  readonly valued?: readonly string[];
  /** Needed beside a role that may everything; without it every role may. */
  readonly right?: string;
  /** Lines to print; throws a Refusal. */
  run(call: Call): readonly string[] | Promise<readonly string[]>;
}

/** Roles that may run whatever changes something. */
const mighty: readonly User['role'][] = ['Super', 'Edit'];

/** The settings that `setclienv`, the environment and the options of one command decide. */
export interface ClientSettings {
  readonly csvtable: boolean;
  readonly nohdtot: boolean;
}

const everywhere = ['-csvtable', '-nohdtot', '-listdom', '-shortnames'];

export type Asker = Call['confirm'];

export function makeCall(
  world: World,
  array: StorageArray,
  user: User,
  settings: ClientSettings,
  command: Command,
  args: readonly string[],
  confirm: Asker,
): Call {
  const { options, words } = sortOut(command, args);
  const has = (option: string) => options.has(option);
  return {
    world,
    array,
    user,
    words,
    csv: settings.csvtable || has('-csvtable'),
    bare: settings.nohdtot || has('-nohdtot'),
    has,
    value: (option) => options.get(option),
    confirm,
  };
}

function sortOut(command: Command, args: readonly string[]): { options: ReadonlyMap<string, string>; words: readonly string[] } {
  const options = new Map<string, string>();
  const words: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? '';
    if (!word.startsWith('-')) words.push(word);
    else if ([...everywhere, ...(command.flags ?? [])].includes(word)) options.set(word, '');
    else if (command.valued?.includes(word)) options.set(word, args[++at] ?? '');
    else throw new Refusal(`invalid option ${word}`);
  }
  return { options, words };
}

/** Refuses a user whose role and rights do not allow it. */
export function checkRight(user: User, name: string, { right }: Command): void {
  if (right === undefined || mighty.includes(user.role) || user.rights?.includes(right)) return;
  throw new Refusal(`Permission denied: ${name} needs the right ${right}, which role ${user.role} of user ${user.name} does not have.`);
}

/** Names and glob patterns (`*` and `?`), as shows take them. */
export function matches(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`).test(name);
}
