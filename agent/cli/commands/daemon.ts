/** `daemon start|stop|status|reload`: the resident agent of this home. With systemd its unit does the same. */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, ask, noAnswer, noDaemon } from '../../api/client.ts';
import type { DaemonState } from '../../api/control.ts';
import { findDaemon } from '../../engine/daemon-lock.ts';
import type { Reloaded } from '../../engine/residence.ts';
import { asSvcError, SvcError } from '../../errors.ts';
import { startDetached } from '../../io/detach.ts';
import { packageFolder } from '../../paths.ts';
import { type App, formatOf, sayData } from '../app.ts';
import { socketsOf } from '../ask-daemon.ts';
import { renderDuration } from '../../state/duration-text.ts';
import { version } from '../version.ts';

const answerMs = 5000;
const readyMs = 60_000;
/** Longer than the daemon gives its actions. */
const gone = { ms: 60_000, stepMs: 50 } as const;

export async function daemonCommand(app: App): Promise<number> {
  switch (app.call.verb.name) {
    case 'daemon start':
      return start(app);
    case 'daemon stop':
      return stop(app);
    case 'daemon reload':
      return reload(app);
    default:
      return status(app);
  }
}

async function status(app: App): Promise<number> {
  const state = (await request(app, 'GET', '/v1/daemon')) as DaemonState;
  const { pid, services, stale, looking, rssBytes, since } = state;
  if (formatOf(app) !== 'tree') sayData(app, { schema: 1, running: true, ...state });
  else {
    const age = renderDuration(app.world.now().getTime() - Date.parse(since));
    app.out(`svcmgrd ${state.version} runs for ${age} (pid ${pid}, ${(rssBytes / 1_048_576).toFixed(0)} MiB)\n`);
    app.out(`${services} services, ${looking} looked at now, ${stale} without fresh figures\n`);
    if (state.version !== version) app.note(`this is svcmgr ${version}: restart the daemon; what runs goes on\n`);
  }
  return 0;
}

async function reload(app: App): Promise<number> {
  const reloaded = (await request(app, 'POST', '/v1/reload')) as Reloaded;
  for (const line of reloaded.invalid) app.note(`${line}\n`);
  if (formatOf(app) === 'tree') app.out(`files read again: ${reloaded.services} services\n`);
  else sayData(app, { schema: 1, ...reloaded });
  return 0;
}

async function start(app: App): Promise<number> {
  const { paths } = app.world;
  const running = findDaemon(paths);
  if (running !== undefined) return said(app, `the daemon runs already (pid ${running.pid})`);
  const errors = join(paths.log, 'svcmgrd.err');
  const names = ['SVCMGR_HOME', 'SVCMGR_NODENAME', 'TZ'].flatMap((name) => {
    const value = app.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const { pid, ended } = startDetached(join(packageFolder(), 'bin/svcmgrd'), Object.fromEntries(names), errors);
  const end: { code?: number | null } = {};
  void ended.then((code) => {
    end.code = code;
  });
  const endsAt = performance.now() + readyMs;
  while (performance.now() < endsAt && end.code === undefined) {
    if (typeof (await call(app, 'GET', '/v1/daemon')) === 'object') return said(app, `the daemon runs (pid ${pid})`);
    await delay(gone.stepMs, undefined, { signal: app.signal });
  }
  const why = (await app.world.doors.readText(errors).catch(() => undefined))?.trim().split('\n').slice(-5).join('\n  ');
  throw new SvcError('COMMAND', end.code === undefined ? 'the daemon does not answer' : `the daemon ended at once (exit ${end.code})`, {
    hint: why === undefined || why === '' ? `see ${errors}` : why,
  });
}

async function stop(app: App): Promise<number> {
  const { paths } = app.world;
  const running = findDaemon(paths);
  if (running === undefined) return said(app, 'no daemon runs');
  try {
    process.kill(running.pid, 'SIGTERM');
  } catch (cause) {
    throw new SvcError('REFUSED', `cannot end the daemon (pid ${running.pid}): ${asSvcError(cause).message}`, {
      hint: 'run as root',
      cause,
    });
  }
  for (const endsAt = performance.now() + gone.ms; performance.now() < endsAt; ) {
    if (findDaemon(paths)?.pid !== running.pid) return said(app, 'the daemon has ended; services and applications go on');
    await delay(gone.stepMs, undefined, { signal: app.signal });
  }
  throw new SvcError('TIMEOUT', `the daemon (pid ${running.pid}) has not ended in ${gone.ms / 1000} s`);
}

function said(app: App, text: string): number {
  if (formatOf(app) === 'tree') app.out(`${text}\n`);
  else sayData(app, { schema: 1, text });
  return 0;
}

function call(app: App, method: 'GET' | 'POST', path: string): Promise<Answer | typeof noDaemon | typeof noAnswer> {
  return ask({ socket: socketsOf(app.env).main, method, path, timeoutMs: answerMs });
}

async function request(app: App, method: 'GET' | 'POST', path: string): Promise<unknown> {
  const answer = await call(app, method, path);
  if (answer === noDaemon) throw new SvcError('NOT_FOUND', 'no daemon runs for this home', { hint: 'svcmgr daemon start' });
  if (answer === noAnswer) throw new SvcError('TIMEOUT', 'the daemon does not answer', { hint: 'svcmgr daemon stop, then start' });
  const document = JSON.parse(answer.body) as { error?: { message: string } };
  if (answer.status >= 400) throw new SvcError('COMMAND', document.error?.message ?? `HTTP ${answer.status}`);
  return document;
}
