/** `metrics`: the text that a scrape of the daemon gets, for a textfile collector too; without a daemon everything is looked at now. */
import type { MetricSource } from '../../api/metrics.ts';
import { asSvcError } from '../../errors.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { complaint } from '../complain.ts';
import { selectedServices } from '../selected.ts';
import { version } from '../version.ts';

/** Services looked at together. */
const parallelServices = 8;

export async function metricsCommand(app: App): Promise<number> {
  const gate = createSemaphore(parallelServices);
  const services = await selectedServices(app);
  const sources = await Promise.all(services.map((service) => gate.run(() => sourceOf(app, service))));
  const text = app.metrics.render(sources, { version, node: app.world.node.name }, app.world.now().getTime());
  if (formatOf(app) === 'tree') app.out(text);
  else sayData(app, { schema: 1, lines: text.split('\n').slice(0, -1) });
  return 0;
}

/** A service that cannot be looked at is undef; the others are told all the same. */
async function sourceOf(app: App, service: string): Promise<MetricSource> {
  const tally = await app.metrics.tallyOf(service);
  try {
    return { service, status: await app.statusOf(service), tally };
  } catch (thrown) {
    app.signal.throwIfAborted();
    app.note(complaint(asSvcError(thrown), app.call.switches.has('debug')));
    return { service, status: undefined, tally };
  }
}
