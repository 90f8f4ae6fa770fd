/** `ls`: names that a selector matches, a line each. */
import { type App, formatOf, sayData } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function lsCommand(app: App): Promise<number> {
  const names = await selectedServices(app, app.call.words[0] ?? app.call.selector ?? '*', { emptyIsFine: app.call.words[0] === undefined && app.call.selector === undefined });
  if (formatOf(app) === 'tree' || formatOf(app) === 'flat') app.out(names.map((name) => `${name}\n`).join(''));
  else sayData(app, { schema: 1, services: names });
  return 0;
}
