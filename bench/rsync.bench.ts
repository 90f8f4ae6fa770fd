/**
 * sync update of many small files beside bare rsync with the same options and the same ssh. What we add: the questions to the peer, the
 * look for deletions (which reads both trees once more), journal, status before and after. 100,000 files when asked for by name
 * (npm run bench rsync), else 2,000.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeNodes, type Nodes, nodesNeeds } from '../test/support/nodes.ts';
import { missing } from '../test/support/skip.ts';
import { type Bench, measure, rowOf, type Subject } from './lib/measure.ts';

const asked = process.argv.slice(2).some((word) => 'rsync.bench.ts'.includes(word));
const fileCount = asked ? 100_000 : 2_000;
const perFolder = 500;
const service = 'copy';

export async function bench(): Promise<Bench> {
  const reason = missing({ ...nodesNeeds, tools: [...nodesNeeds.tools, 'rsync'] });
  if (reason !== undefined) return { title: `rsync: not measured, ${reason}`, rows: [] };
  const nodes = await makeNodes(2);
  try {
    const scene = await prepareScene(nodes);
    const rows = await measure(subjectsOf(scene), { rounds: 3, warmUps: 1 });
    const added = rowOf(rows, 'sync update, nothing changed').medianMs - rowOf(rows, 'rsync, nothing changed').medianMs;
    // A second reading of both trees, and what the agent costs whatever it copies.
    const limitMs = 1.5 * rowOf(rows, 'rsync, nothing changed').medianMs + 3000;
    const text = `nothing changed costs at most one and a half bare runs and 3 s more (${(added / 1000).toFixed(1)} s more)`;
    return { title: `rsync: ${fileCount} files of 200 bytes to another node`, rows, aim: { text, met: added <= limitMs } };
  } finally {
    nodes.remove();
  }
}

interface Scene {
  readonly src: string;
  readonly ours: string;
  readonly bare: string;
  sync(): Promise<void>;
  rsync(): void;
}

async function prepareScene(nodes: Nodes): Promise<Scene> {
  const [here, there] = [nodes.node('node1'), nodes.node('node2')];
  const [src, ours, bare] = [
    path.join(here.home.folder, 'source'),
    path.join(there.home.folder, 'ours'),
    path.join(there.home.folder, 'bare'),
  ];
  for (let number = 0; number < fileCount; number++) {
    const folder = path.join(src, `folder${Math.floor(number / perFolder)}`);
    if (number % perFolder === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `file${number}`), 'x'.repeat(200));
  }
  const text = `[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = flag\n[sync#1]\nsrc = ${src}/\ndst = ${ours}\ntarget = nodes\n`;
  nodes.service(service, text);
  await mustRun(here.cli(['-s', service, 'start']));
  const ssh = `ssh -F none -o BatchMode=yes -o UserKnownHostsFile=${here.knownHosts} -o IdentityFile=${here.key} -l root`;
  const words = ['-HAXpogDtrlx', '--delete', '--force', '--stats', '--no-h', '-s', '-e', ssh, `${src}/`, `${there.address}:${bare}/`];
  const [program = 'rsync', ...rest] = [...here.netns.enter, 'rsync', ...words];
  return {
    src,
    ours,
    bare,
    sync: () => mustRun(here.cli(['-s', service, 'sync', 'update', '--rid', 'sync#1'], { timeoutMs: 600_000 })),
    rsync: () => void execFileSync(program, rest, { stdio: 'ignore' }),
  };
}

async function mustRun(ended: Promise<{ readonly code: number | null; readonly stderr: string }>): Promise<void> {
  const { code, stderr } = await ended;
  if (code !== 0) throw new Error(`svcmgr ended with ${code}: ${stderr}`);
}

/** Both see the same source in the same state: what changes is changed before each of them. */
function subjectsOf({ src, ours, bare, sync, rsync }: Scene): readonly Subject[] {
  const change = () => {
    for (let number = 0; number < fileCount; number += 100) {
      appendFileSync(path.join(src, `folder${Math.floor(number / perFolder)}`, `file${number}`), 'y');
    }
  };
  const rsyncThenChange = () => {
    rsync();
    change();
  };
  const empty = (folder: string) => () => rmSync(folder, { recursive: true, force: true });
  return [
    { name: 'rsync, first copy', prepare: empty(bare), run: rsync },
    { name: 'rsync, nothing changed', isFloor: true, prepare: rsync, run: rsync },
    { name: 'rsync, one in 100 changed', prepare: rsyncThenChange, run: rsync },
    { name: 'sync update, first copy', prepare: empty(ours), run: sync },
    { name: 'sync update, nothing changed', prepare: sync, run: sync },
    { name: 'sync update, one in 100 changed', prepare: () => sync().then(change), run: sync },
  ];
}
