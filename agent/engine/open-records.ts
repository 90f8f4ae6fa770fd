/** The records of actions without an end, of one service: asked before and after every look, so that unchanged files are read once. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles, serviceFolder } from '../journal/folder.ts';
import { readOpenRecords } from '../journal/open-actions.ts';
import type { JournalRecord } from '../journal/record.ts';
import type { World } from './world.ts';

/** Where a stop journals when the disk is full. */
export function fallbackJournal(world: World): string {
  return join(world.paths.run, 'journal');
}

export function openRecordsOf(world: World, service: string): Promise<readonly JournalRecord[]> {
  return readOpenRecords({ folder: world.paths.journal, fallbackFolder: fallbackJournal(world), service });
}

/** The same, read again only after a journal file was written, made or removed. */
export function rememberedOpenRecords(world: World, service: string): () => Promise<readonly JournalRecord[]> {
  const folders = [world.paths.journal, fallbackJournal(world)].map((folder) => serviceFolder(folder, service));
  let known: { readonly mark: string; readonly records: readonly JournalRecord[] } | undefined;
  return async () => {
    const mark = folders.map(markOf).join(' ');
    if (known?.mark === mark) return known.records;
    const records = await openRecordsOf(world, service);
    known = { mark, records };
    return records;
  };
}

function markOf(folder: string): string {
  return listFiles(folder)
    .map(({ path }) => {
      const found = statSync(path, { bigint: true, throwIfNoEntry: false });
      return found === undefined ? 'gone' : `${found.ino}:${found.size}:${found.mtimeNs}`;
    })
    .join(',');
}
