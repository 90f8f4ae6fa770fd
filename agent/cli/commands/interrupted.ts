/** `resume` completes an interrupted action, `clear` accepts it as it is. */
import type { ActionRequest } from '../../engine/action-state.ts';
import { interruptedActions } from '../../engine/recover.ts';
import { isRelocation, type RelocateRequest } from '../../engine/relocate-bracket.ts';
import { clearInterrupted } from '../../engine/journal-notes.ts';
import { SvcError } from '../../errors.ts';
import type { OpenAction } from '../../journal/actions.ts';
import { type App, optionOf } from '../app.ts';
import { forEachService } from '../each.ts';
import { timeText } from '../render/clock.ts';
import { selectedServices } from '../selected.ts';
import { requestOf, runOnAll } from './action.ts';
import { relocateAll, relocationOf } from './relocate.ts';

export async function resumeCommand(app: App): Promise<number> {
  const requests = new Map<string, ActionRequest>();
  const relocations = new Map<string, RelocateRequest>();
  const services = await selectedServices(app);
  for (const service of services) {
    const cut = await chosen(app, service);
    // A relocation goes on with whatever step of it was cut here.
    const relocation = cut.findLast(({ verb }) => isRelocation(verb));
    const last = cut.at(-1);
    if (relocation !== undefined) relocations.set(service, relocateAgain(app, relocation));
    else if (last !== undefined) requests.set(service, again(app, last));
  }
  const others = services.filter((service) => !relocations.has(service));
  if (relocations.size === 0) return runOnAll(app, others, (service) => requests.get(service) ?? 'nothing to resume');
  if (others.length > 0) {
    throw new SvcError('CONFIG', `relocations are resumed by themselves: ${[...relocations.keys()].join(', ')}`, {
      hint: `svcmgr -s ${[...relocations.keys()].join(',')} resume`,
    });
  }
  return relocateAll(app, relocations);
}

function relocateAgain(app: App, { verb, options }: OpenAction): RelocateRequest {
  const then = options as unknown as RelocateRequest;
  const now = relocationOf(app, isRelocation(verb) ? verb : then.verb);
  return { ...then, ...now, allow: [...then.allow, ...now.allow] };
}

/** The same request as then; the options of this call (allow, dry-run, timeout, reason) come on top. */
function again(app: App, cut: OpenAction): ActionRequest {
  const then = cut.options as unknown as ActionRequest;
  const now = requestOf(app, then.verb);
  return {
    ...then,
    ...Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== undefined && key !== 'rollback')),
    allow: [...then.allow, ...now.allow],
    rollback: then.rollback,
  };
}

export async function clearCommand(app: App): Promise<number> {
  const dryRun = app.call.switches.has('dry-run');
  return forEachService(app, await selectedServices(app), async (service) => {
    const cut = await chosen(app, service);
    const nowMs = app.world.now().getTime();
    const cleared = cut.map(({ sid, verb, at }) => ({ sid, verb, at: new Date(at).toISOString() }));
    if (!dryRun) for (const { sid } of cleared) clearInterrupted(app.world, service, sid);
    const names = cleared.map(({ verb, at }) => `${verb} of ${timeText(at, nowMs)}`).join(', ');
    const text = cleared.length === 0 ? 'nothing to clear' : `${names} ${dryRun ? 'would be' : 'is'} accepted as it stands`;
    return { text, data: { dryRun, cleared } };
  });
}

async function chosen(app: App, service: string): Promise<readonly OpenAction[]> {
  const sid = optionOf(app, 'sid');
  const cut = await interruptedActions(app.world, service);
  const found = sid === undefined ? cut : cut.filter((one) => one.sid.startsWith(sid));
  if (sid !== undefined && found.length === 0) throw new SvcError('NOT_FOUND', `${service} has no interrupted action ${sid}`);
  return found;
}
