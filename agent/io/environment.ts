/** The environment and the programs of every child: the same on every machine, whoever called the agent. */
import { accessSync, constants, openSync, closeSync, readSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { SvcError } from '../errors.ts';

/** Storage and network tools live in the sbin folders, which are not on the PATH of an ordinary account or of cron. */
const standardPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Where programs are when nobody says otherwise. */
export const defaultPath = standardPath.join(':');

/** What a child gets: PATH, HOME, LC_ALL=C and what the caller adds. Nothing else of ours (NODE_OPTIONS, NODE_EXTRA_CA_CERTS: spec/floors.md §0). */
export function childEnv(
  added: Readonly<Record<string, string>> = {},
  own: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  return { PATH: searchPath(own['PATH']), HOME: own['HOME'] ?? '/', LC_ALL: 'C', ...added };
}

/** Our own folders first (absolute ones only: a relative one would mean another program in another folder), then the standard ones. */
function searchPath(own = ''): string {
  return [...new Set([...own.split(':').filter((folder) => isAbsolute(folder)), ...standardPath])].join(':');
}

/** The file that `name` means on this PATH; undefined when there is none. */
export function findProgram(name: string, path: string, cwd = '/'): string | undefined {
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : join(cwd, name);
    return isProgram(file) ? file : undefined;
  }
  return path
    .split(':')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Throws what a person needs to know when the program cannot be started: UNSUPPORTED when it is not there, COMMAND when it may not run. */
export function requireProgram(name: string, path: string, cwd?: string): string {
  const file = findProgram(name, path, cwd);
  if (file === undefined) throw whyNot(name, cwd);
  const interpreter = interpreterOf(file);
  if (interpreter !== undefined && !isProgram(interpreter)) {
    throw new SvcError('UNSUPPORTED', `${interpreter}, the interpreter of ${file}, is not installed`, { facts: { program: name } });
  }
  return file;
}

function whyNot(name: string, cwd = '/'): SvcError {
  if (name.includes('/') && exists(isAbsolute(name) ? name : join(cwd, name))) {
    return new SvcError('COMMAND', `${name} is not an executable file`, { hint: `chmod +x ${name}`, facts: { program: name } });
  }
  return notInstalled(name);
}

export function notInstalled(name: string): SvcError {
  return new SvcError('UNSUPPORTED', `${name} is not installed`, { facts: { program: name } });
}

function exists(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch {
    return false;
  }
}

/** The program of a `#!` line: the kernel says only "not found" when it is missing, as if the script were. */
function interpreterOf(file: string): string | undefined {
  const head = Buffer.alloc(256);
  try {
    const fd = openSync(file, 'r');
    try {
      const text = head.toString('latin1', 0, readSync(fd, head, 0, head.length, 0));
      return /^#![ \t]*(\/[^\s]+)/.exec(text)?.[1];
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined; // may be run but not read
  }
}
