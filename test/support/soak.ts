/**
 * Scrapes of a real daemon while services start, stop and hang. Each answer is held against what was true when it says that it was
 * evaluated: an answer of age A must be what was so A seconds before.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { runCli } from './cli.ts';
import type { DaemonProcess } from './daemon.ts';
import { readExposition } from './exposition.ts';
import type { Home } from './home.ts';

export interface SoakReport {
  readonly scrapes: number;
  readonly flips: number;
  readonly slowestMs: number;
  /** What was wrong; empty when all is well. */
  readonly faults: readonly string[];
}

export interface SoakOptions {
  readonly home: Home;
  readonly daemon: DaemonProcess;
  readonly lastsMs: number;
  readonly scrapeMs: number;
  readonly flipMs: number;
}

/** A stretch in which a service was known to be in a state; between two stretches it may be in either. */
interface Stretch {
  readonly state: string;
  readonly fromMs: number;
  toMs: number;
}

type Truth = Map<string, Stretch[]>;

/** A scrape that takes longer is a gap for who asks every 15 s with the usual limit of 10 s. */
const gapMs = 10_000;
/** Twice the status interval, and what a busy machine may add. */
const oldestS = 150;
/** What is monitored is looked at every ten seconds, for two at most here, and a busy machine adds some. */
const monitoredMs = 20_000;
/** The figures of these are as old as the last look at everything, and what is monitored in them is newer. */
const monitored: ReadonlySet<string> = new Set(['hang']);
/** A hang lasts so many flips, longer than what is monitored may be old. */
const flipsOfHang = 4;
/** Clocks of two processes, and the moment within a look in which a resource is asked. */
const slackMs = 1500;

export function soakServices(home: Home): { readonly hangFile: string } {
  const hangFile = home.path('hang');
  home.service('flip', '[fs#1]\ntype = flag\n');
  home.service('beside', '[fs#1]\ntype = flag\n');
  home.service(
    'hang',
    `[app#1]\ntype = simple\nstart = sleep 100000\nstatus_timeout = 2s\nmonitor = true\ncheck = /bin/sh -c 'test ! -e ${hangFile} || sleep 600'\n`,
  );
  return { hangFile };
}

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { home, daemon, lastsMs, scrapeMs, flipMs } = options;
  const { hangFile } = soakServices(home);
  await runCli(['hang', 'start'], { home });
  await daemon.ready();
  const truth: Truth = new Map();
  const endsAt = Date.now() + lastsMs;
  const faults: string[] = [];
  let flips = 0;
  const flipping = (async () => {
    for (let up = true; Date.now() < endsAt; up = !up, flips++) {
      await flip(home, truth, 'flip', up, []);
      await flip(home, truth, 'beside', up, ['--local']);
      const turn = flips % (2 * flipsOfHang);
      if (turn === 0) writeFileSync(hangFile, '');
      else if (turn === flipsOfHang) rmSync(hangFile, { force: true });
      if (turn % flipsOfHang === 0) mark(truth, 'hang', turn === 0 ? 'hanging' : 'up');
      await delay(flipMs);
    }
  })();
  let scrapes = 0;
  let slowestMs = 0;
  while (Date.now() < endsAt) {
    const begunMs = Date.now();
    const text = await scrape(daemon, faults);
    slowestMs = Math.max(slowestMs, Date.now() - begunMs);
    if (text !== undefined) faults.push(...check(text, truth, Date.now()));
    scrapes += 1;
    await delay(Math.max(0, begunMs + scrapeMs - Date.now()));
  }
  await flipping;
  if (slowestMs > gapMs) faults.push(`a scrape took ${slowestMs} ms`);
  return { scrapes, flips, slowestMs, faults };
}

async function scrape(daemon: DaemonProcess, faults: string[]): Promise<string | undefined> {
  try {
    const { status, body } = await daemon.get('/metrics');
    if (status === 200) return body;
    faults.push(`HTTP ${status}: ${body}`);
  } catch (error) {
    faults.push(`gap: ${String(error)}`);
  }
  return undefined;
}

async function flip(home: Home, truth: Truth, service: string, up: boolean, options: readonly string[]): Promise<void> {
  close(truth, service);
  const { code, stderr } = await runCli([service, up ? 'start' : 'stop', ...options], { home, timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`${service}: ${stderr}`);
  mark(truth, service, up ? 'up' : 'down');
}

function close(truth: Truth, service: string): void {
  const last = truth.get(service)?.at(-1);
  if (last !== undefined) last.toMs = Math.min(last.toMs, Date.now());
}

function mark(truth: Truth, service: string, state: string): void {
  close(truth, service);
  truth.set(service, [...(truth.get(service) ?? []), { state, fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY }]);
}

/** Exported for its own test: a checker that cannot fail checks nothing. */
export function check(text: string, truth: ReadonlyMap<string, readonly Stretch[]>, nowMs: number): readonly string[] {
  const families = readExposition(text);
  const samples = (name: string) => families.get(name)?.samples ?? [];
  return [...truth].flatMap(([service, stretches]) => {
    const own = ({ labels }: { labels: Readonly<Record<string, string>> }): boolean => labels['service'] === service;
    const ageS = samples('svcmgr_status_age_seconds').find(own)?.value;
    const states = samples('svcmgr_service_status').filter((sample) => own(sample) && sample.value === 1);
    const [state, other] = states.map(({ labels }) => labels['state']);
    if (state === undefined || other !== undefined || ageS === undefined) return [`${service}: missing, or in several states`];
    if (state === 'undef') return [];
    if (ageS > oldestS) return [`${service}: ${state} of ${ageS} s ago is shown as fresh`];
    const atMs = nowMs - ageS * 1000;
    if (monitored.has(service)) {
      const sinceMs = Math.max(atMs, nowMs - monitoredMs) - slackMs;
      const recent = stretches.filter(({ toMs }) => toMs > sinceMs);
      const begunMs = Math.min(...stretches.map(({ fromMs }) => fromMs));
      if (begunMs > sinceMs || recent.some((one) => isTrue(one.state, state))) return [];
      return [
        `${service}: ${state}, when it had been ${recent.map((one) => one.state).join()} for ${Math.round((nowMs - sinceMs) / 1000)} s`,
      ];
    }
    // Well inside a stretch, nothing else can be true.
    const known = stretches.find(({ fromMs, toMs }) => atMs > fromMs + slackMs && atMs < toMs - slackMs);
    if (known === undefined || isTrue(known.state, state)) return [];
    return [`${service}: ${state}, evaluated ${ageS} s ago, when it was ${known.state}`];
  });
}

function isTrue(truth: string, shown: string): boolean {
  return truth === 'hanging' ? shown !== 'up' : truth === shown;
}
