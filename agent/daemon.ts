/** The composition root of svcmgrd: one process per home that keeps the status, answers the API, and runs actions. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type MetricsBook, standingMetricsBook } from './api/metrics-book.ts';
import { openApi } from './api/server.ts';
import type { Control } from './api/control.ts';
import { mainSocket, readSocket, type SocketPlace } from './api/socket.ts';
import { type BuiltWorld, buildWorld, joinSinks, openLog } from './build-world.ts';
import { complaint, exitOf } from './cli/complain.ts';
import { createParts } from './daemon-parts.ts';
import { leave } from './cli/leave.ts';
import { renderLine } from './cli/render/console.ts';
import { answerVerb, runVerb } from './cli/verb-call.ts';
import { version } from './cli/version.ts';
import { problemLine } from './config/problems.ts';
import type { Sink } from './driver/log-line.ts';
import { holdHome } from './engine/daemon-lock.ts';
import { loadNode } from './engine/node.ts';
import { reportInterrupted } from './engine/report-interrupted.ts';
import { createResidence, type Daemon } from './engine/residence.ts';
import type { Residence } from './engine/resident.ts';
import { asSvcError, SvcError } from './errors.ts';
import { lastHolder, readOwner } from './io/lock.ts';
import { watchFolder } from './io/folder-watch.ts';
import { createNotifier, type Notifier } from './io/notify.ts';
import { findPaths, type Paths } from './paths.ts';

/** How long actions may go on after SIGTERM before they are aborted, and how long aborting may take. */
const finishMs = 20_000;
const abortMs = 20_000;
const beatMs = 1000;

async function main(): Promise<number> {
  if (process.argv.length > 2) throw new SvcError('CONFIG', 'svcmgrd takes no words', { hint: 'svcmgr daemon --help' });
  const paths = findPaths(process.env);
  process.chdir('/');
  const log = await openLog(paths);
  const sink = joinSinks([
    (line) => void (line.level !== 'debug' && process.stderr.write(`${renderLine(line)}\n`)),
    ...(log === undefined ? [] : [log.sink]),
  ]);
  const lock = await holdHome(paths, version);
  try {
    return await serve(paths, sink);
  } finally {
    lock.release();
    await log?.close();
  }
}

async function serve(paths: Paths, sink: Sink): Promise<number> {
  const say = (level: 'info' | 'warn' | 'error', text: string): void => sink({ at: new Date(), level, text });
  const notifier = createNotifier(process.env, (text) => say('warn', text));
  const built: BuiltWorld[] = [];
  const build = async (isFirst: boolean): Promise<BuiltWorld['world'] | undefined> => {
    const { definition, problems } = await loadNode(paths.nodeFile, process.env);
    const errors = problems.filter(({ severity }) => severity === 'error');
    for (const problem of errors) say('error', problemLine(problem));
    if (errors.length > 0 && !isFirst) return undefined;
    const made = buildWorld({ paths, node: definition, sink, who: { user: 'svcmgrd' }, env: process.env });
    built.push(made);
    return made.world;
  };
  const world = await build(true);
  if (world === undefined) throw new SvcError('BUG', 'no world');
  const metrics = standingMetricsBook(() => daemon.world());
  const parts = (residence: Residence) => [...createParts(residence), metrics.part];
  const daemon = createResidence({ world, renew: () => build(false), parts });
  await daemon.open();
  await reportInterrupted(daemon);
  const api = await openApi({
    control: controlOf(daemon, sink, metrics.book),
    version,
    now: () => new Date(),
    main: { path: mainSocket(paths.run), mode: 0o600 },
    readOnly: readPlace(daemon, paths),
    onBug: (error) => say('error', complaint(error, true)),
  });
  const ends = follow(daemon, paths, notifier);
  await notifier.tell('--ready', `--status=${daemon.all().length} services`);
  // All of them now: after an upgrade the files belong to another version than this process.
  await world.registry.load(world.registry.ids).catch((error: unknown) => say('warn', asSvcError(error).message));
  say('info', `svcmgrd ${version} runs: ${daemon.all().length} services`);
  const signal = await untilTold(daemon, say);
  say('info', `${signal}: stopping; services and applications go on`);
  await notifier.tell('STOPPING=1');
  for (const end of ends) end();
  await withinBound(async () => {
    await Promise.all([api.settle(finishMs), daemon.stop(new SvcError('CANCELLED', 'the daemon is being stopped'), finishMs)]);
    await api.close();
    for (const { close } of built) await close();
  }, say);
  return 0;
}

/** Whatever hangs must not keep the machine from going down: what is open in the journal then is reported as interrupted. */
async function withinBound(work: () => Promise<void>, say: Say): Promise<void> {
  const bound = setTimeout(() => {
    say('warn', 'what still runs is left as it is: status shows it as interrupted');
    leave(0, true);
  }, finishMs + abortMs);
  bound.unref();
  await work();
  clearTimeout(bound);
}

type Say = (level: 'info' | 'warn' | 'error', text: string) => void;

function readPlace(daemon: Daemon, paths: Paths): SocketPlace {
  const group = daemon.world().node.sections.get('api')?.['read_group'];
  return { path: readSocket(paths.run), mode: 0o660, ...(group === undefined ? {} : { group }) };
}

function controlOf(daemon: Daemon, sink: Sink, metrics: MetricsBook): Control {
  const since = new Date().toISOString();
  return {
    answer: (call) => answerVerb(daemon, call, metrics),
    act: (call, who, console, signal) => {
      const shows = call.switches.has('debug') ? () => true : (level: string) => level !== 'debug';
      const both: Sink = (line) => {
        sink(line);
        if (shows(line.level)) console.line(line);
      };
      return daemon.first(() => runVerb(daemon, call, { ...daemon.world(), who, sink: both, onAction: daemon.actions }, console, signal));
    },
    events: daemon.events,
    state: () => ({
      pid: process.pid,
      version,
      node: daemon.world().node.name,
      since,
      services: daemon.all().length,
      stale: daemon.all().filter(({ name }) => daemon.shown(name)?.stale !== false).length,
      looking: daemon.busyLooks(),
      roundMs: daemon.lastRoundMs() ?? null,
      rssBytes: process.memoryUsage.rss(),
    }),
    reload: () => daemon.reload(),
  };
}

/** What keeps the daemon going; each returned function ends one of it. */
function follow(daemon: Daemon, paths: Paths, notifier: Notifier): (() => void)[] {
  const beat = setInterval(() => daemon.beat(), beatMs);
  const locks = join(paths.run, 'locks');
  // A folder that is not there cannot be watched.
  mkdirSync(locks, { recursive: true, mode: 0o755 });
  const ends = [
    () => clearInterval(beat),
    watchFolder(paths.services, () => daemon.filesChanged()),
    watchFolder(dirname(paths.nodeFile), () => daemon.filesChanged()),
    watchFolder(locks, (name) => {
      if (name?.endsWith('.lock') === true && isOfOthers(join(locks, name))) daemon.touched(name.slice(0, -'.lock'.length));
    }),
  ];
  if (notifier.watchdogMs === undefined) return ends;
  // The timer runs on the same loop as everything else: while that is stuck nothing is sent, and systemd starts a new daemon.
  const alive = setInterval(() => void notifier.tell('WATCHDOG=1'), notifier.watchdogMs / 3);
  return [...ends, () => clearInterval(alive)];
}

/** Our own actions say themselves when they are done. */
function isOfOthers(lock: string): boolean {
  const holder = readOwner(lock)?.owner.pid ?? lastHolder(lock);
  return holder !== process.pid;
}

/** SIGTERM and SIGINT end the daemon, SIGHUP reads the files again. */
function untilTold(daemon: Daemon, say: Say): Promise<NodeJS.Signals> {
  process.on('SIGHUP', () => {
    daemon.reload().then(
      ({ services, invalid }) => say('info', `files read again: ${services} services${invalid.map((line) => `; ${line}`).join('')}`),
      (error: unknown) => say('error', asSvcError(error).message),
    );
  });
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(name));
  });
}

process.exitCode = 70;
main().then(
  (code) => leave(code, true),
  (thrown: unknown) => {
    const error = asSvcError(thrown);
    process.stderr.write(complaint(error).replace(/^svcmgr:/, 'svcmgrd:'));
    leave(exitOf(error), true);
  },
);
