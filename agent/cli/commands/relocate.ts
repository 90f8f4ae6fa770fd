/** `switch` and `giveback`: the service goes to another node, a step after the other. */
import { allowancesOf } from '../allowances.ts';
import { relocate, type RelocateResult } from '../../engine/relocate.ts';
import type { RelocateRequest, RelocateVerb } from '../../engine/relocate-bracket.ts';
import { asSvcError, errorKinds, type SvcError } from '../../errors.ts';
import { type App, formatOf, optionOf, sayData } from '../app.ts';
import { complaint } from '../complain.ts';
import { errorData } from '../error-data.ts';
import { renderDuration } from '../../state/duration-text.ts';
import { isPattern, selectedServices } from '../selected.ts';

type Moved = RelocateResult | { readonly service: string; readonly error: SvcError };

export async function relocateCommand(app: App): Promise<number> {
  const verb = app.call.verb.name as RelocateVerb;
  const request = relocationOf(app, verb);
  return relocateAll(app, new Map((await selectedServices(app)).map((service) => [service, request])));
}

/** The request that the command line describes. */
export function relocationOf(app: App, verb: RelocateVerb): RelocateRequest {
  const { switches } = app.call;
  const to = optionOf(app, 'to');
  const reason = optionOf(app, 'reason');
  return {
    verb,
    allow: allowancesOf(app),
    dryRun: switches.has('dry-run'),
    ...(to === undefined ? {} : { to }),
    ...(reason === undefined ? {} : { reason }),
    ...(switches.has('no-wait') ? { waitMs: 0 } : {}),
  };
}

/** One service after the other: what one needs of the network and of a person's attention, the next one needs too. */
export async function relocateAll(app: App, requests: ReadonlyMap<string, RelocateRequest>): Promise<number> {
  const moved: Moved[] = [];
  for (const [service, request] of requests) moved.push(await moveOne(app, service, request));
  for (const one of moved) {
    if (one.error !== undefined) app.note(complaint(one.error, app.call.switches.has('debug')));
    if (formatOf(app) === 'tree' && !isError(one)) app.out(closingLine(app, one));
  }
  if (formatOf(app) !== 'tree') {
    const rows = moved.map(dataOf);
    sayData(app, rows.length === 1 && !isPattern(app) ? rows[0] : { schema: 1, services: rows }, rows);
  }
  const codes = moved.map((one) => (isError(one) ? errorKinds[one.error.code].exit : one.exit));
  if (codes.length === 1) return codes[0] ?? 0;
  return codes.every((code) => code === 0) ? 0 : 1;
}

async function moveOne(app: App, service: string, request: RelocateRequest): Promise<Moved> {
  try {
    return await relocate(app.world, service, request, app.signal);
  } catch (thrown) {
    return { service, error: asSvcError(thrown) };
  }
}

function isError(one: Moved): one is { readonly service: string; readonly error: SvcError } {
  return !('steps' in one);
}

function closingLine(app: App, { service, verb, error, from, to, durationMs, steps, where }: RelocateResult): string {
  const isPlan = app.call.switches.has('dry-run');
  const acts = steps.filter(({ name }) => name !== 'ask' && name !== 'readiness' && name !== 'verify');
  if (error !== undefined) return acts.length === 0 ? `${service}: ${verb} refused, nothing was changed\n` : `${service}: ${verb} failed\n`;
  if (acts.length === 0) return `${service}: ${verb}: nothing to do, it is up on ${to}\n`;
  const way = from === null || from === to ? `on ${to}` : `from ${from} to ${to}`;
  if (isPlan) return `${service}: ${verb} would bring it ${way}; nothing was done\n`;
  const now = Object.entries(where)
    .map(([node, text]) => `${node} ${text}`)
    .join(', ');
  return `${service}: ${verb} ${way} done in ${renderDuration(durationMs)}: ${now}\n`;
}

function dataOf(one: Moved): Readonly<Record<string, unknown>> {
  if (isError(one)) {
    return { schema: 1, service: one.service, ok: false, exit: errorKinds[one.error.code].exit, error: errorData(one.error) };
  }
  const { error, ...rest } = one;
  return { schema: 1, ...rest, error: error === undefined ? null : errorData(error) };
}
