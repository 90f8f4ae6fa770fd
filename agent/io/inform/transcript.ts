/** What a session with the command line of an array printed, without its own words: prompts, echoes, line ends (spec/hp3par.md §1.2, §1.4). */

/** `exec`: the command is an argument of ssh, nothing but its output comes back. `session`: typed into a shell without a terminal. `pty`: with one. */
export type Dialect = 'exec' | 'session' | 'pty';

/** At the beginning of a line only: an output may hold `%` and `cli` too. */
const prompt = /^(?:(?:\S+ )?cli% ?)+/;

/** The output of the one command of a session. */
export function cleanTranscript(text: string, dialect: Dialect): string {
  if (dialect === 'exec') return text;
  if (dialect === 'session')
    return text
      .split('\n')
      .map((line) => line.replace(/\r$/, '').replace(prompt, ''))
      .join('\n');
  return withoutEchoes(text.split(/\r?\n/));
}

/** A terminal shows what was typed twice: at once, and behind each prompt. The output lies between the prompt of the command and the next one. */
function withoutEchoes(lines: readonly string[]): string {
  const prompts = lines.flatMap((line, at) => (prompt.test(line) ? [at] : []));
  const [command, end] = prompts.slice(-2);
  return command === undefined || end === undefined
    ? ''
    : lines
        .slice(command + 1, end)
        .map((line) => `${line}\n`)
        .join('');
}

/** OpenSSH says it when there is no terminal; no error. */
const harmless = /^Pseudo-terminal will not be allocated because stdin is not a terminal\.\r?$/;

export function cleanErrors(text: string): string {
  return text
    .split('\n')
    .filter((line) => !harmless.test(line))
    .join('\n');
}
