/** start, stop, restart, provision, unprovision, run: on every selected service, with a summary when there are several. */
import { allowancesOf } from '../allowances.ts';
import { runAction } from '../../engine/action.ts';
import type { ActionRequest, Verb } from '../../engine/action-state.ts';
import { loadForStatus } from '../../engine/services.ts';
import { parseDuration } from '../../config/convert-duration.ts';
import { asSvcError, SvcError } from '../../errors.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import { type Done, exitOfDone, reportActions } from '../action-report.ts';
import { type App, joined, optionOf } from '../app.ts';
import { selectedServices } from '../selected.ts';

export async function actionCommand(app: App): Promise<number> {
  const verb = app.call.verb.name as Verb;
  const services = await selectedServices(app);
  const request = requestOf(app, verb);
  if (verb === 'unprovision' && !request.dryRun) await confirmName(app, services);
  return runOnAll(app, services, () => request);
}

/** The request that the command line describes. */
export function requestOf(app: App, verb: Verb): ActionRequest {
  const { switches } = app.call;
  const timeout = optionOf(app, 'timeout');
  const plain = {
    rid: joined(app, 'rid'),
    tag: joined(app, 'tag'),
    subset: joined(app, 'subset'),
    upto: optionOf(app, 'upto'),
    downto: optionOf(app, 'downto'),
    reason: optionOf(app, 'reason'),
  };
  return {
    verb,
    ...(Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)) as Partial<ActionRequest>),
    allow: allowancesOf(app),
    force: switches.has('force'),
    dryRun: switches.has('dry-run'),
    rollback: !switches.has('no-rollback'),
    ...(switches.has('no-wait') ? { waitMs: 0 } : {}),
    ...(timeout === undefined ? {} : { timeoutMs: durationOption('timeout', timeout) }),
  };
}

/** @throws SvcError CONFIG when an option's duration is none */
export function durationOption(name: string, text: string): number {
  const parsedMs = parseDuration(text);
  if (parsedMs === undefined) throw new SvcError('CONFIG', `--${name} ${text}: not a duration`, { hint: 'write 90s, 5m or 1h30m' });
  return parsedMs;
}

/** Runs one request per service (a text: there is nothing to run, and why), at most `--parallel` at a time, and reports. */
export async function runOnAll(
  app: App,
  services: readonly string[],
  requestFor: (service: string) => ActionRequest | string,
): Promise<number> {
  const gate = createSemaphore(parallelOf(app));
  const done = await Promise.all(services.map((service) => gate.run(() => runGuarded(app, service, requestFor(service)))));
  reportActions(app, done);
  const codes = done.map(exitOfDone);
  if (services.length === 1) return codes[0] ?? 0;
  return codes.every((code) => code === 0) ? 0 : 1;
}

async function runGuarded(app: App, service: string, request: ActionRequest | string): Promise<Done> {
  if (typeof request === 'string') return { service, nothing: request };
  try {
    return { service, result: await runAction(app.world, service, request, app.signal) };
  } catch (thrown) {
    return { service, error: asSvcError(thrown) };
  }
}

function parallelOf(app: App): number {
  const text = optionOf(app, 'parallel') ?? '1';
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new SvcError('CONFIG', `--parallel ${text}: a number of services from 1 to 9999`);
  return Number(text);
}

/** Destroying data asks for the name typed back, or --confirm NAME. */
async function confirmName(app: App, services: readonly string[]): Promise<void> {
  const [service = ''] = services;
  const typed = optionOf(app, 'confirm') ?? (await askForName(app, service));
  if (typed !== service) {
    throw new SvcError('REFUSED', `unprovision destroys the data of ${service}; the name was not typed back`, {
      hint: `--confirm ${service}`,
    });
  }
}

/** Says what will be gone, and on which node: the name alone is typed too easily. */
async function askForName(app: App, service: string): Promise<string | undefined> {
  const { instance } = await loadForStatus(app.world, service);
  const doomed = instance.resources.filter((resource) => resource.driver.unprovision !== undefined && !resource.traits.disabled);
  const lines = doomed.map(({ rid, label }) => `  ${rid}  ${label}\n`);
  return app.ask(`unprovision stops ${service} on ${instance.node} and destroys the data of\n${lines.join('')}Type ${service} to go on: `);
}
