/** A service that is up on node1 and copies a folder to its peers: what the tests of sync.rsync begin with. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { CliProcess, CliResult } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { type Nodes, nodesNeeds, type TestNode, useNodes } from '../support/nodes.ts';

export const rsyncNeeds = { root: true, tools: [...nodesNeeds.tools, 'rsync', 'mount'] } as const;

interface ShownResource {
  readonly status: string;
  readonly notes: readonly { readonly text: string }[];
  readonly facts: Readonly<Record<string, string>>;
}

export interface World {
  readonly name: string;
  /** The folder that is copied; it holds `file`. */
  readonly src: string;
  /** Where the copy is; all nodes share one disk, so there is one place for it, in the home of node2. */
  readonly dst: string;
  sync(...argv: string[]): Promise<CliResult>;
  resource(where?: TestNode): Promise<ShownResource>;
  notes(where?: TestNode): Promise<string>;
  /** Replaces the service file on every node. */
  service(text: string): void;
  start(): Promise<void>;
  /** Names in the copy. */
  names(): readonly string[];
  /** Starts a slow copy of a big file, and resolves when it has begun to arrive. */
  slowCopy(): Promise<CliProcess>;
}

export interface WorldOptions {
  /** Lines of its sync#1, besides src, dst and target. */
  readonly more?: string;
  readonly dst?: string;
  readonly peers?: string;
  readonly isStopped?: true;
}

/** Inside `describe`: nodes for all its tests, and a function that makes a fresh service on them. */
export function useWorlds(count: number): {
  nodes: () => Nodes;
  node: (number: number) => TestNode;
  world: (options?: WorldOptions) => Promise<World>;
} {
  const nodes = useNodes(count);
  const node = (number: number) => nodes().node(`node${number}`);
  let made = 0;
  const world = async (options: WorldOptions = {}): Promise<World> => {
    made += 1;
    const one = createWorld(nodes(), `svc${made}`, options);
    if (options.isStopped !== true) await one.start();
    return one;
  };
  return { nodes, node, world };
}

function createWorld(nodes: Nodes, name: string, { more = '', peers = 'node2', ...options }: WorldOptions): World {
  const here = nodes.node('node1');
  const src = path.join(here.home.folder, name, 'data');
  const dst = options.dst ?? path.join(nodes.node('node2').home.folder, name);
  mkdirSync(src, { recursive: true });
  writeFileSync(path.join(src, 'file'), 'content\n');
  const service = (text: string) => nodes.service(name, text);
  service(`[DEFAULT]\nnodes = node1 ${peers}\n[fs#1]\ntype = flag\n[sync#1]\nsrc = ${src}/\ndst = ${dst}\ntarget = nodes\n${more}`);
  const names = () => (existsSync(dst) ? readdirSync(dst).sort() : []);
  const resource: World['resource'] = async (where = here) => {
    const { stdout } = await where.cli(['-s', name, 'print', 'status', '--format', 'json']);
    return (JSON.parse(stdout) as { resources: { 'sync#1': ShownResource } }).resources['sync#1'];
  };
  return {
    name,
    src,
    dst,
    sync: (...argv) => here.cli(['-s', name, 'sync', ...argv], { timeoutMs: 100_000 }),
    resource,
    notes: async (where) => (await resource(where)).notes.map(({ text }) => text).join('; '),
    service,
    start: async () => {
      const { code, stderr } = await here.cli(['-s', name, 'start']);
      expect(code, stderr).to.equal(0);
    },
    names,
    slowCopy: async () => {
      writeFileSync(path.join(src, 'a-big'), Buffer.alloc(4_000_000, 1));
      const running = here.spawn(['-s', name, 'sync', 'update', '--rid', 'sync#1']);
      const hasBegun = () => names().some((entry) => entry.startsWith('.a-big.'));
      for (let tries = 0; tries < 400 && !hasBegun(); tries += 1) await delay(50);
      expect(hasBegun(), 'a copy that has begun').to.equal(true);
      return running;
    },
  };
}

/** Resolves when no rsync that names this path lives any more; fails after 10 s. */
export async function rsyncGone(folder: string): Promise<void> {
  const living = () =>
    must('ps', '-e', '-o', 'args=')
      .split('\n')
      .filter((line) => /^\S*rsync /.test(line) && line.includes(folder));
  for (let tries = 0; tries < 200 && living().length > 0; tries += 1) await delay(50);
  expect(living()).to.deep.equal([]);
}
