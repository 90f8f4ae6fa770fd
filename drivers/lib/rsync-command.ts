/** The command line of rsync (spec/storage-drivers.md §6.1), from keywords and from what the installed rsync can. Pure. */
import type { Argv } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { isAtLeast, type RsyncVersion } from './rsync-output.ts';

export interface RsyncSettings {
  readonly options: readonly string[] | undefined;
  /** Without the usual block -HAXpogDtrlx --delete --force. */
  readonly reset_options: boolean;
  /** KB per second. */
  readonly bwlimit: number | undefined;
  /** Milliseconds without data after which rsync gives up. */
  readonly timeout: number;
}

/** Both sides: what one of them cannot do is left out. */
export function blockOf(settings: RsyncSettings, versions: readonly RsyncVersion[]): readonly string[] {
  const can = (ability: 'hasAcls' | 'hasXattrs') => versions.every((version) => version[ability]);
  const letters = `H${can('hasAcls') ? 'A' : ''}${can('hasXattrs') ? 'X' : ''}pogDtrlx`;
  return [
    ...(settings.reset_options ? [] : [`-${letters}`, '--delete', '--force']),
    ...(settings.options ?? []),
    '--stats',
    '--no-h',
    '-s',
    `--timeout=${Math.max(1, Math.ceil(settings.timeout / 1000))}`,
    ...(settings.bwlimit === undefined || settings.bwlimit === 0 ? [] : [`--bwlimit=${settings.bwlimit}`]),
  ];
}

/** What only a newer rsync here has: progress, and errors over there told through the protocol (ssh may end before it has printed them). */
export function talkOptions(version: RsyncVersion): readonly string[] {
  return [...(isAtLeast(version, [3, 1, 0]) ? ['--info=progress2'] : []), ...(isAtLeast(version, [3, 2, 3]) ? ['--stderr=client'] : [])];
}

/** How rsync reaches the other side; an `-e` of the user's own is respected. */
export function remoteShell(options: readonly string[] | undefined, rsh: Argv, user: string | undefined): readonly string[] {
  const own = (options ?? []).some((word) => word === '--rsh' || word.startsWith('--rsh=') || hasLetter(word, 'e'));
  const path = (options ?? []).some((word) => word === '--rsync-path' || word.startsWith('--rsync-path='));
  return [
    ...(own ? [] : ['-e', rsh.map(quoteForRsync).join(' ')]),
    ...(path || user === undefined || user === 'root' ? [] : ['--rsync-path', 'sudo rsync']),
  ];
}

/** rsync splits -e at blanks and knows quotes, but no backslash: a quote inside quotes is doubled. */
export function quoteForRsync(word: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", "''")}'`;
}

/** Does rsync delete on the other side with these words? */
export function isDeleting(words: readonly string[]): boolean {
  return words.some((word) => /^--del(?:ete(?:-.*)?)?$/.test(word));
}

/** Sources keep their whole path below the destination (-R). */
export function isRelative(options: readonly string[] = []): boolean {
  return options.some((word) => word === '--relative' || hasLetter(word, 'R'));
}

/** Letters behind one of these are its value. */
const lettersWithValue = 'eBTMf@';

function hasLetter(word: string, letter: string): boolean {
  if (!/^-[A-Za-z0-9@]/.test(word)) return false;
  const letters = [...word.slice(1)];
  const end = letters.findIndex((one) => lettersWithValue.includes(one));
  return (end === -1 ? letters : letters.slice(0, end + 1)).includes(letter);
}

const refused: Readonly<Record<string, string>> = {
  '--dry-run': 'nothing would be copied, and the run counted as one; use svcmgr … --dry-run',
  '--list-only': 'nothing would be copied, and the run counted as one',
  '--remove-source-files': 'it removes the data of the service',
  '--remove-sent-files': 'it removes the data of the service',
  '--daemon': 'svcmgr drives rsync over ssh',
  '--server': 'rsync itself uses it',
  '--sender': 'rsync itself uses it',
  '--human-readable': 'the numbers could not be read',
  '--files-from': 'what is copied stands in src, include and exclude',
};

/** Why these words may not stand in `options`; undefined when they may. */
export function optionFault(options: readonly string[] = []): string | undefined {
  for (const word of options) {
    const [name = ''] = word.split('=');
    const reason = Object.hasOwn(refused, name) ? refused[name] : undefined;
    if (reason !== undefined) return `options: ${name}: ${reason}`;
    if (hasLetter(word, 'n')) return `options: -n: ${refused['--dry-run']}`;
    if (hasLetter(word, 'h')) return `options: -h: ${refused['--human-readable']}`;
  }
  return undefined;
}

/** `node:path` as rsync wants it; a name with a colon would be taken for something else. */
export function placeOn(node: string, path: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(node)) throw new SvcError('CONFIG', `rsync cannot reach a node named ${node}`);
  return `${node}:${path}`;
}
