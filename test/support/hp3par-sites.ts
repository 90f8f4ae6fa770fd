/**
 * The two sites of the HP 3PAR document on one machine: two nodes in namespaces of their own, each with the built agent, and behind the
 * same switch the managers of two simulated arrays, a process of its own. The service has a filesystem on the replicated volume, which
 * each node sees as a loop device of its own array. An observer watches the mount table all the time.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { documentPair, type SimConfig } from '../sim/hp3par/config.ts';
import type { Remote } from '../sim/hp3par/control-socket.ts';
import { makeUser, spawnHp3par, type TestUser } from '../sim/hp3par/use.ts';
import type { CliProcess, CliResult } from './cli.ts';
import { must, tryTo } from './command.ts';
import { array1, arraySections, documentService, documentSides } from './hp3par-document.ts';
import { removeFolder } from './leftovers.ts';
import { makeFolder } from './names.ts';
import { makeNodes, type Nodes, nodesNeeds, type TestNode } from './nodes.ts';
import { agentsOf } from './pair.ts';
import type { Needs } from './skip.ts';

export const sitesNeeds = {
  root: true,
  tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'],
  files: ['/dev/loop-control'],
} as const satisfies Needs;

export const siteService = 'svc1.opensvc.com';
const volume = 'VV_SVC1_ROOT';

export interface Site {
  readonly node: TestNode;
  /** Name and address of its array. */
  readonly array: string;
  readonly address: string;
  readonly rcg: string;
  /** Where the filesystem of the service is mounted on this node. */
  readonly mount: string;
  /** A file on the filesystem of the service; what was written has reached the array. */
  write(name: string, text: string): void;
  read(name: string): string;
  /** `svcmgr -s svc1.opensvc.com ARGV`, to its end. */
  run(...argv: readonly string[]): Promise<CliResult>;
  /** The same, and an error with its words when it does not end with 0. */
  must(...argv: readonly string[]): Promise<CliResult>;
  spawn(...argv: readonly string[]): CliProcess;
  /** SIGKILL to every svcmgr that runs there; returns how many. */
  killAgents(): number;
}

export interface Sites {
  readonly folder: string;
  readonly nodes: Nodes;
  readonly arrays: Remote;
  readonly site1: Site;
  readonly site2: Site;
  /** Nodes on which the filesystem is mounted writable now, by the kernel. */
  mounted(): readonly string[];
  /** The manager of its array answers no packet any more; the array goes on. */
  silence(site: Site): void;
  unsilence(site: Site): void;
  /** No power at a site: array, node, agents; nothing of it answers a packet any more. */
  kill(site: Site): Promise<void>;
  revive(site: Site): Promise<void>;
  /** Commands that changed something on an array so far, `hp3par1: stoprcopygroup -f MYRCG`. */
  changes(): Promise<readonly string[]>;
  remove(): Promise<void>;
}

/** Managers of the arrays, in the order of the sides. */
const addresses = ['10.77.0.101', '10.77.0.102'] as const;
const places = documentSides.map((side, at) => ({ ...side, address: addresses[at] ?? '' }));
type Place = (typeof places)[number];

/** Arrays that are as fast as a test needs them, and really take time. */
const timing = { taskMs: 300, syncMs: 200, failingMs: 1000 };

/** What stands on the volume. */
function disksText(folder: string): string {
  const devices = documentSides.map(({ name, array }) => `dev@${name} = ${deviceOf(folder, array)}\n`);
  return `[fs#1]\ntype = ext4\n${devices.join('')}mnt = ${folder}/{nodename}/data\n`;
}

function deviceOf(folder: string, array: string): string {
  return path.join(folder, 'arrays', 'dev', array, volume);
}

/** @param more lines behind those of [sync#1]; @param change of the arrays */
export async function makeSites(more = '', change: (config: SimConfig) => SimConfig = (config) => config): Promise<Sites> {
  const folder = makeFolder();
  const nodes = await makeNodes(2, { node: ['peer_timeout = 10s'] });
  const netns = nodes.attach('arrays', ...addresses);
  const user = makeUser(folder, { name: 'opensvc' });
  const sim = await spawnHp3par(change(arraysOf(user)), path.join(folder, 'arrays'), netns);
  const sections = arraySections(folder, sim.ssh, user);
  for (const { home } of nodes.all) appendFileSync(home.path('etc', 'svcmgr.conf'), sections);
  nodes.service(siteService, documentService(more, disksText(folder)));
  must('mkfs.ext4', '-q', deviceOf(folder, array1));
  await sim.controls.run(array1, 'syncrcopy -w MYRCG');
  const [site1, site2] = places.map((place) => makeSite(nodes.node(place.name), place, folder)) as [Site, Site];
  const manager = (verb: 'add' | 'del') => (site: Site) => {
    must('ip', '-n', netns.name, 'address', verb, `${site.address}/24`, 'dev', 'eth0');
  };
  const [silence, unsilence] = [manager('del'), manager('add')];
  return {
    folder,
    nodes,
    arrays: sim.controls,
    site1,
    site2,
    mounted: () => nodes.writableOn(folder, 'data'),
    silence,
    unsilence,
    kill: async (site) => {
      await sim.controls.kill(site.array, 'hang');
      silence(site);
      site.node.cut();
      site.killAgents();
      // Its memory goes with its power, and what it had mounted with that.
      tryTo('umount', site.mount);
    },
    revive: async (site) => {
      unsilence(site);
      site.node.restore();
      await sim.controls.revive(site.array);
    },
    changes: async () =>
      (await sim.controls.log()).filter(({ line }) => !line.startsWith('show')).map(({ array, line }) => `${array.split('.')[0]}: ${line}`),
    remove: async () => {
      for (const { node, killAgents } of [site1, site2]) {
        node.restore();
        killAgents();
      }
      await delay(0);
      await sim.stop();
      removeFolder(folder);
      nodes.remove();
    },
  };
}

function arraysOf(user: TestUser): SimConfig {
  const pair = documentPair(user, 16);
  const arrays = pair.arrays.map((array, at) => ({ ...array, address: addresses[at] ?? '', port: 22 }));
  return { ...pair, arrays, clock: 'real', timing, devices: true };
}

function makeSite(node: TestNode, place: Place, folder: string): Site {
  const argv = (words: readonly string[]) => ['-s', siteService, ...words];
  const run: Site['run'] = (...words) => node.cli(argv(words), { timeoutMs: 120_000 });
  const mount = path.join(folder, node.name, 'data');
  const { array, address, rcg } = place;
  return {
    ...{ node, array, address, rcg, mount, run },
    write: (name, text) => {
      writeFileSync(path.join(mount, name), text);
      must('sync', '--file-system', path.join(mount, name));
    },
    read: (name) => readFileSync(path.join(mount, name), 'utf8'),
    must: async (...words) => {
      const result = await run(...words);
      if (result.code !== 0) throw new Error(`${words.join(' ')} on ${node.name}: exit ${result.code}\n${result.stdout}${result.stderr}`);
      return result;
    },
    spawn: (...words) => node.spawn(argv(words)),
    killAgents: () => {
      const pids = agentsOf(node);
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      return pids.length;
    },
  };
}
