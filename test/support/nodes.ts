/**
 * Several nodes on one machine: each has a network namespace with one cable to a switch, an ssh server that listens only there, and a
 * home of svcmgr whose node file knows the others. Commands of a node run in its namespace, so addresses, links and ssh are real.
 *
 * All nodes share one mount namespace, as they share one kernel and its loop devices: paths of a service differ by scope or `{nodename}`
 * (`mnt = FOLDER/{nodename}/data`), and one look at the mount table shows at one instant what is mounted writable where.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CliOptions, type CliProcess, type CliResult, runCli, spawnCli, svcmgr } from './cli.ts';
import { must } from './command.ts';
import { type Home, makeHome } from './home.ts';
import { makeNetns, type Netns } from './netns.ts';
import type { Needs } from './skip.ts';
import { makeKey, type Sshd, sshdNeeds, startSshd } from './sshd.ts';

export const nodesNeeds = { root: true, tools: [...sshdNeeds.tools, 'ip', 'nsenter'] } as const satisfies Needs;

export interface TestNode {
  /** `node1`, `node2` … */
  readonly name: string;
  readonly address: string;
  readonly home: Home;
  readonly netns: Netns;
  readonly sshd: Sshd;
  /** Its private ssh key, which every node lets in. */
  readonly key: string;
  readonly knownHosts: string;
  /** Runs bin/svcmgr on this node to its end. */
  cli(argv: readonly string[], options?: Omit<CliOptions, 'home' | 'netns'>): Promise<CliResult>;
  /** Starts it, for tests that signal or kill it. */
  spawn(argv: readonly string[], options?: Omit<CliOptions, 'home' | 'netns'>): CliProcess;
  /** `cable`: pulled out at the switch; `silent`: the link stays up and nothing passes, nobody is told. */
  cut(how?: 'cable' | 'silent'): void;
  restore(): void;
}

export interface Nodes {
  readonly all: readonly TestNode[];
  node(name: string): TestNode;
  /** Writes the same service file on every node. */
  service(name: string, text: string): void;
  /** One more namespace behind the switch, with these addresses and nothing else: for what is no node, removed with them. */
  attach(label: string, ...addresses: readonly string[]): Netns;
  /** Nodes whose folder of this name below `folder/NODE` is a writable mount now: one look at the mount table. */
  writableOn(folder: string, name: string): readonly string[];
  remove(): void;
}

export interface NodesOptions {
  /** Lines behind `[node] name = …` of each node file. */
  readonly node?: readonly string[];
  /** Lines of sshd_config that win over the usual ones. */
  readonly sshd?: readonly string[];
}

/** Makes `count` nodes that can log in to each other. */
export async function makeNodes(count: number, options: NodesOptions = {}): Promise<Nodes> {
  const bridge = makeBridge();
  const all: TestNode[] = [];
  const attached: Netns[] = [];
  const remove = () => {
    for (const node of all) removeNode(node);
    for (const netns of attached) netns.remove();
    bridge.remove();
  };
  try {
    for (let number = 1; number <= count; number++) all.push(await makeNode(number, bridge, options));
    introduce(all, options);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    all,
    node: (name) => {
      const found = all.find((node) => node.name === name);
      if (found === undefined) throw new Error(`no node ${name}`);
      return found;
    },
    service: (name, text) => {
      for (const node of all) node.home.service(name, text);
    },
    attach: (label, ...addresses) => {
      const netns = makeNetns(label);
      attached.push(netns);
      plug(netns, bridge, `${label}-port`);
      // Else all others of the same network go with the first.
      netns.run('sh', '-c', 'echo 1 >/proc/sys/net/ipv4/conf/eth0/promote_secondaries');
      for (const address of addresses) must('ip', '-n', netns.name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
      return netns;
    },
    writableOn: (folder, name) => {
      const points = writableMounts();
      return all.filter((node) => points.has(path.join(folder, node.name, name))).map((node) => node.name);
    },
    remove,
  };
}

/** Inside `describe`: the nodes for all its tests, removed after them whatever happened; call the result to get them. */
export function useNodes(count: number, options: NodesOptions = {}): () => Nodes {
  let current: Nodes | undefined;
  before('make the nodes', async function () {
    this.timeout(60_000);
    current = await makeNodes(count, options);
  });
  after('remove the nodes', () => current?.remove());
  return () => {
    if (current === undefined) throw new Error('the nodes exist only inside a test');
    return current;
  };
}

/** A namespace that is nothing but a switch. */
function makeBridge(): Netns {
  const bridge = makeNetns('switch');
  must('ip', '-n', bridge.name, 'link', 'add', 'br0', 'type', 'bridge');
  must('ip', '-n', bridge.name, 'link', 'set', 'br0', 'up');
  return bridge;
}

/** A cable from its eth0 to this port of the switch. */
function plug(netns: Netns, bridge: Netns, port: string): void {
  netns.cable('eth0', bridge, port);
  must('ip', '-n', bridge.name, 'link', 'set', port, 'master', 'br0');
}

async function makeNode(number: number, bridge: Netns, options: NodesOptions): Promise<TestNode> {
  const name = `node${number}`;
  const address = `10.77.0.${number}`;
  const port = `port${number}`;
  const netns = makeNetns(name);
  const home = makeHome();
  try {
    plug(netns, bridge, port);
    must('ip', '-n', netns.name, 'address', 'add', `${address}/24`, 'dev', 'eth0');
    const sshd = await startSshd({ folder: path.join(home.folder, 'sshd'), address, port: 22, netns, settings: options.sshd ?? [] });
    const key = makeKey(home.path('etc', 'id_ed25519'), 'ed25519');
    const env = { SVCMGR_NODENAME: name };
    const withNode = (cli: CliOptions = {}): CliOptions => ({ ...cli, home, netns, env: { ...env, ...cli.env } });
    const link = (...argv: string[]) => must('ip', '-n', bridge.name, 'link', 'set', port, ...argv);
    return {
      name,
      address,
      home,
      netns,
      sshd,
      key,
      knownHosts: home.path('etc', 'known_hosts'),
      cli: (argv, cli) => runCli(argv, withNode(cli)),
      spawn: (argv, cli) => spawnCli(argv, withNode(cli)),
      cut: (how = 'cable') => (how === 'cable' ? link('down') : link('nomaster')),
      restore: () => {
        link('master', 'br0');
        link('up');
      },
    };
  } catch (error) {
    netns.remove();
    home.remove();
    throw error;
  }
}

/** Every node lets every other one in, knows its host key, and has it in its node file. */
function introduce(all: readonly TestNode[], options: NodesOptions): void {
  for (const node of all) {
    for (const other of all) node.sshd.authorize(`${other.key}.pub`);
    writeFileSync(node.knownHosts, all.map((other) => `${other.address} ${other.sshd.publicHostKey('ed25519')}\n`).join(''));
    const sections = all.map((other) => hostSection(node, other));
    node.home.node([`[node]\nname = ${node.name}\n${(options.node ?? []).join('\n')}\n`, ...sections].join('\n'));
  }
}

function hostSection(node: TestNode, other: TestNode): string {
  const lines = { address: other.address, key: node.key, known_hosts: node.knownHosts, home: other.home.folder, svcmgr };
  const text = Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`);
  return `[host#${other.name}]\n${text.join('')}`;
}

function removeNode(node: TestNode): void {
  node.sshd.stop();
  node.home.remove();
  node.netns.remove();
}

/** Mount points that are writable: the mount itself and its filesystem. */
export function writableMounts(): ReadonlySet<string> {
  const rows = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  const writable = rows.filter((row) => {
    const [before = '', after = ''] = row.split(' - ');
    return [before.split(' ')[5], after.split(' ')[2]].every((options) => options?.split(',')[0] === 'rw');
  });
  return new Set(writable.map((row) => row.split(' ')[4] ?? ''));
}
