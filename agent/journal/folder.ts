/** Where a service's journal is on the disk: FOLDER/SERVICE/NNNNNN.log, the highest number is the one that grows. */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SvcError } from '../errors.ts';
import { errnoOf, fileError } from '../io/files.ts';

export interface LogFile {
  readonly number: number;
  readonly path: string;
}

const namePattern = /^([0-9]{6,})\.log$/;

export function filePath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(6, '0')}.log`);
}

/** The folder of one service; a name that could leave the journal folder is a BUG of the caller (services are validated before). */
export function serviceFolder(folder: string, service: string): string {
  if (service === '' || service === '.' || service === '..' || /[/\0]/.test(service)) {
    throw new SvcError('BUG', `"${service}" cannot name a journal`);
  }
  return join(folder, service);
}

/** Oldest first; none when the folder does not exist. */
export function listFiles(folder: string): readonly LogFile[] {
  return listNames(folder)
    .flatMap((name) => {
      const number = namePattern.exec(name)?.[1];
      return number === undefined ? [] : [{ number: Number(number), path: join(folder, name) }];
    })
    .sort((a, b) => a.number - b.number);
}

/** Services that have a journal, sorted. */
export function listServices(folder: string): readonly string[] {
  return listNames(folder)
    .filter((name) => listFiles(join(folder, name)).length > 0)
    .sort();
}

function listNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return [];
    throw fileError('read the journal in', folder, error);
  }
}

export function makeServiceFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o750 });
}
