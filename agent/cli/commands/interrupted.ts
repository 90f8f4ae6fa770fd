/** `resume` completes an interrupted action, `clear` accepts it as it is. */
import type { ActionRequest } from '../../engine/action-state.ts';
import { interruptedActions } from '../../engine/recover.ts';
import { clearInterrupted } from '../../engine/journal-notes.ts';
import { SvcError } from '../../errors.ts';
import type { OpenAction } from '../../journal/actions.ts';
import { type App, valueOf } from '../app.ts';
import { selectedServices } from '../selected.ts';
import { requestOf, runOnAll } from './action.ts';

export async function resumeCommand(app: App): Promise<number> {
  const requests = new Map<string, ActionRequest>();
  for (const service of await selectedServices(app)) {
    const cut = (await chosen(app, service)).at(-1);
    if (cut === undefined) app.out(`${service}: nothing to resume\n`);
    else requests.set(service, again(app, cut));
  }
  if (requests.size === 0) return 0;
  return runOnAll(app, [...requests.keys()], (service) => requests.get(service) as ActionRequest);
}

/** The same request as then; the options of this call (allow, dry-run, timeout, reason) come on top. */
function again(app: App, cut: OpenAction): ActionRequest {
  const now = requestOf(app, cut.verb as ActionRequest['verb']);
  const then = cut.options as unknown as ActionRequest;
  return { ...then, ...Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== undefined && key !== 'rollback')), allow: [...then.allow, ...now.allow], rollback: then.rollback };
}

export async function clearCommand(app: App): Promise<number> {
  const dryRun = app.call.switches.has('dry-run');
  for (const service of await selectedServices(app)) {
    const cut = await chosen(app, service);
    if (cut.length === 0) app.out(`${service}: nothing to clear\n`);
    for (const one of cut) {
      if (!dryRun) clearInterrupted(app.world, service, one.sid);
      app.out(`${service}: ${one.verb} of ${new Date(one.at).toISOString()} ${dryRun ? 'would be' : 'is'} taken as it is\n`);
    }
  }
  return 0;
}

async function chosen(app: App, service: string): Promise<readonly OpenAction[]> {
  const sid = valueOf(app, 'sid');
  const cut = await interruptedActions(app.world, service);
  const found = sid === undefined ? cut : cut.filter((one) => one.sid.startsWith(sid));
  if (sid !== undefined && found.length === 0) throw new SvcError('NOT_FOUND', `${service} has no interrupted action ${sid}`);
  return found;
}
