/** `svcmgr -s SVC link`: a command named after the service, beside the svcmgr that was called. */
import { lstat, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SvcError } from '../../errors.ts';
import { packageFolder } from '../../paths.ts';
import type { App } from '../app.ts';
import { forEachService } from '../each.ts';
import { selectedServices } from '../selected.ts';

export async function linkCommand(app: App): Promise<number> {
  const folder = join(packageFolder(), 'bin');
  const dryRun = app.call.switches.has('dry-run');
  return forEachService(app, await selectedServices(app), async (service) => {
    const link = join(folder, service);
    const exists = await isOurs(link);
    if (!exists && !dryRun) await symlink('svcmgr', link);
    const text = exists ? `${link} exists already` : `${link} -> svcmgr${dryRun ? ' would be made; nothing was done' : ''}`;
    return { text, data: { link, changed: !exists, dryRun } };
  });
}

/** @throws SvcError REFUSED when something else has that name */
async function isOurs(link: string): Promise<boolean> {
  const found = await lstat(link).catch(() => undefined);
  if (found === undefined) return false;
  if (found.isSymbolicLink() && (await readlink(link)) === 'svcmgr') return true;
  throw new SvcError('REFUSED', `${link} exists and is not a link to svcmgr`);
}
