/** From the selector on the command line to names of services. */
import { keywordsOf } from '../engine/services.ts';
import { SvcError } from '../errors.ts';
import { asksConfig, asksStatus, parseSelector, plainName, type Selector } from '../state/selector-syntax.ts';
import { type Candidate, selectServices } from '../state/selector.ts';
import type { App } from './app.ts';

/**
 * The services a call is about, by name.
 * @throws SvcError NOT_FOUND when nothing matches, CONFIG when a verb that needs a selector got none
 */
export async function selectedServices(
  app: App,
  text = app.call.selector,
  options: { emptyIsFine?: boolean } = {},
): Promise<readonly string[]> {
  const { verb } = app.call;
  if (text === undefined) {
    if (verb.group === 'status') return selectedServices(app, 'allservices', { emptyIsFine: verb.name !== 'check' });
    throw new SvcError('CONFIG', `${verb.name}: which service?`, { hint: `svcmgr -s SELECTOR ${verb.name}; svcmgr ls prints the names` });
  }
  const selector = parseSelector(text);
  const candidates = await candidatesOf(app, selector);
  const names = selectServices(selector, candidates);
  if (names.length === 0 && options.emptyIsFine !== true) {
    throw new SvcError('NOT_FOUND', `no service matches ${text}`, { hint: 'svcmgr ls prints the names' });
  }
  if (verb.services === 'one' && names.length > 1)
    throw new SvcError('CONFIG', `${verb.name} takes one service, ${text} matches ${names.length}`);
  return names;
}

/** The selector could have matched several: its JSON is the list form. */
export function isPattern(app: App): boolean {
  return app.call.selector === undefined || plainName(app.call.selector) === undefined;
}

/** Files are read and services looked at only when the selector asks about them. */
async function candidatesOf(app: App, selector: Selector): Promise<readonly Candidate[]> {
  const names = await app.serviceNames();
  return Promise.all(
    names.map(async (name) => ({
      name,
      ...(asksConfig(selector) ? await keywordsOf(app.world, name) : nothingKnown),
      ...(asksStatus(selector) ? { status: await statusFor(app, name) } : {}),
    })),
  );
}

const nothingKnown = { keyword: () => undefined, sections: [], primary: false } as const;

/** A service whose file never was valid has no status: no condition on it holds. */
async function statusFor(app: App, name: string): Promise<Candidate['status']> {
  const document = await app.statusOf(name).catch((error: unknown) => {
    if (error instanceof SvcError && error.code === 'CONFIG') return undefined;
    throw error;
  });
  if (document === undefined) return undefined;
  const { avail, overall, optional, sync, hb, frozen, provisioned } = document;
  return { avail, overall, optional, sync, hb, frozen, provisioned };
}
