/** What a session with the command line of an array printed, without its own words: prompts, echoes, line ends (spec/hp3par.md §1.2, §1.4). */
import { SvcError } from '../../errors.ts';

/** `exec`: the command is an argument of ssh, nothing but its output comes back. `session`: typed into a shell without a terminal. `pty`: with one. */
export type Dialect = 'exec' | 'session' | 'pty';

/** At the beginning of a line only: an output may hold `%` and `cli` too. */
const prompt = /^(?:(?:\S+ )?cli% ?)+/;

/**
 * The output of the command of a session.
 * @throws SvcError COMMAND when a terminal shows no end of it
 */
export function cleanTranscript(text: string, dialect: Dialect, command: string): string {
  if (dialect === 'exec') return text;
  const lines = text.split('\n');
  if (dialect === 'session') return lines.map((line) => cleanLine(line)).join('\n');
  const body = bodyOnTerminal(command);
  const output = lines.flatMap((line) => body.take(line) ?? []);
  if (!body.isWhole()) throw new SvcError('COMMAND', `${command}: the session broke off in the middle of its answer`);
  return output.map((line) => `${line}\n`).join('');
}

/** A line of a session without a terminal. */
export function cleanLine(line: string): string {
  return line.replace(/\r$/, '').replace(prompt, '');
}

export interface Body {
  /** The next line of the terminal; undefined when it is none of the output. */
  take(line: string): string | undefined;
  /** The prompt behind the output was seen. */
  isWhole(): boolean;
}

/**
 * A terminal shows what was typed twice: at once, and behind each prompt, there in several rows when it is long. The output lies between
 * that of the command and the next prompt.
 */
export function bodyOnTerminal(command: string): Body {
  /** What the terminal has not yet shown of the command behind its prompt; undefined: nothing of it. */
  let left: string | undefined;
  let whole = false;
  return {
    take(text) {
      const line = text.replace(/\r+$/, '');
      const isPrompt = prompt.test(line);
      const typed = line.replace(prompt, '');
      if (whole) return undefined;
      if (left === undefined) {
        if (isPrompt && typed !== '' && command.startsWith(typed)) left = command.slice(typed.length);
      } else if (left !== '' && line !== '' && left.startsWith(line)) left = left.slice(line.length);
      else if (isPrompt) whole = true;
      else return line;
      return undefined;
    },
    isWhole: () => whole,
  };
}

/** OpenSSH says it when there is no terminal; no error. */
const harmless = /^Pseudo-terminal will not be allocated because stdin is not a terminal\.\r?$/;

export function cleanErrors(text: string): string {
  return text
    .split('\n')
    .filter((line) => !harmless.test(line))
    .join('\n');
}
