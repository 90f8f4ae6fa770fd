/** Small files of another machine, by its own tools and with the meaning of agent/io/files.ts: absent is no error, replacing is atomic. */
import type { Argv, FileStat } from '../../driver/contract.ts';
import type { DoorResult } from '../../driver/doors.ts';
import { SvcError } from '../../errors.ts';
import { mostBytesOf } from '../files.ts';

/** Runs a small command there; whatever its exit. */
export type RunThere = (argv: Argv, options?: { readonly input?: string; readonly maxBytes?: number }) => Promise<DoorResult>;

/** Names of a folder. */
const maxListBytes = 16_777_216;
/** Exit status of the scripts below for "nothing is there". */
const absent = 44;

/** The text of a file, as large as one here may be; undefined when it does not exist; COMMAND when larger or not readable. */
export async function readRemoteText(run: RunThere, path: string): Promise<string | undefined> {
  const maxTextBytes = mostBytesOf(path);
  const script = `[ -e "$1" ] || exit ${absent}; [ -d "$1" ] && { echo "it is a folder" >&2; exit 1; }; exec head -c ${maxTextBytes + 1} <"$1"`;
  const ran = await ask(run, 'read', path, script, maxTextBytes + 1);
  if (ran === undefined) return undefined;
  // Counted where nothing was decoded: `truncated` comes with the one byte too many.
  if (Buffer.byteLength(ran.stdout) > maxTextBytes || ran.truncated) throw failed('read', path, `larger than ${maxTextBytes} bytes`);
  return ran.stdout;
}

/** Follows links; undefined when nothing is there. */
export async function statRemoteFile(run: RunThere, path: string): Promise<FileStat | undefined> {
  const ran = await ask(run, 'stat', path, `[ -e "$1" ] || exit ${absent}; exec stat -L -c "%f %s %u %g %d %i %t %T %.3Y" -- "$1"`);
  return ran === undefined ? undefined : parseStat(path, ran.stdout);
}

/** Names in a folder, sorted; empty when it does not exist. */
export async function listRemoteFolder(run: RunThere, path: string): Promise<readonly string[]> {
  const loop = 'for f in * .*; do case $f in .|..) continue;; esac; [ -e "$f" ] || [ -L "$f" ] || continue; printf "%s\\0" "$f"; done';
  const ran = await ask(
    run,
    'list',
    path,
    `[ -d "$1" ] || exit ${absent}; cd -- "$1" || exit; [ -r . ] || { echo "permission denied" >&2; exit 1; }; ${loop}`,
    maxListBytes,
  );
  if (ran?.truncated) throw failed('list', path, 'too many names');
  return (ran?.stdout ?? '').split('\0').slice(0, -1).sort();
}

/** The path with every link resolved; undefined when it does not exist. */
export async function resolveRemotePath(run: RunThere, path: string): Promise<string | undefined> {
  const ran = await ask(run, 'resolve', path, `[ -e "$1" ] || exit ${absent}; exec readlink -f -- "$1"`);
  return ran?.stdout.replace(/\n$/, '');
}

/**
 * Replaces a file: writes beside it, counts the bytes, fsync, rename, fsync of the folder. Keeps mode and owner of what was there
 * unless `mode` is given; a new file has 0644.
 */
export async function writeRemoteAtomic(run: RunThere, path: string, text: string, mode?: number): Promise<void> {
  const ran = await run(
    ['/bin/sh', '-c', replaceScript, 'sh', path, String(Buffer.byteLength(text)), mode === undefined ? '' : mode.toString(8)],
    { input: text },
  );
  if (ran.exitCode === 0) return;
  const diskFull = ran.exitCode === fullDisk;
  throw new SvcError('COMMAND', `cannot write ${path}: ${diskFull ? 'no space left on the device' : ran.stderr.trim()}`, {
    ...(diskFull ? { hint: 'make room on that filesystem' } : {}),
    facts: { path, ...(diskFull ? { diskFull: true } : {}) },
  });
}

/** Exit status of the script below when the disk took less than it was given. */
const fullDisk = 45;
const replaceScript = [
  'p=$(readlink -f -- "$1") && [ "$p" ] || { echo "no such folder" >&2; exit 1; }',
  'umask 077; t=$(mktemp -- "$p.XXXXXXXX") || exit 1',
  // An odd end must not leave the piece beside it.
  'trap \'rm -f -- "$t"\' EXIT; trap "exit 1" TERM HUP INT',
  `cat >"$t" || { [ "$(stat -c %s -- "$t")" -eq "$2" ] || exit ${fullDisk}; }`,
  `[ "$(stat -c %s -- "$t")" -eq "$2" ] || exit ${fullDisk}`,
  'if [ -e "$p" ]; then chown --reference="$p" -- "$t" || exit 1; fi',
  'if [ "$3" ]; then m=$3; elif [ -e "$p" ]; then m=$(stat -c %a -- "$p"); else m=644; fi; chmod -- "$m" "$t" || exit 1',
  'sync -- "$t" && mv -fT -- "$t" "$p" || exit 1',
  'sync -- "$(dirname -- "$p")" || exit 1',
].join('\n');

async function ask(run: RunThere, verb: string, path: string, script: string, maxBytes = 65_536): Promise<DoorResult | undefined> {
  const ran = await run(['/bin/sh', '-c', script, 'sh', path.startsWith('-') ? `./${path}` : path], { maxBytes });
  if (ran.exitCode === absent) return undefined;
  if (ran.exitCode !== 0) throw failed(verb, path, ran.stderr.trim().replace(/^sh: \d+: /, ''));
  return ran;
}

function failed(verb: string, path: string, why: string): SvcError {
  return new SvcError('COMMAND', `cannot ${verb} ${path}: ${why}`, { facts: { path } });
}

const kinds: Readonly<Record<number, FileStat['kind']>> = { 8: 'file', 4: 'directory', 6: 'block', 2: 'character', 10: 'link' };

/** One line of `stat -L -c '%f %s %u %g %d %i %t %T %.3Y'`; anything else throws with the line. */
export function parseStat(path: string, line: string): FileStat {
  const found = /^([0-9a-f]+) (\d+) (\d+) (\d+) (\d+) (\d+) ([0-9a-f]+) ([0-9a-f]+) (\d+(?:[.,]\d+)?)\n?$/.exec(line);
  if (found === null) throw failed('stat', path, `stat said "${line.trim()}"`);
  const [, raw = '', size, uid, gid, dev, ino, major = '', minor = '', modified = ''] = found;
  const mode = Number.parseInt(raw, 16);
  return {
    kind: kinds[mode >> 12] ?? 'other',
    sizeBytes: Number(size),
    mode: mode & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    dev: Number(dev),
    ino: Number(ino),
    rdev: deviceNumber(Number.parseInt(major, 16), Number.parseInt(minor, 16)),
    modifiedMs: Math.round(Number(modified.replace(',', '.')) * 1000),
  };
}

/** As makedev(3) puts it together, which is what stat(2) gives here. */
function deviceNumber(major: number, minor: number): number {
  const [high, low] = [BigInt(major), BigInt(minor)];
  return Number(((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn));
}
