/** start, stop, restart, provision, unprovision, run: on every selected service, with a summary when there are several. */
import { type ActionResult, runAction } from '../../engine/action.ts';
import type { ActionRequest, Verb } from '../../engine/action-state.ts';
import { parseDuration } from '../../config/convert-duration.ts';
import { asSvcError, errorKinds, SvcError } from '../../errors.ts';
import { createSemaphore } from '../../io/semaphore.ts';
import { type App, formatOf, joined, sayData, valueOf } from '../app.ts';
import { renderDuration } from '../render/console.ts';
import { renderTable } from '../render/table.ts';
import { selectedServices } from '../selected.ts';

/** What one service's action came to, an error before it began included. */
type Done = { service: string; result: ActionResult } | { service: string; error: SvcError };

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
  const timeout = valueOf(app, 'timeout');
  const plain = { rid: joined(app, 'rid'), tag: joined(app, 'tag'), subset: joined(app, 'subset'), upto: valueOf(app, 'upto'), downto: valueOf(app, 'downto'), reason: valueOf(app, 'reason') };
  return {
    verb,
    ...(Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== undefined)) as Partial<ActionRequest>),
    allow: app.call.values.allow ?? [],
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

/** Runs one request per service, at most `--parallel` at a time, and reports. */
export async function runOnAll(app: App, services: readonly string[], requestFor: (service: string) => ActionRequest): Promise<number> {
  const gate = createSemaphore(parallelOf(app));
  const done = await Promise.all(services.map((service) => gate.run(() => runGuarded(app, service, requestFor(service)))));
  report(app, done);
  const codes = done.map((one) => ('result' in one ? one.result.exit : errorKinds[one.error.code].exit));
  if (services.length === 1) return codes[0] ?? 0;
  return codes.every((code) => code === 0) ? 0 : 1;
}

async function runGuarded(app: App, service: string, request: ActionRequest): Promise<Done> {
  try {
    return { service, result: await runAction(app.world, service, request, app.signal) };
  } catch (thrown) {
    return { service, error: asSvcError(thrown) };
  }
}

function parallelOf(app: App): number {
  const text = valueOf(app, 'parallel') ?? '1';
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new SvcError('CONFIG', `--parallel ${text}: a number of services from 1 to 9999`);
  return Number(text);
}

/** Destroying data asks for the name typed back, or --confirm NAME. */
async function confirmName(app: App, services: readonly string[]): Promise<void> {
  const [service] = services;
  const typed = valueOf(app, 'confirm') ?? (await app.ask(`unprovision destroys the data of ${service}. Type its name to go on: `));
  if (typed !== service) {
    throw new SvcError('REFUSED', `unprovision destroys the data of ${service}; the name was not typed back`, { hint: `--confirm ${service}` });
  }
}

const summaryColumns = [{ title: 'service' }, { title: 'result' }, { title: 'duration', align: 'right' }, { title: 'changes', align: 'right' }, { title: 'overall' }] as const;

function report(app: App, done: readonly Done[]): void {
  if (formatOf(app) !== 'tree') {
    const data = done.map((one) => dataOf(one));
    if (formatOf(app) === 'jsonl') for (const row of data) app.out(`${JSON.stringify(row)}\n`);
    else sayData(app, data.length === 1 ? data[0] : { schema: 1, services: data });
  }
  for (const one of done) complain(app, one);
  if (done.length > 1 && formatOf(app) === 'tree') app.out(renderTable(summaryColumns, done.map(rowOf), { colour: app.colour }));
}

function complain(app: App, one: Done): void {
  const error = 'result' in one ? one.result.error : one.error;
  if (error !== undefined) app.note(`svcmgr: ${error.message}\n${error.hint === undefined ? '' : `  ${error.hint}\n`}`);
  if (!('result' in one)) return;
  const { result } = one;
  if (result.notRolledBack.length > 0) app.note(`  still up after the rollback: ${result.notRolledBack.join(', ')}\n`);
  if (app.call.switches.has('dry-run') && formatOf(app) === 'tree') {
    app.out(`${result.service}: ${result.changes} change${result.changes === 1 ? '' : 's'} planned, nothing was done\n`);
  }
}

function rowOf(one: Done): readonly string[] {
  if (!('result' in one)) return [one.service, one.error.code, '-', '-', '-'];
  const { result } = one;
  return [result.service, result.ok ? 'done' : (result.error?.code ?? 'failed'), renderDuration(result.durationMs), String(result.changes), result.status?.overall ?? '-'];
}

function dataOf(one: Done): Readonly<Record<string, unknown>> {
  if (!('result' in one)) return { schema: 1, service: one.service, ok: false, exit: errorKinds[one.error.code].exit, error: errorData(one.error) };
  const { error, status, ...rest } = one.result;
  return { schema: 1, ...rest, error: error === undefined ? null : errorData(error), status: status ?? null };
}

export function errorData(error: SvcError): Readonly<Record<string, unknown>> {
  return { code: error.code, message: error.message, hint: error.hint ?? null, facts: error.facts };
}
