/** Changed files into the daemon's memory. */
import { asSvcError } from '../errors.ts';
import { type Core, forParts, say } from './residence-core.ts';
import type { FileChanges } from './service-files.ts';
import { createServiceWatch, type WatchInput } from './service-watch.ts';
import { statusChanges } from './status-changes.ts';

/** Files are looked at this often, also when nobody says that they changed. */
const filesIntervalMs = 10_000;

/** One scan after the other. */
export function scan(core: Core, atOnce: boolean): Promise<FileChanges> {
  core.filesDueMs = core.nowMs() + filesIntervalMs;
  const scanned = core.scanning.then(async () => {
    const changes = await core.files.scan(atOnce);
    await takeFiles(core, changes);
    return changes;
  });
  core.scanning = scanned.catch((error: unknown) => say(core, 'error', `files: ${asSvcError(error).message}`));
  return scanned;
}

async function takeFiles(core: Core, { loaded, unreadable, gone, nodeFile, unsettled }: FileChanges): Promise<void> {
  const { watches, events } = core;
  for (const [name, shown] of loaded) {
    const watch = watches.get(name);
    if (watch === undefined) watches.set(name, createServiceWatch(name, shown, watchInput(core)));
    watch?.replace(shown);
    void watch?.look().catch(() => undefined);
    const { invalid } = shown;
    if (invalid !== undefined) say(core, 'warn', `the file is not valid, the last good definition serves on: ${invalid}`, name);
    if (watch === undefined && invalid === undefined) continue;
    events.tell({ kind: 'config', service: name, rid: null, text: invalid ?? 'file read again', facts: { valid: invalid === undefined } });
  }
  for (const [name, error] of unreadable) say(core, 'error', error.message, name);
  for (const name of gone) {
    watches.delete(name);
    forParts(core, (part) => part.onGone?.(name));
    events.tell({ kind: 'config', service: name, rid: null, text: 'the file is gone; what runs is left alone', facts: {} });
  }
  const renewed = nodeFile ? await core.input.renew(core.world) : undefined;
  if (renewed !== undefined) {
    core.world = renewed;
    for (const watch of watches.values()) watch.again();
  }
  if (unsettled) core.filesDueMs = 0;
}

function watchInput(core: Core): WatchInput {
  return {
    world: () => core.world,
    roundShared: () => core.shared,
    signal: core.stopping.signal,
    nowMs: core.nowMs,
    published: (resident, previous) => {
      for (const change of statusChanges(resident, previous)) core.events.tell(change);
      forParts(core, (part) => part.onStatus?.(resident, previous));
    },
  };
}
