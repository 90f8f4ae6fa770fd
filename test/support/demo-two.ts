/** The second part of the demo: two nodes, a service in a container that goes from one to the other with its data, and comes back. */
import path from 'node:path';
import { svcmgr } from './cli.ts';
import { must } from './command.ts';
import type { DemoPlace } from './demo-folder.ts';
import type { Part } from './demo-one.ts';
import { type Call, type Stage, say } from './demo-run.ts';
import { installRoot, lackOfTwoNodes, webAddress, webText, writeContainer } from './demo-two-service.ts';
import { makeNodes, type Nodes, type TestNode } from './nodes.ts';

export function twoNodes(place: DemoPlace, stage: Stage): Part {
  const base = path.join(place.folder, 'nodes');
  let nodes: Nodes | undefined;
  return {
    show: async () => {
      say('\nPart 2: two nodes');
      const lack = lackOfTwoNodes();
      if (lack !== undefined) {
        say(`Left out: bringing a service from one to the other (${lack})`);
        return;
      }
      stage.mustGoOn();
      // Whatever happens from here, what carries our pid is removed at the end (demo-folder.ts).
      nodes = await makeNodes(2);
      stage.mustGoOn();
      await showNodes(base, nodes, stage);
    },
    stop: async () => {
      for (const node of nodes?.all ?? []) await stage.run(callOn(node, ['-s', 'web', 'stop']));
    },
  };
}

type RunOn = (node: string, ...argv: readonly string[]) => Promise<void>;

function callOn(node: TestNode, argv: readonly string[]): Call {
  const env = { ...process.env, SVCMGR_HOME: node.home.folder, SVCMGR_NODENAME: node.name };
  return { where: node.name, program: svcmgr, argv, prefix: node.netns.enter, env };
}

async function showNodes(base: string, nodes: Nodes, stage: Stage): Promise<void> {
  const run: RunOn = (node, ...argv) => stage.mustRun(callOn(nodes.node(node), argv));
  const web: RunOn = (node, ...argv) => run(node, '-s', 'web', ...argv);
  introduce(base, nodes);
  await run('node1', 'node', 'ping', 'node2');
  await prepare(base, web);
  say('\n3. Start it on node1, and send its data to node2.');
  await web('node1', 'start');
  visit(nodes, 'node2');
  await web('node1', 'sync', 'update');
  visit(nodes, 'node2');
  await trees(web);
  say('\n4. Could it go to node2? Then bring it there: last copy, stop there, start here.');
  await web('node1', 'readiness', '--node', 'node2');
  await web('node1', 'switch', '--to', 'node2', '--dry-run');
  await web('node1', 'switch', '--to', 'node2', '--reason', 'node1 needs a new disk');
  visit(nodes, 'node1');
  say('\nThe visits were counted on. The copies of node1 are old from now on, and node2 says so until it has sent them.');
  await trees(web);
  say('\n5. And back to its first node.');
  await web('node2', 'giveback');
  visit(nodes, 'node2');
  await trees(web);
  await web('node1', 'history');
  say('\n6. Stop it.');
  await web('node1', 'stop');
}

function introduce(base: string, nodes: Nodes): void {
  const text = webText(base);
  nodes.service('web', text);
  for (const { name } of nodes.all) writeContainer(base, name);
  say('\n1. They are network namespaces of this machine, each with an ssh server, a home and an agent of its own.');
  for (const { name, address, home } of nodes.all) say(`   ${name}: ${address}, SVCMGR_HOME ${home.folder}`);
  say('   Both have the same service file, services.d/web.conf:\n');
  say(text.trimEnd().replace(/^(?=.)/gm, '  '));
}

async function prepare(base: string, web: RunOn): Promise<void> {
  say('\n2. Each node makes its own disk; the root folder of the container is put on the one of node1.');
  for (const node of ['node1', 'node2']) await web(node, 'provision', '--rid', 'vg#1,fs#1');
  installRoot(base, 'node1');
}

async function trees(web: RunOn): Promise<void> {
  for (const node of ['node1', 'node2']) await web(node, 'print', 'status');
}

/** Asks the application over the network, from the node where it does not run. */
function visit(nodes: Nodes, from: string): void {
  const url = `http://${webAddress}/cgi-bin/page`;
  const answer = must(...nodes.node(from).netns.enter, 'busybox', 'wget', '-q', '-O', '-', url);
  say(`\n${from} asks ${url}: ${answer.trim()}`);
}
