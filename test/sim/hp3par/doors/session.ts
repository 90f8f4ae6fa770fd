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
  return new OpenSession(house, array, user, dialect, terminal);
}

class OpenSession implements Session {
  readonly array: StorageArray;
  readonly #house: House;
  readonly #user: User;
  readonly #dialect: string;
  readonly #terminal: Terminal;
  readonly #settings = { csvtable: false, nohdtot: false };
  #lastExit = 0;
  #isOpen = true;

  constructor(house: House, array: StorageArray, user: User, dialect: string, terminal: Terminal) {
    this.array = array;
    this.#house = house;
    this.#user = user;
    this.#dialect = dialect;
    this.#terminal = terminal;
  }

  async line(text: string): Promise<number | undefined> {
    for (const words of splitLine(text)) {
      const [name, key = '', value] = words;
      if (name === 'exit' || name === 'quit') return 0;
      if (name !== 'setclienv') await this.#command(words);
      else if (key in this.#settings) Object.assign(this.#settings, { [key]: value === '1' });
    }
    return undefined;
  }

  lastExit(): number {
    return this.#lastExit;
  }

  close(): void {
    const { sessions } = this.#house;
    if (this.#isOpen) sessions.set(this.array.name, (sessions.get(this.array.name) ?? 1) - 1);
    this.#isOpen = false;
  }

  async #command(words: readonly string[]): Promise<void> {
    const { world, log } = this.#house;
    const [array, user] = [this.array, this.#user];
    const entry: LogEntry = {
      ...{ array: array.name, user: user.name, dialect: this.#dialect, line: words.join(' ') },
      ...{ atMs: world.clock.nowMs(), exit: undefined },
    };
    log.push(entry);
    const confirm = (question: string) => ask(this.#terminal, question);
    const run = () => runCommand({ world, array, user, settings: { ...this.#settings }, confirm }, words);
    const answer = await withFaults(this.#house, entry, this.#terminal, run);
    entry.exit = answer.exit;
    this.#lastExit = answer.exit;
    this.#terminal.err(answer.stderr);
    this.#terminal.out(answer.stdout);
  }
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
