/** Services that the journal can be asked about: the selected ones, and one by name whose file is gone. */
import { join } from 'node:path';
import { serviceNames } from '../engine/services.ts';
import { plainName } from '../state/selector-syntax.ts';
import type { App } from './app.ts';
import { selectedServices } from './selected.ts';

/** Who deleted a service stands in its journal, so that its name must still be good for a question. */
export async function journaledServices(app: App): Promise<readonly string[]> {
  const { selector } = app.call;
  const name = selector === undefined ? undefined : plainName(selector);
  if (name !== undefined && !(await serviceNames(app.world)).includes(name)) {
    const folder = await app.world.doors.statFile(join(app.world.paths.journal, name));
    if (folder?.kind === 'directory') return [name];
  }
  return selectedServices(app, selector ?? 'allservices', { emptyIsFine: selector === undefined });
}
