/** One session of the command line on one array: its settings, its faults, and what it writes to whoever is at the other end. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, runCommand, splitLine } from '../commands/run.ts';
import { type Faults, tooMany } from '../faults.ts';
import type { StorageArray, User } from '../model.ts';
import type { World } from '../world.ts';

export interface LogEntry {
  readonly array: string;
  readonly user: string;
  readonly dialect: string;
  readonly line: string;
  /** By the clock of the arrays. */
  readonly atMs: number;
  /** Undefined while it runs, and for ever when it hangs. */
  exit: number | undefined;
}

/** Where sessions come from: the world, its faults, and how many there are. */
export interface House {
  readonly world: World;
  readonly faults: Faults;
  readonly log: LogEntry[];
  readonly sessionLimit: number;
  /** Sessions now, by array. */
  readonly sessions: Map<string, number>;
}

/** The other end. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** The next line of input, or undefined at its end. */
  nextLine(): Promise<string | undefined>;
  /** Cuts the connection below everything. */
  cut(): void;
}

export interface Session {
  readonly array: StorageArray;
  /** Runs a line of one or several commands; undefined: go on, a number: the session ends with this exit status. */
  line(text: string): Promise<number | undefined>;
  /** Exit status of the last command. */
  lastExit(): number;
  close(): void;
}

/** Undefined, and it has said why, when the array has too many. */
export function openSession(house: House, array: StorageArray, user: User, dialect: string, terminal: Terminal): Session | undefined {
  const open = (house.sessions.get(array.name) ?? 0) + 1;
  if (open > house.sessionLimit) {
    terminal.err(`${tooMany}\n`);
    return undefined;
  }
  house.sessions.set(array.name, open);
  const settings = { csvtable: false, nohdtot: false };
  let lastExit = 0;
  const one = async (words: readonly string[]): Promise<number | undefined> => {
    const [name, key = '', value] = words;
    if (name === 'exit' || name === 'quit') return 0;
    if (name === 'setclienv') {
      if (key in settings) Object.assign(settings, { [key]: value === '1' });
      return undefined;
    }
    const entry: LogEntry = {
      ...{ array: array.name, user: user.name, dialect, line: words.join(' '), atMs: house.world.clock.nowMs(), exit: undefined },
    };
    house.log.push(entry);
    const confirm = (question: string) => ask(terminal, question);
    const run = () => runCommand({ world: house.world, array, user, settings: { ...settings }, confirm }, words);
    const answer = await withFaults(house, entry, terminal, run);
    entry.exit = answer.exit;
    lastExit = answer.exit;
    terminal.err(answer.stderr);
    terminal.out(answer.stdout);
    return undefined;
  };
  let isOpen = true;
  return {
    array,
    line: async (text) => {
      for (const words of splitLine(text)) {
        const exit = await one(words);
        if (exit !== undefined) return exit;
      }
      return undefined;
    },
    lastExit: () => lastExit,
    close: () => {
      if (isOpen) house.sessions.set(array.name, (house.sessions.get(array.name) ?? 1) - 1);
      isOpen = false;
    },
  };
}

/** Without -f a command asks; whatever is not yes is no, and the next word of a script is eaten by the question. */
async function ask(terminal: Terminal, question: string): Promise<boolean> {
  terminal.out(`${question}\nselect q=quit y=yes n=no: `);
  return /^y(es)?$/i.test((await terminal.nextLine())?.trim() ?? '');
}

async function withFaults(house: House, entry: LogEntry, terminal: Terminal, run: () => Promise<Answer>): Promise<Answer> {
  const fault = house.faults.take(entry.array, entry.line);
  if (fault === undefined) return run();
  switch (fault.kind) {
    case 'slow':
      await delay(fault.ms ?? 1000);
      return run();
    case 'too-many':
      return { stdout: '', stderr: `${tooMany}\n`, exit: 1 };
    case 'error':
      return { stdout: '', stderr: `${fault.text ?? 'Error: internal error'}\n`, exit: 1 };
    case 'garbage':
      return { ...(await run()), stdout: fault.text ?? 'Segment 0x7f: \u0000\u0007 not a table,\n;;;\n', stderr: '' };
    case 'half': {
      const { stdout } = await run();
      terminal.out(stdout.slice(0, Math.floor(stdout.length / 2)));
      terminal.cut();
      return never();
    }
    case 'close':
    case 'hang':
      if (fault.takesEffect) entry.exit = (await run()).exit;
      if (fault.kind === 'close') terminal.cut();
      return never();
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
