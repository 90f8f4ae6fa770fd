/**
 * The daemon over 10, 100 and 1000 services of eight cheap real resources, all of them up: processor time of a minute in which nobody asks,
 * then a minute of scrapes and starts, those in the round apart from those between. Needs a build, root (the mounts are in a mount namespace
 * of the daemon's own) and a quarter of an hour, most of it for the start of a thousand services.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ask } from '../agent/api/client.ts';
import { type BenchDaemon, startBenchDaemon } from './lib/daemon.ts';
import { type BenchHome, makeBenchHome } from './lib/home.ts';
import { type Bench, percentile, type Row } from './lib/measure.ts';

const sizes = (process.env['SVCMGR_BENCH_SERVICES'] ?? '10,100,1000').split(',').map(Number);
const minuteMs = 60_000;
const aims = { rssMiB: 250, scrapeMs: 100, delayMs: 100 } as const;

function serviceText(folder: string, name: string): string {
  const head = '[DEFAULT]\nnodes = bench\n';
  const flags = [1, 2, 3].map((at) => `[fs#${at}]\ntype = flag\n`);
  const mounts = [
    `[fs#4]\ntype = directory\npath = /tmp\n`,
    `[fs#5]\ntype = tmpfs\nmnt = ${folder}/${name}/t\n`,
    `[fs#6]\ntype = bind\ndev = /tmp\nmnt = ${folder}/${name}/b\n`,
  ];
  const apps = [1, 2].map((at) => `[app#${at}]\ntype = simple\nstart = /bin/sleep 100000\n`);
  return [head, ...flags, ...mounts, ...apps].join('\n');
}

export async function bench(): Promise<Bench> {
  const rows: Row[] = [];
  const missed: string[] = [];
  for (const size of sizes) {
    const names = Array.from({ length: size }, (_, at) => `svc${at}`);
    const mounts = mkdtempSync(path.join(tmpdir(), `svt-${process.pid}-mounts`));
    const texts = Object.fromEntries(names.map((name) => [name, serviceText(mounts, name)]));
    const home = makeBenchHome({ ...texts, alone: '[DEFAULT]\nnodes = bench\n\n[fs#1]\ntype = flag\n' });
    try {
      const found = await measureSize(home, size);
      rows.push(...found.rows);
      missed.push(...found.missed);
    } finally {
      home.remove();
      rmSync(mounts, { recursive: true });
    }
  }
  const text = `RSS below ${aims.rssMiB} MiB, scrape p99 below ${aims.scrapeMs} ms, a start in a round delayed by less than ${aims.delayMs} ms`;
  return { title: 'daemon: rounds of looks', rows, aim: { text: [text, ...missed].join('; '), met: missed.length === 0 } };
}

async function measureSize(home: BenchHome, size: number): Promise<{ rows: readonly Row[]; missed: readonly string[] }> {
  const daemon = await startBenchDaemon(home, ['unshare', '--mount', '--propagation', 'private']);
  try {
    const startMs = await act(daemon, { verb: 'start', selector: 'svc*', options: { parallel: '8' } });
    const share = await idleShare(daemon);
    const quiet: Samples = { scrapes: [], acts: [] };
    const busy: Samples = { scrapes: [], acts: [] };
    const begunMs = performance.now();
    while (performance.now() - begunMs < minuteMs) {
      const into = (await daemon.state())?.looking === 0 ? quiet : busy;
      into.scrapes.push(await scrape(daemon));
      into.acts.push(...(await actTwice(daemon)));
      await delay(100);
    }
    const state = await daemon.state();
    const rssMiB = (state?.rssBytes ?? 0) / 1_048_576;
    const delayMs = percentile(busy.acts, 0.5) - percentile(quiet.acts, 0.5);
    const p99Ms = percentile(busy.scrapes, 0.99);
    const missed = [
      ...(rssMiB < aims.rssMiB ? [] : [`${size}: RSS ${rssMiB.toFixed(0)} MiB`]),
      ...(Number.isNaN(p99Ms) || p99Ms < aims.scrapeMs ? [] : [`${size}: scrape p99 ${p99Ms.toFixed(0)} ms`]),
      ...(Number.isNaN(delayMs) || delayMs < aims.delayMs ? [] : [`${size}: start later by ${delayMs.toFixed(0)} ms`]),
    ];
    const label = `${size} services (${rssMiB.toFixed(0)} MiB, idle ${share.toFixed(1)} % CPU)`;
    return {
      rows: [
        rowFor(`${size}: start of all, for each`, [startMs / size]),
        rowFor(`${label}: a round`, [state?.roundMs ?? Number.NaN]),
        ...(busy.scrapes.length === 0 ? [] : [rowFor(`${size}: /metrics in a round (${busy.scrapes.length})`, busy.scrapes)]),
        rowFor(`${size}: /metrics between`, quiet.scrapes),
        ...(busy.acts.length === 0 ? [] : [rowFor(`${size}: start or stop in a round`, busy.acts)]),
        rowFor(`${size}: start or stop between`, quiet.acts),
      ],
      missed,
    };
  } finally {
    await act(daemon, { verb: 'stop', selector: 'svc*', options: { parallel: '8' } });
    await daemon.stop();
  }
}

interface Samples {
  readonly scrapes: number[];
  readonly acts: number[];
}

/** Percent of a processor over one interval, its round with it, while nobody asks anything. */
async function idleShare(daemon: BenchDaemon): Promise<number> {
  const cpuMs = daemon.cpuMs();
  const begunMs = performance.now();
  await delay(minuteMs);
  return ((daemon.cpuMs() - cpuMs) / (performance.now() - begunMs)) * 100;
}

async function scrape({ socket }: BenchDaemon): Promise<number> {
  const begunMs = performance.now();
  const answer = await ask({ socket, method: 'GET', path: '/metrics', timeoutMs: 30_000 });
  if (typeof answer !== 'object' || answer.status !== 200) throw new Error(`no metrics: ${JSON.stringify(answer)}`);
  return performance.now() - begunMs;
}

/** A start and a stop of a service of its own, through the API, each to its end. */
async function actTwice(daemon: BenchDaemon): Promise<readonly number[]> {
  return [await act(daemon, { verb: 'start', selector: 'alone' }), await act(daemon, { verb: 'stop', selector: 'alone' })];
}

/** @returns how long it took, ms */
async function act({ socket }: BenchDaemon, body: object): Promise<number> {
  const begunMs = performance.now();
  await ask({ socket, method: 'POST', path: '/v1/actions', body, timeoutMs: 30_000 });
  for (;;) {
    const answer = await ask({ socket, method: 'GET', path: '/v1/actions', timeoutMs: 30_000 });
    const runs = typeof answer === 'object' ? (JSON.parse(answer.body) as { actions: { exit: number | null }[] }).actions : [];
    const exit = runs.at(-1)?.exit;
    if (exit === 0) return performance.now() - begunMs;
    if (exit !== null) throw new Error(`${JSON.stringify(body)} ended with ${exit}`);
    await delay(2);
  }
}

function rowFor(name: string, times: readonly number[]): Row {
  return { name, minMs: Math.min(...times), medianMs: percentile(times, 0.5), p95Ms: percentile(times, 0.95), ratio: 1 };
}
