/** `ls`: names that a selector matches, a line each. */
import { type App, formatOf, sayData } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function lsCommand(app: App): Promise<number> {
  const names = await selectedServices(app, app.call.words[0] ?? app.call.selector ?? '*', {
    emptyIsFine: app.call.words[0] === undefined && app.call.selector === undefined,
  });
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, services: names }, names);
  else app.out(names.map((name) => `${name}\n`).join(''));
  if (names.length === 0) app.note(`no services in ${app.world.paths.services}\n`);
  return 0;
}
