/** The one file of config/ that reads the disk: service and node files. */
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { SvcError } from '../errors.ts';
import type { Problem } from './definition.ts';
import { documentLimits } from './document.ts';
import { type ServiceFile, serviceNameOf } from './service-names.ts';

export interface LoadedFile {
  readonly path: string;
  readonly text: string;
  /** Permission bits, e.g. 0o600. */
  readonly mode: number;
  readonly modifiedMs: number;
  /** Warnings about the file itself. */
  readonly problems: readonly Problem[];
}

/** Reads a service or node file. NOT_FOUND when absent; CONFIG when unreadable, huge, binary or not a file. */
export async function readServiceFile(path: string): Promise<LoadedFile> {
  // O_NONBLOCK: opening a pipe that lies there by mistake must not hang.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((cause: unknown) => {
    throw openError(path, cause);
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new SvcError('CONFIG', `${path} is not a file`, { facts: { path } });
    if (stat.size > documentLimits.sizeBytes) throw tooLarge(path);
    const bytes = await handle.readFile();
    if (bytes.length > documentLimits.sizeBytes) throw tooLarge(path);
    const mode = stat.mode & 0o7777;
    return { path, text: decode(path, bytes), mode, modifiedMs: stat.mtimeMs, problems: modeProblems(path, mode) };
  } finally {
    await handle.close();
  }
}

/** Text must be UTF-8 without NUL: anything else is not a configuration file. */
function decode(path: string, bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  if (nul !== -1) throw new SvcError('CONFIG', `${path} is binary: NUL byte at offset ${nul}`, { facts: { path } });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new SvcError('CONFIG', `${path} is not UTF-8 text`, { cause, hint: 'convert it: iconv -f LATIN1 -t UTF-8', facts: { path } });
  }
}

function openError(path: string, cause: unknown): SvcError {
  const code = errnoOf(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return new SvcError('NOT_FOUND', `${path} does not exist`, { cause, facts: { path } });
  const hint = code === 'EACCES' || code === 'EPERM' ? { hint: 'run as root, or as a user who may read it' } : {};
  return new SvcError('CONFIG', `cannot read ${path}: ${code ?? String(cause)}`, { cause, facts: { path }, ...hint });
}

function errnoOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
}

function tooLarge(path: string): SvcError {
  return new SvcError('CONFIG', `${path} is larger than 1 MiB, the limit of a configuration file`, { facts: { path } });
}

function modeProblems(path: string, mode: number): readonly Problem[] {
  if ((mode & 0o002) === 0) return [];
  return [{ severity: 'warning', file: path, line: 1, text: 'everybody may write this file, and its commands run as root; chmod o-w' }];
}

/** Service files of a folder, sorted by name; two files of one name are both there. Empty when the folder does not exist. */
export async function listServices(folder: string): Promise<readonly ServiceFile[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    if (errnoOf(cause) === 'ENOENT') return [];
    throw openError(folder, cause);
  });
  const files = names.flatMap((fileName) => {
    const name = serviceNameOf(fileName);
    return name === undefined ? [] : [{ name, path: join(folder, fileName) }];
  });
  return files.sort((left, right) => (left.path < right.path ? -1 : 1));
}
