/** `mon`: the table of services x nodes; `--watch` keeps it on the screen. */
import { withInstances } from '../../engine/instances.ts';
import { SvcError } from '../../errors.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import { monRow } from '../../state/mon-row.ts';
import type { StatusDocument } from '../../state/status-document.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { monLines } from '../render/mon-table.ts';
import { selectedServices } from '../selected.ts';
import { watchServices } from '../watch/watch.ts';

/** Services looked at together. */
const parallelServices = 8;

export async function monCommand(app: App): Promise<number> {
  if (app.call.switches.has('watch')) return watchServices(app, () => documentsOf(app));
  const rows = (await documentsOf(app)).map(monRow);
  const nowMs = app.world.now().getTime();
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, services: rows }, rows);
  else if (rows.length === 0) app.note(`no services in ${app.world.paths.services}\n`);
  else app.out(`${monLines(rows, { colour: app.colour, nowMs }).join('\n')}\n`);
  return 0;
}

/** @throws the error of a service that cannot be read at all, after the others were looked at */
async function documentsOf(app: App): Promise<readonly StatusDocument[]> {
  const gate = createSemaphore(parallelServices);
  const services = await selectedServices(app);
  const looks = await Promise.allSettled(services.map((service) => gate.run(() => documentOf(app, service))));
  const documents = looks.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = looks.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
  if (failed.length > 0 && documents.length === 0) throw failed[0];
  for (const error of failed) app.note(`svcmgr: ${error instanceof SvcError ? error.message : String(error)}\n`);
  return documents;
}

async function documentOf(app: App, service: string): Promise<StatusDocument> {
  const document = await app.statusOf(service);
  return app.call.switches.has('peers') ? withInstances(app.world, document, app.signal) : document;
}
