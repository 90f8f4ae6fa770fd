/** Brings home what was written in the run folder while the journal's own disk could not be written. */
import { readFileSync, renameSync, unlinkSync } from 'node:fs';
import { errnoOf } from '../io/files.ts';
import { listFiles, serviceFolder } from './folder.ts';
import { parseLine } from './record.ts';
import type { Writer } from './writer.ts';

export interface FallbackPlace {
  readonly service: string;
  readonly fallbackFolder: string | undefined;
}

/** Appends the sound lines of the fallback to the journal, durably, and removes them there. One process does each file: it is renamed first. */
export function absorbFallback(place: FallbackPlace, writer: Writer): void {
  if (place.fallbackFolder === undefined) return;
  for (const file of listFiles(serviceFolder(place.fallbackFolder, place.service))) {
    const claimed = `${file.path}.${process.pid}`;
    if (!claim(file.path, claimed)) continue;
    const lines = readFileSync(claimed, 'utf8')
      .split('\n')
      .filter((line) => parseLine(line, place.service) !== undefined);
    try {
      if (lines.length > 0) writer.append(`${lines.join('\n')}\n`, true);
    } catch (error) {
      renameSync(claimed, file.path); // still no room: they stay where they are
      throw error;
    }
    unlinkSync(claimed);
  }
}

function claim(path: string, claimed: string): boolean {
  try {
    renameSync(path, claimed);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}
