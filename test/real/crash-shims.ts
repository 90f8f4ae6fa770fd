/**
 * Tools first on PATH that count the commands of the service under test and kill the command line around the one that the plan
 * names, so that a crash happens at an exact place instead of after a time. Each does the real work of its tool.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findTool } from '../support/skip.ts';

/**
 * before: the command line dies and the tool does nothing · during: it dies, and the tool, which ignores TERM, does its work only when
 * the test lets it · after: the tool has done its work, and the command line dies before it hears of it.
 */
export type Moment = 'before' | 'during' | 'after';
export const moments = ['before', 'during', 'after'] as const satisfies readonly Moment[];

/** The folder through which a test and its shims talk. */
export interface Shims {
  readonly folder: string;
  /** Put before the PATH of the command line. */
  readonly path: string;
  /** Forgets what was recorded and arms the n-th command from now on (1 is the first); without arguments only records. `hold` kills nobody. */
  plan(nth?: number, moment?: Moment | 'hold'): void;
  /** The changing commands since the last plan, in order: the tool's name, then its arguments. */
  commands(): readonly string[];
  /** Commands that began while another one was at work. */
  overlaps(): readonly string[];
  isHeld(): boolean;
  /** Is a command at work now? */
  isBusy(): boolean;
  /** Lets a held tool do its work. */
  release(): void;
}

/** Tools of the drivers; mkdir among them, because a start makes mount points with it. */
const tools = ['losetup', 'mount', 'umount', 'ip', 'e2fsck', 'arping', 'mkdir'] as const;

/** `programs`: further names, each with the file that does the real work and whether it runs for ever. */
export function makeShims(
  folder: string,
  programs: Readonly<Record<string, { readonly file: string; readonly lasting?: boolean }>>,
): Shims {
  const bin = path.join(folder, 'shims');
  mkdirSync(bin, { recursive: true });
  const add = (name: string, real: string, lasting: boolean) => {
    const file = path.join(bin, name);
    writeFileSync(file, shimText(folder, real, lasting));
    chmodSync(file, 0o755);
  };
  for (const tool of tools) add(tool, findTool(tool) ?? tool, false);
  for (const [name, { file, lasting }] of Object.entries(programs)) add(name, file, lasting ?? false);
  const at = (name: string) => path.join(folder, name);
  const lines = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8').trimEnd().split('\n') : []);
  return {
    folder,
    path: bin,
    plan: (nth, moment) => {
      for (const name of ['plan', 'commands', 'held', 'go', 'check', 'inside']) rmSync(at(name), { recursive: true, force: true });
      if (nth !== undefined && moment !== undefined) writeFileSync(at('plan'), `${nth} ${moment}\n`);
    },
    commands: () => lines('commands'),
    overlaps: () => lines('overlaps'),
    isHeld: () => existsSync(at('held')),
    isBusy: () => existsSync(at('inside')),
    release: () => writeFileSync(at('go'), ''),
  };
}

/** The parent of a shim is the command line itself: every wrapper between them (setpriv, gate, nsenter) execs. */
function shimText(folder: string, real: string, lasting: boolean): string {
  return `#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
box=${folder}
tool=\${0##*/}
case "$tool $*" in
'ip -j '*|'arping -D '*|'ctl check') exec ${real} "$@" ;;
'serve check')
  # A program that runs for ever is asked for the first time right after its launch is remembered.
  [ ! -e "$box/check" ] || { rm "$box/check"; kill -9 $PPID; exit 1; }
  exec ${real} "$@" ;;
esac
printf '%s\\n' "$tool $*" >> "$box/commands"
nth=0
while read -r line; do nth=$((nth + 1)); done < "$box/commands"
wanted=0 moment=none
[ ! -e "$box/plan" ] || read -r wanted moment < "$box/plan"
[ "$nth" = "$wanted" ] || moment=none
[ $moment != before ] || { kill -9 $PPID; exit 1; }
mkdir "$box/inside" 2>/dev/null || printf '%s\\n' "$tool $*" >> "$box/overlaps"
${lasting ? lastingText(real) : passingText(real)}`;
}

function passingText(real: string): string {
  return `if [ $moment = during ] || [ $moment = hold ]; then
  trap '' TERM
  [ $moment = hold ] || kill -9 $PPID
  : > "$box/held"
  while [ ! -e "$box/go" ]; do sleep 0.02; done
fi
case "$tool $*" in
# It would wait a second for answers that nobody on a cable to nowhere can give.
'arping -U '*) code=0 ;;
*) ${real} "$@"; code=$? ;;
esac
rmdir "$box/inside"
[ $moment != after ] || kill -9 $PPID
exit $code
`;
}

/** Nobody waits for the end of a launch, so nothing is held: the program comes up while the command line is dead. */
function lastingText(real: string): string {
  return `rmdir "$box/inside"
[ $moment != during ] || kill -9 $PPID
[ $moment != after ] || : > "$box/check"
exec ${real} "$@"
`;
}
