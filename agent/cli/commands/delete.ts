/** `delete`: remove the file of a service whose resources are down here; a copy stays as the last good definition. */
import { rm } from 'node:fs/promises';
import { noteInJournal } from '../../engine/journal-notes.ts';
import { readServiceText } from '../../engine/services.ts';
import { statusOf } from '../../engine/service-status.ts';
import { SvcError } from '../../errors.ts';
import { type App, formatOf, sayData, optionOf } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function deleteCommand(app: App): Promise<number> {
  const [service = ''] = await selectedServices(app);
  const { path } = await readServiceText(app.world, service);
  await refuseWhileUp(app, service);
  const typed = optionOf(app, 'confirm') ?? (await app.ask(`This removes ${path}; the data stays. Type ${service} to go on: `));
  if (typed !== service)
    throw new SvcError('REFUSED', `${service} is not deleted: its name was not typed back`, { hint: `--confirm ${service}` });
  if (app.call.switches.has('dry-run')) {
    say(app, service, path, `${path} would be removed; nothing was done`);
    return 0;
  }
  noteInJournal(app.world, service, `deleted ${path}`, optionOf(app, 'reason'));
  await rm(path);
  say(app, service, path, `deleted ${path}`);
  return 0;
}

function say(app: App, service: string, file: string, text: string): void {
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, service, file, dryRun: app.call.switches.has('dry-run') });
  else app.out(`${service}: ${text}\n`);
}

/** What still runs would be nobody's any more. */
async function refuseWhileUp(app: App, service: string): Promise<void> {
  const status = await statusOf(app.world, service, app.signal).catch((error: unknown) => {
    // An invalid file without a last good definition never ran: it may go.
    if (error instanceof SvcError && error.code === 'CONFIG') return undefined;
    throw error;
  });
  const busy = Object.entries(status?.resources ?? {}).filter(([, one]) => !['down', 'n/a', 'stdby down'].includes(one.status));
  if (busy.length === 0) return;
  const text = busy.map(([rid, one]) => `${rid} ${one.status}`).join(', ');
  throw new SvcError('REFUSED', `${service} is not down: ${text}`, { hint: `svcmgr -s ${service} stop first` });
}
