/** `npm run demo -- --relocate` for real: a service goes from node1 to node2 and back; nothing is left, also of one that was killed. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type CliOptions, spawnCli } from '../support/cli.ts';
import { containerLogs, demoFolder } from '../support/demo-folder.ts';
import { lackOfTwoNodes } from '../support/demo-two-service.ts';
import { projectRoot } from '../support/imports.ts';
import { findLeftovers } from '../support/leftovers.ts';
import { namePrefix } from '../support/names.ts';
import { describeUnless } from '../support/skip.ts';

const script = path.join(projectRoot, 'test/support/demo.ts');
const options: CliOptions = { program: process.execPath, cwd: projectRoot, timeoutMs: 120_000 };

const argvOf = (name: string): readonly string[] => ['--import', 'tsx', script, '--relocate', '--name', name];

/** What each `NODE $ svcmgr …` printed on stdout, in order. */
function shownBy(stdout: string): readonly { readonly node: string; readonly argv: string; readonly text: string }[] {
  const [, ...words] = stdout.split(/^(node\d) \$ svcmgr (.*)\n/m);
  return words.flatMap((node, index) => (index % 3 === 0 ? [{ node, argv: words[index + 1] ?? '', text: words[index + 2] ?? '' }] : []));
}

/** `up: container#0 ip#1E …`: the resources of a tree in one state; E behind what is in a container. */
function inState(tree: string, state: string): string {
  const rows = [...tree.matchAll(/^[ |'-]*([a-z]+#\w+) +...([.E]) (stdby up|stdby down|up|down|warn|n\/a|undef)\b/gm)];
  return rows.flatMap(([, rid = '', mark, word]) => (word === state ? [`${rid}${mark === 'E' ? mark : ''}`] : [])).join(' ');
}

/** What a tree says of the resources that go with the service. */
function aboutInstance(tree: string): string {
  expect(inState(tree, 'stdby up'), tree).to.equal('vg#1 fs#1');
  const runs = ['container#0', 'ip#1E', 'app#1E'].every((rid) => inState(tree, 'up').split(' ').includes(rid));
  const isDown = inState(tree, 'down').startsWith('container#0 ip#1E') && inState(tree, 'n/a') === 'app#1E';
  return runs ? 'up' : isDown ? 'down' : tree;
}

/** A demo's own things carry its name or its pid. */
function expectNothingLeft(name: string, pids: readonly number[]): void {
  expect(existsSync(demoFolder(name).folder), name).to.equal(false);
  expect(findLeftovers((pid) => pids.includes(pid) || pid === process.pid).filter((one) => mentions(one.name, name, pids))).to.deep.equal(
    [],
  );
  expect(pids.flatMap(containerLogs)).to.deep.equal([]);
}

function mentions(text: string, name: string, pids: readonly number[]): boolean {
  return text.includes(name) || pids.some((pid) => text.includes(namePrefix(pid)));
}

describeUnless(lackOfTwoNodes(), 'real: demo of two nodes', function () {
  this.timeout(180_000);

  it('removes what a killed one left, brings the service to node2 and back with its data, and leaves nothing', async () => {
    const name = `${namePrefix()}relocate`;
    const killed = spawnCli(argvOf(name), options);
    await killed.sees(/WEB\.APP#1 \/bin\/busybox httpd/);
    await killed.crash();
    expect(findLeftovers((pid) => pid === killed.pid).map(({ kind }) => kind)).to.include.members([
      'container',
      'process',
      'netns',
      'folder',
    ]);
    const demo = spawnCli(argvOf(name), options);
    const { code, stdout, stderr } = await demo.done;
    expect(code, stdout + stderr).to.equal(0);
    expect(stdout).to.match(/^A former demo was cut; removing what it left\.$/m);
    const shown = shownBy(stdout);
    const trees = shown.filter(({ argv }) => argv === '-s web print status').map(({ node, text }) => `${node} ${aboutInstance(text)}`);
    const [first, second] = [
      ['node1 up', 'node2 down'],
      ['node1 down', 'node2 up'],
    ];
    expect(trees).to.deep.equal([...(first ?? []), ...(second ?? []), ...(first ?? [])]);
    expect([...stdout.matchAll(/visit (\d+), answered by (\S+)/g)].map(([, count, host]) => `${count} ${host}`)).to.deep.equal([
      '1 web-on-node1',
      '2 web-on-node1',
      '3 web-on-node2',
      '4 web-on-node1',
    ]);
    expect(shown.find(({ argv }) => argv.includes('readiness'))?.text).to.match(/^node2 +ready, once it is stopped where it is up$/m);
    expect(shown.find(({ argv }) => argv.includes('--dry-run'))?.text).to.match(
      /switch would bring it from node1 to node2; nothing was done/,
    );
    expect(shown.find(({ argv }) => argv.endsWith('history'))?.text).to.match(/switch +ok .*node1 needs a new disk/);
    expect(stdout).to.match(/nothing is left\.\n$/);
    expect(stdout + stderr).not.to.include('\x1b');
    expectNothingLeft(name, [killed.pid, demo.pid]);
  });

  it('cleans up after Ctrl-C in the middle', async () => {
    const name = `${namePrefix()}relocate-cut`;
    const demo = spawnCli(argvOf(name), options);
    await demo.sees(/WEB\.FS#1 mount/);
    demo.child.kill('SIGINT');
    const { code, stdout, stderr } = await demo.done;
    expect(code, stdout + stderr).to.equal(130);
    expect(stdout).to.match(/SIGINT: the demo ends here\./);
    expect(stdout).to.match(/nothing is left\.\n$/);
    expectNothingLeft(name, [demo.pid]);
  });
});
