/** Told by the kernel that something in a folder changed (inotify). A hint, no more: whoever needs to be sure looks from time to time. */
import { type FSWatcher, watch } from 'node:fs';

/** @param onChange the name of the file, where the kernel tells it. @returns ends the watch */
export function watchFolder(folder: string, onChange: (name: string | undefined) => void): () => void {
  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(folder, { persistent: false }, (_event, name) => onChange(name ?? undefined));
    // The folder was removed, or there are too many watches: looking from time to time must do.
    watcher.on('error', () => watcher?.close());
  } catch {
    return () => undefined;
  }
  return () => watcher?.close();
}
