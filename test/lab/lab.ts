/**
 * The laboratory: QEMU nodes with a kernel of their own. `san` exports one LUN by iSCSI over the storage network; `node1` and `node2`
 * have two paths to it there, and each other on the service network. Everything is in one folder of this test run.
 *
 *     node1 eth0 10.77.0.1 ---service--- 10.77.0.2 eth0 node2
 *     node1 eth1 10.78.1.2 ---storage--- 10.78.1.1 10.78.1.3 eth0 san eth1 10.78.2.1 10.78.2.3 ---storage--- 10.78.2.2 eth1 node2
 */
import { truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { removeFolder } from '../support/leftovers.ts';
import { makeFolder } from '../support/names.ts';
import { projectRoot } from '../support/imports.ts';
import { type Prepared, prepare } from './cache.ts';
import { runHost } from './host.ts';
import { type Cable, type LabNode, makeNode, type NodePlan } from './node.ts';
import { makeIdentities, nodeFiles } from './node-files.ts';

export type NodeName = 'san' | 'node1' | 'node2';

/** What the san exports, and how a node comes to it. */
export interface Storage {
  /** After each boot of the san. @param keys public keys of the nodes' roots */
  open(san: LabNode, keys: readonly string[]): Promise<void>;
  /** After each boot of a node, which is the first or the second. @param portals addresses of the san on its own storage network */
  attach(node: LabNode, number: number, portals: readonly string[]): Promise<void>;
}

export interface LabOptions {
  /** Default: one node, `node1`. With `san`, every other node has the LUN when it is booted. */
  readonly nodes?: readonly NodeName[];
  /** Sizes in MiB of further disks of node1 and node2: /dev/vdb, /dev/vdc … */
  readonly disksMb?: readonly number[];
  /** Size of the shared LUN; default 256 MiB. */
  readonly lunMb?: number;
  /** Memory of a node; default 768 MiB. */
  readonly memoryMb?: number;
  /** Paths of each node to the LUN, 1 or 2; default 2. */
  readonly paths?: 1 | 2;
  /** Default: one LUN for both nodes. */
  readonly storage?: Storage;
}

export interface Lab {
  readonly folder: string;
  readonly all: readonly LabNode[];
  node(name: NodeName): LabNode;
  /** The image that is the LUN: what is really on the disk, read from outside. */
  readonly lunFile: string;
  /** Pulls every plug and removes everything. */
  stop(): Promise<void>;
}

/** Nodes with a service network. */
const members: readonly NodeName[] = ['node1', 'node2'];

/** Prepares what is absent, and boots the nodes: the san first, the others at the same time. */
export async function startLab(options: LabOptions = {}, say: (line: string) => void = console.log): Promise<Lab> {
  const prepared = await prepare(say);
  const folder = makeFolder();
  const lunFile = path.join(folder, 'lun.img');
  const names = options.nodes ?? ['node1'];
  const nodes = new Map<NodeName, LabNode>();
  const stop = async () => {
    for (const node of nodes.values()) if (node.isOn()) await node.pullPlug();
    const left = removeFolder(folder);
    if (left.length > 0) throw new Error(`the lab left behind: ${left.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`);
  };
  try {
    if (names.includes('san')) makeDisk(lunFile, options.lunMb ?? 256);
    const identities = await makeIdentities(folder, members);
    for (const name of names) {
      const plan = await planOf(name, { options, prepared, folder, lunFile, names, keys: identities.map(({ publicKey }) => publicKey) });
      nodes.set(name, makeNode({ ...plan, files: nodeFiles(name, identities) }));
    }
    await nodes.get('san')?.boot();
    await Promise.all([...nodes.values()].filter((node) => !node.isOn()).map((node) => node.boot()));
  } catch (error) {
    await stop();
    throw error;
  }
  const node = (name: NodeName): LabNode => {
    const found = nodes.get(name);
    if (found === undefined) throw new Error(`this lab has no ${name}`);
    return found;
  };
  return { folder, all: [...nodes.values()], node, lunFile, stop };
}

interface Site {
  readonly options: LabOptions;
  readonly prepared: Prepared;
  readonly folder: string;
  readonly lunFile: string;
  readonly names: readonly NodeName[];
  readonly keys: readonly string[];
}

async function planOf(name: NodeName, site: Site): Promise<Omit<NodePlan, 'files'>> {
  const { options, prepared, folder, lunFile, names, keys } = site;
  const own = path.join(folder, `${name}.img`);
  makeDisk(own, 4096);
  await runHost(['mkfs.ext4', '-q', '-F', own]);
  const further = name === 'san' ? [] : (options.disksMb ?? []);
  const extra = further.map((sizeMb, index) => makeDisk(path.join(folder, `${name}-${index + 1}.img`), sizeMb));
  const paths = options.paths ?? 2;
  return {
    name,
    folder,
    memoryMb: options.memoryMb ?? (name === 'san' ? 384 : 768),
    kernel: prepared.kernel.image,
    initramfs: prepared.initramfs,
    disks: [own, ...(name === 'san' ? [lunFile] : extra)].map((file) => ({ file })),
    cables: cablesOf(name, folder),
    settings: {
      NODE_MODULES: prepared.kernel.modules,
      NODE_EXEC: process.execPath,
      NODE_PROJECT: projectRoot,
      NODE_SSHD: name === 'san' ? '' : 'yes',
    },
    afterBoot: async (node) => {
      const { open, attach } = options.storage ?? oneLun(paths);
      if (name === 'san') await open(node, keys);
      else if (names.includes('san')) await attach(node, numberOf(name), portalsOf(numberOf(name), paths));
    },
  };
}

/** Two addresses of the san on the storage network of node 1 or 2. */
export function portalsOf(number: number, paths: 1 | 2 = 2): readonly string[] {
  return [`10.78.${number}.1`, `10.78.${number}.3`].slice(0, paths);
}

/** Logs in to a target of the san, by a path for each portal. */
export async function logIn(node: LabNode, target: string, portals: readonly string[]): Promise<void> {
  await node.must(['/run/lab/initiator.sh', target, ...portals], { timeoutMs: 90_000 });
}

function oneLun(paths: 1 | 2): Storage {
  return {
    open: async (san) => void (await san.must(['/run/lab/san.sh', '/dev/vdb', ...portalsOf(1, paths), ...portalsOf(2, paths)])),
    attach: (node, _number, portals) => logIn(node, 'iqn.2026-11.svcmgr.lab:san', portals),
  };
}

/** 1 for node1, 2 for node2. */
export function numberOf(name: NodeName): number {
  return members.indexOf(name) + 1;
}

function makeDisk(file: string, sizeMb: number): string {
  writeFileSync(file, '');
  truncateSync(file, sizeMb * 1024 * 1024);
  return file;
}

function cablesOf(name: NodeName, folder: string): readonly Cable[] {
  const end = (label: string) => path.join(folder, `${label}.net`);
  const cable = (network: Cable['network'], index: number, link: string, partner: string, addresses: readonly string[]): Cable => ({
    network,
    device: `eth${index}`,
    id: `${network}${index}`,
    mac: `52:54:00:${name === 'san' ? '0a' : '00'}:0${numberOf(name)}:0${index}`,
    socket: end(`${link}-${name}`),
    partner: end(`${link}-${partner}`),
    addresses,
  });
  if (name === 'san') {
    return members.map((member, index) =>
      cable('storage', index, `storage${index + 1}`, member, [`10.78.${index + 1}.1/24`, `10.78.${index + 1}.3/24`]),
    );
  }
  const number = numberOf(name);
  const other = members[2 - number] ?? name;
  return [
    cable('service', 0, 'service', other, [`10.77.0.${number}/24`]),
    cable('storage', 1, `storage${number}`, 'san', [`10.78.${number}.2/24`]),
  ];
}

/** Inside `describe`: a lab for all its tests, its consoles shown when one of them failed; call the result to get it. */
export function useLab(options: LabOptions = {}): () => Lab {
  let current: Lab | undefined;
  before('start the lab', async function () {
    // Preparing from nothing downloads a kernel.
    this.timeout(600_000);
    current = await startLab(options);
  });
  afterEach('show the consoles', function () {
    if (this.currentTest?.state === 'failed') for (const node of current?.all ?? []) console.log(node.lastWords());
  });
  after('stop the lab', async function () {
    this.timeout(60_000);
    await current?.stop();
  });
  return () => {
    if (current === undefined) throw new Error('the lab exists only inside a test');
    return current;
  };
}
