/** `svcmgr -s SVC link`: a command named after the service, beside the svcmgr that was called. */
import { lstat, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SvcError } from '../../errors.ts';
import { packageFolder } from '../../paths.ts';
import type { App } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function linkCommand(app: App): Promise<number> {
  const folder = join(packageFolder(), 'bin');
  for (const service of await selectedServices(app)) {
    const link = join(folder, service);
    if (await isOurs(link)) {
      app.out(`${link} exists already\n`);
      continue;
    }
    if (!app.call.switches.has('dry-run')) await symlink('svcmgr', link);
    app.out(`${link} -> svcmgr${app.call.switches.has('dry-run') ? ' (dry-run)' : ''}\n`);
  }
  return 0;
}

/** @throws SvcError REFUSED when something else has that name */
async function isOurs(link: string): Promise<boolean> {
  const found = await lstat(link).catch(() => undefined);
  if (found === undefined) return false;
  if (found.isSymbolicLink() && (await readlink(link)) === 'svcmgr') return true;
  throw new SvcError('REFUSED', `${link} exists and is not a link to svcmgr`);
}
