/**
 * Two nodes and a service that may be up on one of them only: a loop image, ext4 and an application of each node, as if it were one
 * disk that both see. An observer watches the mount table all the time: the data must never be mounted writable on both.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { CliProcess, CliResult } from './cli.ts';
import { makeFolder } from './names.ts';
import { removeFolder } from './leftovers.ts';
import { makeNodes, type Nodes, type TestNode, writableMounts } from './nodes.ts';

export const pairService = 'svc1';

export interface Pair {
  readonly nodes: Nodes;
  readonly folder: string;
  /** `svcmgr -s svc1 ARGV` on a node, to its end. */
  run(node: string, ...argv: readonly string[]): Promise<CliResult>;
  /** The same, and an error with its words when it does not end with 0. */
  must(node: string, ...argv: readonly string[]): Promise<CliResult>;
  spawn(node: string, ...argv: readonly string[]): CliProcess;
  /** What `print status --format json` says of itself there. */
  status(node: string): Promise<PairStatus>;
  /** Nodes where the data is mounted writable now, by the kernel. */
  mounted(): readonly string[];
  /** Moments at which it was mounted on both; must stay empty. */
  readonly splits: readonly string[];
  /** SIGKILL to every svcmgr of a node that runs now; what they started lives on. Returns how many. */
  killAgents(node: string): number;
  /** The service down on both and nothing interrupted, whatever was before. */
  reset(): Promise<void>;
  remove(): Promise<void>;
}

export interface PairStatus {
  readonly overall: string;
  readonly avail: string;
  readonly monitor: { readonly state: string; readonly interrupted: { readonly verb: string } | null };
}

const observeEveryMs = 3;

function serviceText(folder: string, more: string): string {
  return `[DEFAULT]
nodes = node1 node2
lock_timeout = 30s
${more}[vg#1]
type = loop
file = ${folder}/{nodename}/disk.img
size = 8m
[fs#1]
type = ext4
dev = {vg#1.file}
mnt = ${folder}/{nodename}/data
[app#1]
type = simple
start = sleep 1000000
stop_timeout = 10s
`;
}

/** @param more lines of [DEFAULT] */
export async function makePair(more = ''): Promise<Pair> {
  const folder = makeFolder();
  // Agents that start together on a busy machine of two processors are slow to answer.
  const nodes = await makeNodes(2, { node: ['peer_timeout = 10s'] });
  nodes.service(pairService, serviceText(folder, more));
  const splits: string[] = [];
  const mounted = () => nodes.writableOn(folder, 'data');
  const observer = setInterval(() => observe(folder, splits), observeEveryMs);
  const run: Pair['run'] = (node, ...argv) => nodes.node(node).cli(['-s', pairService, ...argv], { timeoutMs: 120_000 });
  const must: Pair['must'] = async (node, ...argv) => {
    const result = await run(node, ...argv);
    if (result.code !== 0) throw new Error(`${argv.join(' ')} on ${node}: exit ${result.code}\n${result.stdout}${result.stderr}`);
    return result;
  };
  const pair: Pair = {
    nodes,
    folder,
    run,
    must,
    spawn: (node, ...argv) => nodes.node(node).spawn(['-s', pairService, ...argv]),
    status: async (node) => JSON.parse((await must(node, 'print', 'status', '--refresh', '--format', 'json')).stdout) as PairStatus,
    mounted,
    splits,
    killAgents: (node) => killAgents(nodes.node(node)),
    reset: () => reset(pair),
    remove: async () => {
      clearInterval(observer);
      await Promise.all(nodes.all.map(({ name }) => run(name, 'stop').catch(() => undefined)));
      nodes.remove();
      removeFolder(folder);
    },
  };
  for (const { name } of nodes.all) {
    await must(name, 'provision', '--rid', 'vg#1,fs#1');
    await must(name, 'stop');
  }
  return pair;
}

function observe(folder: string, splits: string[]): void {
  const points = writableMounts();
  const where = ['node1', 'node2'].filter((node) => points.has(path.join(folder, node, 'data')));
  if (where.length > 1) splits.push(new Date().toISOString());
}

async function reset(pair: Pair): Promise<void> {
  for (const { restore } of pair.nodes.all) restore();
  // First all of them: an agent that still runs may act on the other node.
  await Promise.all(pair.nodes.all.map(({ name }) => settle(pair, name)));
  await Promise.all(
    pair.nodes.all.map(async ({ name }) => {
      await pair.must(name, 'stop');
      await pair.must(name, 'clear');
    }),
  );
}

/** Waits until no svcmgr of this node runs any more. */
async function settle(pair: Pair, node: string): Promise<void> {
  for (let left = 600; agentsOf(pair.nodes.node(node)).length > 0; left -= 1) {
    if (left === 0) throw new Error(`svcmgr still runs on ${node}`);
    await delay(100);
  }
}

function killAgents(node: TestNode): number {
  const pids = agentsOf(node);
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  return pids.length;
}

/** Node processes of svcmgr that work in the home of this node. */
export function agentsOf({ home }: TestNode): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => (isAgent(name, home.folder) ? [Number(name)] : []));
}

function isAgent(pid: string, home: string): boolean {
  try {
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (!argv.some((word) => word.endsWith('/dist/svcmgr.cjs'))) return false;
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`SVCMGR_HOME=${home}`);
  } catch {
    return false;
  }
}
