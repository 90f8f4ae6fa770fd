/** The interactive shell of an array: prompts, and on a terminal also echo, CRLF and lines that wrap. */
import type { Session, Terminal } from './session.ts';

export interface Screen {
  /** Width of a terminal; undefined: a pipe, nothing is echoed. */
  readonly columns: number | undefined;
}

/** Runs until `exit` or the end of input and resolves to the exit status. */
export async function runShell(session: Session, terminal: Terminal, { columns }: Screen): Promise<number> {
  const prompt = `${session.array.name} cli% `;
  for (;;) {
    terminal.out(prompt);
    const line = await terminal.nextLine();
    if (line === undefined) return 0;
    // The terminal shows again what the line editor reads, behind the prompt.
    if (columns !== undefined) terminal.out(`${wrap(prompt, line, columns)}\n`);
    const exit = await session.line(line);
    if (exit !== undefined) return exit;
  }
}

function wrap(prompt: string, line: string, columns: number): string {
  const all = `${prompt}${line}`;
  const rows = Math.ceil(all.length / columns);
  const wrapped = Array.from({ length: rows }, (_, row) => all.slice(row * columns, (row + 1) * columns)).join('\n');
  return wrapped.slice(prompt.length);
}
