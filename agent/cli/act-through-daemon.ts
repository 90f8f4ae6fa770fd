/** An action that runs in the daemon, with its console here: it goes on when this terminal is gone. */
import { type Ask, ask, followEvents, noAnswer, noDaemon } from '../api/client.ts';
import type { Line } from '../driver/log-line.ts';
import { errorKinds, SvcError } from '../errors.ts';
import { findWho } from '../io/identity.ts';
import { renderingOf, screenOptions, socketsOf } from './ask-daemon.ts';
import type { Invocation } from './parse.ts';
import { renderLine } from './render/console.ts';
import { version } from './version.ts';

const answerMs = 10_000;
/** How often the stream of a daemon that lives is taken up again. */
const tries = 5;

/** Exit status of the action; undefined: no daemon takes it, act in this process. @throws SvcError TIMEOUT when its result is not known */
export async function actedByDaemon(call: Invocation): Promise<number | undefined> {
  if (!isForDaemon(call)) return undefined;
  const base = { socket: socketsOf(process.env).main, version, timeoutMs: answerMs };
  const answer = await ask({ ...base, method: 'POST', path: '/v1/actions', body: bodyOf(call) });
  if (answer === noDaemon) return undefined;
  if (answer === noAnswer) throw unknownResult(call, 'it took the request and did not answer');
  // It refused to begin: in this process the same call says why, or does it.
  if (answer.status !== 202) return undefined;
  const { id } = JSON.parse(answer.body) as { id: string };
  return follow(call, { ...base, method: 'GET', path: `/v1/actions/${id}` });
}

/** The unit of the machine names no service. */
const defaultSelectors: Readonly<Record<string, string>> = { boot: 'allservices', shutdown: 'allservices' };

/** Another agent wants to find the action under its own name, and a question needs somebody who answers. */
function isForDaemon({ verb, selector, switches, values }: Invocation): boolean {
  if (verb.group !== 'actions' || (selector ?? defaultSelectors[verb.name]) === undefined || switches.has('local')) return false;
  if (process.env['SVCMGR_SID'] !== undefined) return false;
  if (switches.has('dry-run')) return true;
  if (verb.name === 'unprovision') return values.confirm !== undefined;
  return verb.name !== 'takeover' || switches.has('yes');
}

function bodyOf(call: Invocation): unknown {
  const { verb, selector, words, values, switches } = call;
  const options = {
    ...Object.fromEntries(
      Object.entries(values)
        .filter(([name]) => !screenOptions.has(name) && name !== 'format')
        .map(optionOf),
    ),
    ...Object.fromEntries([...switches].filter((name) => !screenOptions.has(name)).map((name) => [name, true])),
  };
  return {
    verb: verb.name,
    selector: selector ?? defaultSelectors[verb.name],
    ...(words.length === 0 ? {} : { words }),
    options,
    ...(values.format === undefined ? {} : { format: values.format[0] }),
    ...(switches.has('debug') ? { debug: 'true' } : {}),
    ...Object.fromEntries(renderingOf(call)),
    who: findWho(process.env),
  };
}

const repeated: ReadonlySet<string> = new Set(['rid', 'subset', 'tag', 'allow']);

function optionOf([name, all]: [string, readonly string[]]): [string, unknown] {
  return [name, repeated.has(name) ? all : all[0]];
}

async function follow(call: Invocation, action: Ask): Promise<number> {
  const end: { exit?: number } = {};
  const left = new AbortController();
  let last = 0;
  const interrupts = catchInterrupts(call, action, left);
  try {
    for (let time = 1; time <= tries && end.exit === undefined && !left.signal.aborted; time += 1) {
      const path = `${action.path}/events?after=${last}`;
      const status = await followEvents(
        { ...action, path },
        ({ id, event, data }) => {
          last = id;
          if (event === 'end') end.exit = (data as { exit: number }).exit;
          else print(call, event, data);
        },
        left.signal,
      );
      if (status !== 200) break;
    }
  } finally {
    interrupts.stop();
  }
  if (end.exit !== undefined) return end.exit;
  if (left.signal.aborted) return errorKinds.CANCELLED.exit;
  throw unknownResult(call, 'it went away');
}

function print({ switches }: Invocation, event: string, data: unknown): void {
  if (event === 'out') process.stdout.write(String(data));
  else if (event === 'note') process.stderr.write(String(data));
  else if (event === 'lost') process.stderr.write(`… ${(data as { lines: number }).lines} lines are gone\n`);
  else {
    const { at, ...line } = data as Omit<Line, 'at'> & { at: string };
    if (switches.has('quiet') && (line.level === 'info' || line.level === 'debug')) return;
    process.stderr.write(`${renderLine({ ...line, at: new Date(at) })}\n`);
  }
}

function unknownResult({ verb, selector }: Invocation, why: string): SvcError {
  return new SvcError('TIMEOUT', `the daemon runs ${verb.name} of ${selector}, and ${why}: the result is not known`, {
    hint: `how things are now: svcmgr -s ${selector} print status; an interrupted action is completed by: svcmgr -s ${selector} resume`,
  });
}

/** Ctrl-C asks on a terminal; elsewhere it aborts, as TERM does. A terminal that is gone leaves the action running. */
function catchInterrupts({ verb }: Invocation, action: Ask, left: AbortController): { stop(): void } {
  const isTerminal = process.stdin.isTTY && process.stderr.isTTY;
  let aborted = false;
  const abort = (): void => {
    if (aborted) {
      left.abort();
      return;
    }
    aborted = true;
    process.stderr.write(`\nending the ${verb.name}; once more leaves it to the daemon\n`);
    void ask({ ...action, method: 'DELETE' });
  };
  const leave = (): void => {
    process.stderr.write(`\nthe daemon goes on with the ${verb.name}; svcmgr print status shows it\n`);
    left.abort();
  };
  let asking = false;
  const answered = (answer: Buffer): void => {
    asking = false;
    process.stdin.pause();
    const word = String(answer).trim().toLowerCase();
    if (word === 'a') abort();
    else if (word === 'l') leave();
    else process.stderr.write('it goes on; Ctrl-C asks again\n');
  };
  const onInterrupt = (): void => {
    if (!isTerminal || aborted || asking) {
      process.stdin.off('data', answered);
      abort();
      return;
    }
    asking = true;
    process.stderr.write('\nabort the action (a, or Ctrl-C again), leave it running (l), or go on watching (Enter)? ');
    process.stdin.once('data', answered);
    process.stdin.resume();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', abort);
  process.on('SIGHUP', leave);
  return {
    stop: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', abort);
      process.off('SIGHUP', leave);
      process.stdin.pause();
    },
  };
}
