/** enable and disable: the `disable` keyword of resources, written into the service file. */
import { editService } from '../../engine/edit-service.ts';
import { loadForStatus } from '../../engine/services.ts';
import { SvcError } from '../../errors.ts';
import { selectRids } from '../../state/select.ts';
import { type App, joined, valueOf } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function enableCommand(app: App): Promise<number> {
  const disable = app.call.verb.name === 'disable';
  const asked = { rid: joined(app, 'rid'), tags: joined(app, 'tag'), subsets: joined(app, 'subset') };
  if (Object.values(asked).every((value) => value === undefined)) {
    throw new SvcError('CONFIG', `${app.call.verb.name}: which resources?`, { hint: '--rid, --subset or --tag' });
  }
  for (const service of await selectedServices(app)) {
    const { instance } = await loadForStatus(app.world, service);
    const own = instance.resources.filter((resource) => resource.implied === undefined);
    const rids = selectRids(
      own.map(({ rid, group, type, common }) => ({ rid, group, type, tags: common.tags ?? [], subset: common.subset })),
      asked,
    );
    const operations = rids.map((rid) => ({ unset: `${rid}.disable` }) as const);
    await editService(app.world, service, {
      operations: disable ? rids.map((rid) => ({ set: `${rid}.disable=true` })) : operations,
      dryRun: app.call.switches.has('dry-run'),
      reason: valueOf(app, 'reason'),
    });
    app.out(`${service}: ${rids.join(', ')} ${disable ? 'disabled' : 'enabled'}${app.call.switches.has('dry-run') ? ' (dry-run)' : ''}\n`);
  }
  return 0;
}
