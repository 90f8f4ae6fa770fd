/** A verb asked over the API, run by the same command that the command line runs: the daemon has no words of its own. */
import type { ActionConsole, VerbAnswer, VerbCall } from '../api/control.ts';
import { type MetricsBook, openMetricsBook } from '../api/metrics-book.ts';
import type { Daemon } from '../engine/residence.ts';
import { statusOf } from '../engine/service-status.ts';
import { serviceNames } from '../engine/services.ts';
import type { World } from '../engine/world.ts';
import { asSvcError, SvcError } from '../errors.ts';
import type { StatusDocument } from '../state/status-document.ts';
import type { App } from './app.ts';
import { commands } from './commands.ts';
import { complaint, exitOf } from './complain.ts';
import type { OptionName } from './option-specs.ts';
import type { Invocation } from './parse.ts';
import { selectedServices } from './selected.ts';
import { verbs } from './verbs.ts';

type Printed = Pick<App, 'out' | 'note'>;

/** A verb that only looks, answered from memory. Rejects as the verb does. */
export async function answerVerb(daemon: Daemon, call: VerbCall, metrics: MetricsBook): Promise<VerbAnswer> {
  const printed = { out: '', note: '' };
  const print: Printed = {
    out: (text) => {
      printed.out += text;
    },
    note: (text) => {
      printed.note += text;
    },
  };
  const app = { ...appOf(daemon, daemon.world(), call, daemon.signal, print), metrics };
  return { exit: await commands[app.call.verb.name](app), ...printed };
}

/** An action, run to its end. Never rejects: its exit status tells, and its errors are said on the console. */
export async function runVerb(daemon: Daemon, call: VerbCall, world: World, console: ActionConsole, signal: AbortSignal): Promise<number> {
  try {
    const app = appOf(daemon, world, call, signal, console);
    const exit = await commands[app.call.verb.name](app);
    if (outsideActions.has(app.call.verb.name)) await lookAgain(daemon, app);
    return exit;
  } catch (thrown) {
    const error = asSvcError(thrown);
    console.note(complaint(error, call.switches.has('debug')));
    return exitOf(error);
  }
}

/** They change files and marks, which no action tells the daemon of. */
const outsideActions: ReadonlySet<string> = new Set(['freeze', 'thaw', 'enable', 'disable', 'clear']);

/** Whoever asks for the status next shall see it. */
async function lookAgain(daemon: Daemon, app: App): Promise<void> {
  await daemon.reload();
  const known = (await selectedServices(app)).filter((service) => daemon.get(service) !== undefined);
  await Promise.allSettled(known.map((service) => daemon.look(service)));
}

function appOf(daemon: Daemon, world: World, call: VerbCall, signal: AbortSignal, print: Printed): App {
  return {
    world,
    call: invocationOf(call),
    out: print.out,
    note: print.note,
    colour: call.colour,
    columns: call.columns,
    signal,
    env: {},
    // Nobody sits here: what needs an answer is refused with the option that gives it.
    ask: async () => undefined,
    statusOf: (service) => statusFor(daemon, call, service),
    serviceNames: () => namesOf(daemon),
    metrics: openMetricsBook(world),
  };
}

/** Also of files that were never valid, and of those that came a moment ago: a service is not gone because its file is wrong. */
async function namesOf(daemon: Daemon): Promise<readonly string[]> {
  const known = daemon.all().map(({ name }) => name);
  return [...new Set([...known, ...(await serviceNames(daemon.world()))])].sort();
}

async function statusFor(daemon: Daemon, call: VerbCall, service: string): Promise<StatusDocument> {
  // What is not in memory says why, or is looked at here; a scrape never waits.
  if (daemon.get(service) === undefined && call.verb !== 'metrics') return statusOf(daemon.world(), service, daemon.signal);
  if (call.switches.has('refresh')) return daemon.look(service);
  const known = daemon.shown(service);
  if (known !== undefined && (!call.fresh || !known.stale)) return known;
  // A scrape never waits for a look: what is not known is said to be so.
  if (call.verb === 'metrics' || call.fresh) throw new SvcError('UNREACHABLE', `the daemon has no fresh figures of ${service}`);
  return daemon.look(service);
}

function invocationOf({ verb, selector, words, values, switches }: VerbCall): Invocation {
  const spec = verbs.find(({ name }) => name === verb);
  if (spec === undefined) throw new SvcError('BUG', `no verb ${verb}`);
  return { verb: spec, selector, words, values, switches: switches as ReadonlySet<OptionName> };
}
