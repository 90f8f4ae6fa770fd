/** `sync VERB`: the verb of every sync resource that has it; the list of verbs is made from the drivers. */
import { nearestName } from '../../nearest.ts';
import { syncVerbs } from '../../engine/sync-verbs.ts';
import { SvcError } from '../../errors.ts';
import { type App, optionOf } from '../app.ts';
import { selectedServices } from '../selected.ts';
import { requestOf, runOnAll } from './action.ts';
import { type PauseWord, syncPauseCommand } from './sync-pause.ts';

/** Verbs of every sync, whatever its driver can do. */
const marks: readonly string[] = ['pause', 'unpause'] satisfies readonly PauseWord[];

const isMark = (word: string): word is PauseWord => marks.includes(word);

export async function syncCommand(app: App): Promise<number> {
  const word = await checkedVerb(app);
  if (isMark(word)) return syncPauseCommand(app, word);
  const services = await selectedServices(app);
  const count = Number(optionOf(app, 'parallel') ?? '1');
  // One service: its resources run together; several: the services do.
  const parallel = services.length === 1 ? { parallel: count } : {};
  const request = { ...requestOf(app, 'sync'), sync: word, ...parallel };
  return runOnAll(app, services, () => request);
}

async function checkedVerb(app: App): Promise<string> {
  const known = [...(await syncVerbs(app.world.registry)), ...marks];
  const [word, ...more] = app.call.words;
  const list = `one of: ${known.map((name) => `sync ${name}`).join(', ')}`;
  if (word === undefined) throw new SvcError('CONFIG', 'sync: which verb?', { hint: list });
  if (known.includes(word) && more.length === 0) return word;
  const nearest = nearestName(word, known);
  throw new SvcError('CONFIG', `unknown verb: sync ${app.call.words.join(' ')}`, {
    hint: nearest === undefined || nearest === word ? list : `did you mean "sync ${nearest}"?`,
  });
}
