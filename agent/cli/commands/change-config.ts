/** `set` and `unset`: change keywords of the service file; comments, order and bytes of the rest stay. */
import { editService, type Operation } from '../../engine/edit-service.ts';
import { SvcError } from '../../errors.ts';
import { type App, optionOf } from '../app.ts';
import { forEachService } from '../each.ts';
import { selectedServices } from '../selected.ts';

export async function changeCommand(app: App): Promise<number> {
  const unset = app.call.verb.name === 'unset';
  const given = app.call.values.kw ?? [];
  if (given.length === 0) throw new SvcError('CONFIG', `${app.call.verb.name}: which keyword?`, { hint: app.call.verb.example });
  const operations: readonly Operation[] = given.map((text) => (unset ? { unset: text } : { set: text }));
  const dryRun = app.call.switches.has('dry-run');
  return forEachService(app, await selectedServices(app), async (service) => {
    const changed = await editService(app.world, service, { operations, dryRun, reason: optionOf(app, 'reason') });
    const text = !changed ? 'nothing to change' : dryRun ? 'would be changed; nothing was done' : 'changed';
    return { text, data: { changed, dryRun } };
  });
}
