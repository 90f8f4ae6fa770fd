/** `set` and `unset`: change keywords of the service file; comments, order and bytes of the rest stay. */
import { editService, type Operation } from '../../engine/edit-service.ts';
import { SvcError } from '../../errors.ts';
import { type App, valueOf } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function changeCommand(app: App): Promise<number> {
  const unset = app.call.verb.name === 'unset';
  const given = app.call.values.kw ?? [];
  if (given.length === 0) throw new SvcError('CONFIG', `${app.call.verb.name}: which keyword?`, { hint: app.call.verb.example });
  const operations: readonly Operation[] = given.map((text) => (unset ? { unset: text } : { set: text }));
  const dryRun = app.call.switches.has('dry-run');
  for (const service of await selectedServices(app)) {
    const changed = await editService(app.world, service, { operations, dryRun, reason: valueOf(app, 'reason') });
    app.out(`${service}: ${changed ? `changed${dryRun ? ' (dry-run, nothing was done)' : ''}` : 'nothing to change'}\n`);
  }
  return 0;
}
