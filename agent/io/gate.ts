/**
 * The gate before exec: a child that exists, can be recorded and put into a scope, and runs the program only when told so.
 *
 * A small shell waits for the word "go" on descriptor 3. If the agent dies first the descriptor closes, the shell ends with
 * 125 and the program never runs; so a journal entry written while the gate is shut is always there before its effect
 * (design/driver-contract.md rule 9).
 */
import type { Duplex } from 'node:stream';
import type { Argv } from '../driver/contract.ts';
import type { Account } from './account.ts';
import { findProgram, notInstalled } from './environment.ts';

const script = 'IFS= read -r go <&3 && [ "$go" = go ] || exit 125; exec 3<&-; exec "$@"';
const gateName = 'svcmgr-gate';

export interface Wrapping {
  readonly path: string;
  readonly gated: boolean;
  readonly dieWithParent: boolean;
  readonly account: Account | undefined;
  readonly gid: number | undefined;
  readonly limits: Readonly<Record<string, string>>;
}

/** The command with what must happen between fork and exec around it: [setpriv] gate [prlimit] [setpriv] program. */
export function wrapArgv(argv: Argv, wrapping: Wrapping): Argv {
  const inner = [...limitWords(wrapping), ...accountWords(wrapping), ...argv];
  const gate = wrapping.gated ? ['/bin/sh', '-c', script, gateName] : [];
  // Set before the gate opens: a parent that is already dead then means a shut gate, so no child is missed.
  const [first, ...rest] = [...deathWords(wrapping), ...gate, ...inner];
  return [first ?? argv[0], ...rest];
}

function deathWords({ dieWithParent, path }: Wrapping): readonly string[] {
  return dieWithParent && findProgram('setpriv', path) !== undefined ? ['setpriv', '--pdeathsig', 'TERM'] : [];
}

function limitWords({ limits, path }: Wrapping): readonly string[] {
  const names = Object.keys(limits);
  if (names.length === 0) return [];
  if (findProgram('prlimit', path) === undefined) throw notInstalled('prlimit');
  return ['prlimit', ...names.map((name) => `--${name}=${limits[name]}`)];
}

function accountWords({ account, gid, dieWithParent, path }: Wrapping): readonly string[] {
  if (account === undefined && gid === undefined) return [];
  if (findProgram('setpriv', path) === undefined) throw notInstalled('setpriv');
  const group = gid ?? account?.gid;
  return [
    'setpriv',
    // The kernel forgets the parent-death signal when the account changes, so it is asked for once more.
    ...(dieWithParent ? ['--pdeathsig', 'TERM'] : []),
    ...(account === undefined ? [] : [`--reuid=${account.uid}`]),
    `--regid=${group}`,
    account === undefined ? '--keep-groups' : '--init-groups',
    '--',
  ];
}

/** Is this command line still one of the words around the program? (It has not been exec'ed yet.) */
export function isBeforeExec(cmdline: readonly string[], wrapped: Argv, argv: Argv): boolean {
  const depth = wrapped.length - argv.length;
  for (let start = 0; start < depth; start += 1) {
    if (wrapped[start] === cmdline[0] && wrapped.slice(start).every((word, at) => cmdline[at] === word)) return true;
  }
  return false;
}

/** Lets the program run. The error of a child that is already gone is not ours: its exit says more. */
export function openGate(channel: Duplex): void {
  channel.on('error', () => undefined);
  channel.end('go\n');
}
