/** enable and disable: the `disable` keyword of resources, written into the service file. */
import { editService } from '../../engine/edit-service.ts';
import { loadForStatus } from '../../engine/services.ts';
import { SvcError } from '../../errors.ts';
import { selectRids } from '../../state/select.ts';
import { type App, joined, optionOf } from '../app.ts';
import { forEachService } from '../each.ts';
import { selectedServices } from '../selected.ts';

export async function enableCommand(app: App): Promise<number> {
  const disable = app.call.verb.name === 'disable';
  const asked = { rid: joined(app, 'rid'), tags: joined(app, 'tag'), subsets: joined(app, 'subset') };
  if (Object.values(asked).every((value) => value === undefined)) {
    throw new SvcError('CONFIG', `${app.call.verb.name}: which resources?`, { hint: '--rid, --subset or --tag' });
  }
  const dryRun = app.call.switches.has('dry-run');
  return forEachService(app, await selectedServices(app), async (service) => {
    const { instance } = await loadForStatus(app.world, service);
    const own = instance.resources.filter((resource) => resource.implied === undefined);
    const rids = selectRids(
      own.map(({ rid, group, type, common }) => ({ rid, group, type, tags: common.tags ?? [], subset: common.subset })),
      asked,
    );
    const concerned = own.filter(({ rid, common }) => rids.includes(rid) && common.disable !== disable).map(({ rid }) => rid);
    const operations = concerned.map((rid) => (disable ? { set: `${rid}.disable=true` } : { unset: `${rid}.disable` }));
    if (concerned.length > 0) await editService(app.world, service, { operations, dryRun, reason: optionOf(app, 'reason') });
    return { text: textFor(concerned, rids, disable, dryRun), data: { changed: concerned, dryRun } };
  });
}

function textFor(concerned: readonly string[], rids: readonly string[], disable: boolean, dryRun: boolean): string {
  const done = disable ? 'disabled' : 'enabled';
  if (concerned.length === 0) return `${rids.join(', ')} already ${done}`;
  return `${concerned.join(', ')} ${dryRun ? `would be ${done}; nothing was done` : done}`;
}
