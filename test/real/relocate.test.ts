/** A service between two real nodes: namespaces, sshd, loop devices, ext4, a program; and an observer of the mount table. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { svcmgr } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { makePair, type Pair } from '../support/pair.ts';
import { nodesNeeds } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

const needs = { ...nodesNeeds, tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real: relocation between two nodes', function () {
  this.timeout(180_000);
  let pair: Pair;
  before('make the pair', async () => {
    pair = await makePair();
  });
  afterEach('the data was never mounted on both', () => {
    expect(pair.splits).to.deep.equal([]);
  });
  after('remove the pair', () => pair.remove());
  beforeEach('down on both', () => pair.reset());

  it('goes there and comes back, step by step', async () => {
    await pair.must('node1', 'start');
    const there = await pair.must('node1', 'switch', '--reason', 'site work');
    expect(pair.mounted()).to.deep.equal(['node2']);
    expect(there.stdout).to.match(/^svc1: switch from node1 to node2 done in \S+: node1 down, node2 up$/m);
    expect(there.stderr).to.match(/stop on node1\n[\s\S]*umount[\s\S]*start on node2\n[\s\S]*node2: SVC1\.FS#1 mount/);
    const history = await pair.must('node2', 'history');
    expect(history.stdout).to.match(/start\s+ok.*root from 10\.77\.0\.1.*switch by root on node1: site work/);
    // From the other side, over the wire.
    await pair.must('node2', 'giveback');
    expect(pair.mounted()).to.deep.equal(['node1']);
    expect((await pair.must('node2', 'print', 'status', '--peers')).stdout).to.match(/# node1: (up|warn), \d+s ago/);
  });

  it('tells its steps as data', async () => {
    await pair.must('node1', 'start');
    const { stdout } = await pair.must('node1', 'switch', '--to', 'node2', '--format', 'json');
    const result = JSON.parse(stdout) as { steps: readonly { name: string; node: string; outcome: string }[] };
    expect(result).to.deep.include({ ok: true, from: 'node1', to: 'node2', where: { node1: 'down', node2: 'up' } });
    expect(result.steps.map(({ name, node }) => `${name} ${node}`)).to.deep.equal([
      'ask all nodes',
      'readiness node2',
      'stop node1',
      'start node2',
      'verify node2',
    ]);
  });

  it('a start is refused where the other one is up, and says what brings it here', async () => {
    await pair.must('node1', 'start');
    const refused = await pair.run('node2', 'start');
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.match(/node1: up \(--allow peer-up\)\n {2}mend: svcmgr -s svc1 switch --to node2/);
    expect(pair.mounted()).to.deep.equal(['node1']);
  });

  it('both told to start at the same moment: exactly one runs', async () => {
    for (let round = 0; round < 3; round += 1) {
      const results = await Promise.all(['node1', 'node2'].map((node) => pair.run(node, 'start')));
      expect(results.map(({ code }) => code).sort(), results.map(({ stderr }) => stderr).join('')).to.deep.equal([0, 5]);
      expect(pair.mounted()).to.deep.equal([results[0]?.code === 0 ? 'node1' : 'node2']);
      for (const node of ['node1', 'node2']) await pair.must(node, 'stop');
    }
  });

  /** Where nobody will answer, the node need not wait as long as it does for a busy one; `afterEach` puts its file back. */
  const impatient = (name: string) => {
    const file = pair.nodes.node(name).home.path('etc', 'svcmgr.conf');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('peer_timeout = 10s', 'peer_timeout = 2s'));
    restored.push(() => writeFileSync(file, text));
  };
  const restored: (() => void)[] = [];
  afterEach(() => {
    for (const restore of restored.splice(0)) restore();
  });

  for (const how of ['cable', 'silent'] as const) {
    it(`the other node is gone (${how}): refused, then taken over`, async () => {
      impatient('node2');
      pair.nodes.node('node1').cut(how);
      const refused = await pair.run('node2', 'start');
      expect([refused.code, refused.stderr.includes('--allow peer-unreachable')]).to.deep.equal([5, true]);
      const unasked = await pair.run('node2', 'takeover');
      expect([unasked.code, unasked.stderr.includes('--yes confirms it')]).to.deep.equal([5, true]);
      const ready = await pair.run('node2', 'readiness', '--node', 'node2', '--format', 'json');
      expect([ready.code, (JSON.parse(ready.stdout) as { way: string }).way]).to.deep.equal([1, 'takeover']);
      const taken = await pair.must('node2', 'takeover', '--yes');
      expect(taken.stderr).to.match(/a takeover allows:\n {2}peer-unreachable/);
      expect(pair.mounted()).to.deep.equal(['node2']);
      const history = await pair.must('node2', 'history');
      expect(history.stdout).to.match(/takeover$/m);
    });
  }

  it('a takeover is refused while the other one answers that it is up', async () => {
    await pair.must('node1', 'start');
    const refused = await pair.run('node2', 'takeover', '--yes');
    expect([refused.code, refused.stderr.includes('switch brings it here')]).to.deep.equal([5, true]);
    expect(pair.mounted()).to.deep.equal(['node1']);
  });

  it('a service file edited on the other node is told; one that names other nodes refuses', async () => {
    const { home } = pair.nodes.node('node2');
    const text = (await pair.must('node2', 'print', 'config')).stdout;
    try {
      home.service('svc1', `${text}\n# edited here\n`);
      expect((await pair.must('node1', 'start')).stderr).to.match(/WARN SVC1 node2: its file of svc1 differs from ours/);
      await pair.must('node1', 'stop');
      home.service('svc1', text.replace('nodes = node1 node2', 'nodes = node2'));
      const refused = await pair.run('node1', 'start');
      expect([refused.code, refused.stderr.includes('--allow peer-config')]).to.deep.equal([5, true]);
    } finally {
      home.service('svc1', text);
    }
  });

  describe('an agent over there that cannot be trusted', () => {
    const nodeFile = () => pair.nodes.node('node1').home.path('etc', 'svcmgr.conf');
    /** The svcmgr of node2, as node1 finds it, is this shell script. */
    const agentThere = (script: string | undefined) => {
      const file = path.join(pair.folder, 'agent');
      if (script !== undefined) writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      const [before = '', after = ''] = readFileSync(nodeFile(), 'utf8').split('[host#node2]');
      writeFileSync(nodeFile(), `${before}[host#node2]${after.replace(/^svcmgr = .*$/m, `svcmgr = ${file}`)}`);
    };
    let kept = '';
    beforeEach(() => {
      kept = readFileSync(nodeFile(), 'utf8');
    });
    afterEach(() => {
      writeFileSync(nodeFile(), kept);
      rmSync(path.join(pair.folder, 'agent'), { force: true });
    });

    for (const [what, script, says] of [
      ['is missing', undefined, /not installed on node2/],
      ['is broken', 'echo "node: not found" >&2; exit 127', /svcmgr cannot run there \(exit 127\): node: not found/],
      [
        'is too old',
        `echo '{"schema":1,"service":"svc1","node":"node2"}'`,
        /its svcmgr is of another version: its status has no valid \w+/,
      ],
      ['talks nonsense', 'echo Welcome to node2', /what svcmgr printed there is no status/],
      ['is slow', 'sleep 30', /no answer in 2 s/],
      [
        'speaks for another node',
        `SVCMGR_HOME=$OTHER_HOME exec ${svcmgr} -s svc1 print status --refresh --format json`,
        /answered in its place: look at \[host#node2\]/,
      ],
    ] as const) {
      it(`${what}: a start is refused, by peer-unreachable, and a switch too`, async () => {
        if (what === 'is slow') impatient('node1');
        agentThere(script?.replace('$OTHER_HOME', pair.nodes.node('node1').home.folder));
        const start = await pair.run('node1', 'start');
        expect(start.code).to.equal(5);
        expect(start.stderr).to.match(says).and.include('--allow peer-unreachable');
        expect((await pair.run('node1', 'switch', '--to', 'node2')).code).to.equal(5);
        expect(pair.mounted()).to.deep.equal([]);
      });
    }
  });

  it('is not stopped when the other node could not start it', async () => {
    await pair.must('node1', 'start');
    const { home } = pair.nodes.node('node2');
    const text = (await pair.must('node2', 'print', 'config')).stdout;
    try {
      home.service('svc1', text.replace('type = ext4', 'type = ext5'));
      const refused = await pair.run('node1', 'switch');
      expect(refused.code).to.equal(5);
      expect(refused.stderr).to.match(/node2: the file is not valid/);
      expect(pair.mounted()).to.deep.equal(['node1']);
    } finally {
      home.service('svc1', text);
    }
  });

  it('is not stopped when the disk over there is full: a start there could not be journaled', async () => {
    await pair.must('node1', 'start');
    const journal = pair.nodes.node('node2').home.path('var', 'journal');
    mkdirSync(journal, { recursive: true });
    must('mount', '-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', journal);
    try {
      const refused = await pair.run('node1', 'switch');
      expect(refused.code, refused.stderr).to.equal(5);
      expect(refused.stderr).to.match(/node2: the journal cannot be written: .*no space left/);
      expect(pair.mounted()).to.deep.equal(['node1']);
    } finally {
      must('umount', journal);
    }
  });

  it('readiness of both, with how long a start took', async () => {
    await pair.must('node2', 'start');
    await pair.must('node2', 'stop');
    await pair.must('node1', 'start');
    const { stdout } = await pair.must('node2', 'readiness');
    expect(stdout).to.match(/^node1 {2}ready: it is up here$/m);
    expect(stdout).to.match(
      /^node2 {2}ready, once it is stopped where it is up\n {2}by +svcmgr -s svc1 switch --to node2\n {2}now +node1: up$/m,
    );
    expect(stdout).to.match(/^ {2}duration +start \S+ \(of \d+\)$/m);
  });

  it('the cable is pulled in the middle of a remote action: its result is looked up, and it is not done twice', async () => {
    await pair.must('node1', 'start');
    const switching = pair.spawn('node1', 'switch');
    switching.child.stdin.end();
    await switching.sees(/node2: SVC1\.VG#1/);
    pair.nodes.node('node2').sshd.killSessions();
    const { code, stderr } = await switching.done;
    expect([code, stderr.includes('looking there before anything is done again')], stderr).to.deep.equal([0, true]);
    expect(pair.mounted()).to.deep.equal(['node2']);
    const history = JSON.parse((await pair.must('node2', 'history', '--format', 'json')).stdout) as {
      actions: readonly { verb: string; sid: string }[];
    };
    expect(history.actions.filter(({ verb, sid }) => verb === 'start' && sid.includes('.start.'))).to.have.length.greaterThan(0);
    expect(history.actions.at(-1)?.sid).to.match(/\.start\.1$/);
  });
});
