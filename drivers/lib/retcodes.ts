/** `retcodes = 0:up 1:down`: what the exit code of a check means (opensvc-core.md §2.8). */
import type { Argv, Note, Reader, Report, RunOptions, State } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

const states = { up: true, down: true, warn: true, 'n/a': true, undef: true } as const satisfies Record<State, true>;

/** Every exit code a process can have: for commands whose code is an answer, not an error. */
export const everyExit: readonly number[] = Array.from({ length: 256 }, (_, code) => code);

/** CONFIG when a word is not CODE:STATE or a code stands twice. */
export function parseRetcodes(words: readonly string[]): ReadonlyMap<number, State> {
  const found = new Map<number, State>();
  for (const word of words) {
    const [, digits, state] = /^(\d{1,3}):(\S+)$/.exec(word) ?? [];
    const code = Number(digits);
    if (digits === undefined || !isState(state) || code > 255)
      throw new SvcError('CONFIG', `retcodes: ${word} is not CODE:STATE`, { hint: `states: ${Object.keys(states).join(', ')}` });
    if (found.has(code)) throw new SvcError('CONFIG', `retcodes: code ${code} stands twice`);
    found.set(code, state);
  }
  return found;
}

function isState(word: string | undefined): word is State {
  return word !== undefined && Object.hasOwn(states, word);
}

/** The state of an exit code; a code that is not listed is `warn` and says so. */
export function reportOf(exitCode: number, retcodes: ReadonlyMap<number, State>): Report {
  const state = retcodes.get(exitCode);
  if (state === undefined) return { state: 'warn', notes: [{ level: 'warn', text: `check reports errors (${exitCode})` }] };
  return state === 'up' || state === 'down' || state === 'n/a' ? { state } : { state, notes: [checkNote(state, exitCode)] };
}

function checkNote(state: State, exitCode: number): Note {
  return { level: 'warn', text: `check says ${state} (exit ${exitCode})` };
}

/** Runs a check and maps its exit code. A check that cannot run or does not end throws: the state is then not known. */
export async function runCheck(reader: Reader, argv: Argv, retcodes: readonly string[], options: RunOptions): Promise<Report> {
  const map = parseRetcodes(retcodes);
  const { exitCode } = await reader.read(argv, { ...options, okCodes: everyExit });
  return reportOf(exitCode, map);
}
