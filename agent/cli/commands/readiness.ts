/** `readiness`: could the service start there now, what is in the way, what would be lost, how long would it take. Exit 0 ready, 1 not. */
import type { ReadinessReport } from '../../engine/readiness.ts';
import { type ServiceReadiness, serviceReadiness } from '../../engine/readiness-view.ts';
import { asSvcError, type SvcError } from '../../errors.ts';
import { type App, formatOf, optionOf, sayData } from '../app.ts';
import { complaint } from '../complain.ts';
import { errorData } from '../error-data.ts';
import { renderReadiness } from '../render/readiness.ts';
import { isPattern, selectedServices } from '../selected.ts';

type Answer = ServiceReadiness | { readonly service: string; readonly error: SvcError };

export async function readinessCommand(app: App): Promise<number> {
  const node = optionOf(app, 'node');
  const services = await selectedServices(app);
  const answers = await Promise.all(services.map((service) => answer(app, service, node)));
  const [only] = answers;
  if (only !== undefined && 'error' in only && answers.length === 1) throw only.error;
  for (const one of answers) if ('error' in one) app.note(complaint(one.error, app.call.switches.has('debug')));
  if (formatOf(app) === 'tree') {
    for (const one of answers)
      if (!('error' in one)) app.out(renderReadiness(one, { nowMs: app.world.now().getTime(), width: app.columns }));
  } else {
    const rows = answers.map((one) => dataOf(one, node !== undefined));
    sayData(app, rows.length === 1 && !isPattern(app) ? rows[0] : { schema: 1, services: rows }, rows);
  }
  return answers.every((one) => !('error' in one) && one.ready) ? 0 : 1;
}

async function answer(app: App, service: string, node: string | undefined): Promise<Answer> {
  try {
    return await serviceReadiness(app.world, service, node, app.signal, app.call.switches.has('local'));
  } catch (thrown) {
    return { service, error: asSvcError(thrown) };
  }
}

/** Of one node: what that node says. */
function dataOf(one: Answer, isOneNode: boolean): ServiceReadiness | ReadinessReport | Readonly<Record<string, unknown>> {
  if ('error' in one) return { schema: 1, service: one.service, ready: false, error: errorData(one.error) };
  return isOneNode ? (one.nodes[0] ?? one) : one;
}
