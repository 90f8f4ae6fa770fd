/**
 * `npm run demo`: real services, from nothing to nothing, each command printed before it runs. The first part has one node: image
 * file, loop device, ext4, address and application, and the tree before, during and after start and stop. The second has two nodes
 * and brings a service from one to the other and back. `--relocate` shows only the second, `--local` only the first, `--hp3par` only the
 * third: two sites with simulated HP 3PAR arrays. Removes everything, also after Ctrl-C, and also what a demo left that was killed. `--name NAME` (tests) keeps two of them apart.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { twoArrays } from './demo-arrays.ts';
import { claimFolder, demoFolder, releaseFolder } from './demo-folder.ts';
import { oneNode, type Part } from './demo-one.ts';
import { Interrupted, openStage, say } from './demo-run.ts';
import { twoNodes } from './demo-two.ts';
import { projectRoot } from './imports.ts';

const options = {
  name: { type: 'string' },
  relocate: { type: 'boolean' },
  local: { type: 'boolean' },
  hp3par: { type: 'boolean' },
} as const;
const { name, relocate, local, hp3par } = parseArgs({ options }).values;
const place = demoFolder(name);
const stage = openStage();

function parts(): readonly Part[] {
  if (hp3par === true) return [twoArrays(place, stage)];
  return [...(relocate === true ? [] : [oneNode(place, stage)]), ...(local === true ? [] : [twoNodes(place, stage)])];
}

function install(): void {
  if (process.getuid?.() !== 0) return;
  const one = ['e2fsprogs', 'util-linux', 'iproute2'];
  const packages = local === true ? one : [...one, 'iputils-arping', 'openssh-server', 'rsync', 'lxc', 'busybox-static'];
  spawnSync('bash', [path.join(projectRoot, 'test/setup'), ...packages], { stdio: 'inherit' });
}

async function showAll(): Promise<number> {
  let current: Part | undefined;
  try {
    install();
    for (current of parts()) await current.show();
    return 0;
  } catch (thrown) {
    // Ctrl-C in a terminal reaches the demo's own small commands too: their failure is no other news.
    if (!(thrown instanceof Interrupted) && stage.interruptedBy() === undefined) {
      say(`\nThe demo failed: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      return 1;
    }
    say(`\n${stage.interruptedBy()}: the demo ends here.`);
    await current?.stop().catch(() => undefined);
    return 130;
  }
}

async function main(): Promise<number> {
  const begun = performance.now();
  if (!claimFolder(place, say)) return 1;
  const code = await showAll();
  const left = releaseFolder(place);
  const took = ((performance.now() - begun) / 1000).toFixed(0);
  say(left.length === 0 ? `\nCleaned up after ${took} s: nothing is left.` : `\nThis would not go: ${left.join(', ')}`);
  return code;
}

process.exitCode = await main();
