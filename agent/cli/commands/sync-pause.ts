/** `sync pause` and `sync unpause`: marks of sync resources, journaled with who and why. */
import { noteInJournal } from '../../engine/journal-notes.ts';
import { configSync } from '../../engine/readiness-facts.ts';
import { loadForStatus } from '../../engine/services.ts';
import { pause, pauseText, unpause } from '../../engine/sync-pause.ts';
import { SvcError } from '../../errors.ts';
import { selectRids } from '../../state/select.ts';
import { type App, joined, optionOf } from '../app.ts';
import { forEachService } from '../each.ts';
import { selectedServices } from '../selected.ts';

export type PauseWord = 'pause' | 'unpause';

/** Of all that copy data, or of those that are named. */
export async function syncPauseCommand(app: App, word: PauseWord): Promise<number> {
  const dryRun = app.call.switches.has('dry-run');
  const reason = optionOf(app, 'reason');
  return forEachService(app, await selectedServices(app), async (service) => {
    const chosen = await chosenSyncs(app, service);
    const states = await Promise.all(
      chosen.map(async (rid) => ({ rid, isPaused: (await pauseText(app.world, service, rid)) !== undefined })),
    );
    const concerned = states.filter(({ isPaused }) => isPaused === (word === 'unpause')).map(({ rid }) => rid);
    if (!dryRun && concerned.length > 0) {
      noteInJournal(app.world, service, `sync ${word} of ${concerned.join(', ')}`, reason);
      for (const rid of concerned) await (word === 'pause' ? pause(app.world, service, rid, reason) : unpause(app.world, service, rid));
    }
    return { text: textFor(word, concerned, chosen, dryRun), data: { changed: concerned, dryRun } };
  });
}

/** @throws SvcError NOT_FOUND for names that match nothing, UNSUPPORTED when none of them is a sync */
async function chosenSyncs(app: App, service: string): Promise<readonly string[]> {
  const asked = { rid: joined(app, 'rid'), tags: joined(app, 'tag'), subsets: joined(app, 'subset') };
  const { instance } = await loadForStatus(app.world, service);
  const all = instance.resources.map(({ rid, group, type, common }) => ({
    rid,
    group,
    type,
    tags: common.tags ?? [],
    subset: common.subset,
  }));
  const isNamed = Object.values(asked).some((value) => value !== undefined);
  const rids = isNamed ? selectRids(all, asked) : all.map(({ rid }) => rid).filter((rid) => rid !== configSync);
  const syncs = all.filter(({ rid, group }) => group === 'sync' && rids.includes(rid)).map(({ rid }) => rid);
  if (syncs.length === 0) throw new SvcError('UNSUPPORTED', `${service}: nothing of that is a sync that copies data`);
  return syncs;
}

function textFor(word: PauseWord, concerned: readonly string[], chosen: readonly string[], dryRun: boolean): string {
  if (concerned.length === 0) return `${chosen.join(', ')} ${word === 'pause' ? 'already paused' : 'not paused'}`;
  return `${concerned.join(', ')} ${dryRun ? `would be ${word}d; nothing was done` : `${word}d`}`;
}
