/** Which interrupted actions a new one answers for. Pure. */
import type { OpenAction } from '../journal/actions.ts';
import { type ActionRequest, syncMethod, type Verb } from './action-state.ts';

const walks = ['start', 'stop', 'restart', 'boot', 'shutdown'] as const satisfies readonly Verb[];

/** What a verb over the whole service leaves nothing of. A start cannot answer for half-made data, nor anything but a run for a task. */
const answersFor = {
  start: walks,
  stop: walks,
  restart: walks,
  shutdown: walks,
  boot: ['boot'],
  provision: [...walks, 'provision', 'unprovision'],
  unprovision: [...walks, 'provision', 'unprovision'],
  run: ['run'],
  sync: ['sync'],
} as const satisfies Record<Verb, readonly Verb[]>;

const selections = ['rid', 'tag', 'subset', 'upto', 'downto'] as const satisfies readonly (keyof ActionRequest)[];

/** A whole action, or the same one again, answers for the cut one. */
export function takesOver(request: ActionRequest, partial: boolean, cut: OpenAction): boolean {
  const then = cut.options as Partial<ActionRequest>;
  const isSame = then.verb === request.verb && methodOf(then) === methodOf(request);
  if (!partial) return request.verb === 'sync' ? isSame : (answersFor[request.verb] as readonly string[]).includes(cut.verb);
  return isSame && selections.every((name) => then[name] === request[name]);
}

/** `sync all` and `sync update` do the same. */
function methodOf({ sync }: Partial<ActionRequest>): string | undefined {
  return sync === undefined ? undefined : syncMethod(sync);
}

/** What cut starts had brought up: a start that completes them answers for it, in the order they did. */
export function inheritedFrom(takenOver: readonly OpenAction[], verb: Verb): readonly string[] {
  if (verb !== 'start' && verb !== 'provision') return [];
  const starts = takenOver.filter((one) => one.verb === 'start' || one.verb === 'provision');
  return starts.flatMap((one) => one.changed.filter(({ from }) => from === 'down').map(({ rid }) => rid));
}
