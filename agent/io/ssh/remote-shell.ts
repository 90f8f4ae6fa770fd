/**
 * What runs on the other side of a channel: one small shell script, the same for every command.
 *
 * sshd itself neither ends a command when its connection goes, nor passes on signals (spec/deps.md §0.4). So the script keeps our end
 * of its standard input as the sign of life: it reads there what to run, the command's input, then the word `go`; only then the
 * command is started, in a process group of its own under timeout(1). From there on the end of that input means that we are gone, and the group
 * is ended. Nothing has run when we go before `go`, and no command ever takes half an input for the whole.
 *
 * What to run comes as input and not in the line, because the line stands in the process list over there and goes through whatever login
 * shell the account has: it is one line without `!` for csh and without backslashes for fish.
 */
import { SvcError } from '../../errors.ts';
import { quoteArgv } from '../redact.ts';

const script = [
  'PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C; export PATH LC_ALL',
  'exec 3<&0 </dev/null',
  '_s= _f= _g= _m= _n=${IFS#??}',
  // The text to run (lines behind a plus), pieces of the input (their length, then as many bytes; kept in memory), the word go.
  'while IFS= read -r _l <&3; do case $_l in +*) _s="$_s${_l#+}$_n";; go) _g=1; break;; *) ' +
    '[ "$_f" ] || { _f=$(umask 077; mktemp /dev/shm/svcmgr.XXXXXXXX 2>/dev/null || mktemp) && exec 4>"$_f" 5<"$_f" && rm -f "$_f"; } || exit 125; ' +
    'dd bs="$_l" count=1 iflag=fullblock status=none <&3 >&4 || exit 125;; esac; done',
  '[ "$_g" ] || exit 125',
  '[ "$_f" ] || exec 5</dev/null',
  'eval "$_s"',
  'echo "$_e"; echo "$_e" >&2',
  'if [ "$_m" ]; then trap "" PIPE; setsid "$@" <&5 3<&- 4>&- 5<&- & else timeout -k 5 "$_t" "$@" <&5 3<&- 4>&- 5<&- & fi',
  'eval "_p=$_b"',
  // The watch: `term`, or the end of our side.
  '{ while IFS= read -r _l; do [ "$_l" = term ] && break; done; [ "$_l" = term ] || [ -z "$_m" ] && kill -s TERM "$_p"; } <&3 >/dev/null 2>&1 4>&- 5<&- & ' +
    'eval "_w=$_b"',
  'wait "$_p" 2>/dev/null; _c=$?',
  '{ kill "$_w"; wait "$_w"; } 2>/dev/null',
  // What it left in its group would hold devices and our channel: TERM, and KILL after 5 s. Zombies are nothing: PID 1 may reap late.
  '_a() { for _x in /proc/[0-9]*/stat; do IFS= read -r _l <"$_x" || continue; set -- ${_l##*) }; ' +
    '[ "$3" = "$_p" ] && case $1 in [ZX]) ;; *) return 0;; esac; done; return 1; }',
  'if [ -z "$_m" ] && kill -s 0 -- "-$_p" 2>/dev/null; then kill -s TERM -- "-$_p"; _k=50; ' +
    'while [ "$_k" -gt 0 ] && _a; do sleep 0.1; _k=$((_k-1)); done; kill -s KILL -- "-$_p"; fi 2>/dev/null',
  'exit "$_c"',
].join('; ');

/** The line that the ssh server is asked to run. */
export const remoteLine = `exec /bin/sh -c '${script}' svcmgr`;

/** Exit status of the script when it was not told everything: the command was not started. */
export const notStarted = 125;

export interface RemoteCommand {
  readonly argv: readonly string[];
  /** Said on both streams when the command begins; letters and digits. */
  readonly mark: string;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** After so many seconds it is ended over there; 0 = never. */
  readonly limitS: number;
  /** It goes on when we go. */
  readonly survive: boolean;
}

/** What the script is told before the input. @throws SvcError CONFIG for what no shell could take */
export function renderCommand({ argv, mark, env, cwd, limitS, survive }: RemoteCommand): string {
  const words = [...argv, ...Object.values(env), cwd];
  if (words.some((word) => word.includes('\0'))) throw new SvcError('CONFIG', `a NUL byte in ${quoteArgv(argv)}`);
  const odd = Object.keys(env).find((name) => !/^[A-Za-z][A-Za-z0-9_]*$|^_[A-Z0-9_]+$/.test(name));
  if (odd !== undefined) throw new SvcError('CONFIG', `"${odd}" cannot be the name of a variable of a remote command`);
  const text = [
    `_b='$!' _e=${mark}`, // the first is what the line may not say
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quoteForShell(value)}`),
    `cd ${quoteForShell(cwd.startsWith('-') ? `./${cwd}` : cwd)} || exit 126`,
    survive ? '_m=1' : `_t=${limitS}`,
    `set -- ${argv.map(quoteForShell).join(' ')}`,
  ].join('\n');
  return text
    .split('\n')
    .map((line) => `+${line}\n`)
    .join('');
}

/** Begins a piece of the input: this line, then so many bytes. */
export function pieceHead(bytes: number): string {
  return `${bytes}\n`;
}

/** For every shell: quoteArgv's `$'…'` of control characters is not known to all. */
export function quoteForShell(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
