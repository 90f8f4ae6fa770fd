import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { opensshArgv, opensshDestination, rsyncShell } from '../../agent/io/ssh/openssh.ts';
import type { SshHost } from '../../agent/io/ssh/host.ts';
import { must, tryTo } from '../support/command.ts';
import { findLeftovers, isAlive, removeLeftovers } from '../support/leftovers.ts';
import { nodesNeeds, type TestNode, useNodes } from '../support/nodes.ts';
import { describeUnless, findTool, missing } from '../support/skip.ts';
import type { SshJob } from './ssh-child.ts';

interface PingDocument {
  readonly nodes: readonly {
    readonly node: string;
    readonly ok: boolean;
    readonly address: string | null;
    readonly hostKey: string | null;
    readonly login: string | null;
    readonly version: string | null;
    readonly name: string | null;
    readonly roundTripMs: number | null;
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly hint: string;
      readonly facts: { readonly level: string };
    } | null;
  }[];
}

/** How `from` reaches `to`, as in its node file. */
function hostOf(from: TestNode, to: TestNode): SshHost {
  return { name: to.name, addresses: [to.address], port: 22, user: 'root', key: from.key, knownHosts: [from.knownHosts] };
}

describeUnless(missing(nodesNeeds), 'real: nodes', function () {
  this.timeout(60_000);
  const nodes = useNodes(2);
  const node1 = () => nodes().node('node1');
  const node2 = () => nodes().node('node2');

  async function ping(...argv: string[]): Promise<{ code: number | null; rows: PingDocument['nodes'] }> {
    const { code, stdout, stderr } = await node1().cli(['node', 'ping', ...argv, '--format', 'json']);
    if (stdout === '') throw new Error(stderr);
    return { code, rows: (JSON.parse(stdout) as PingDocument).nodes };
  }

  /** With another text of node1's node file for the time of a test. */
  async function withNodeFile<V>(change: (text: string) => string, work: () => Promise<V>): Promise<V> {
    const file = node1().home.path('etc', 'svcmgr.conf');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, change(before));
    try {
      return await work();
    } finally {
      writeFileSync(file, before);
    }
  }

  describe('svcmgr node ping', () => {
    it('finds every node, its key right, our login taken, its agent there', async () => {
      const { code, rows } = await ping();
      expect(code).to.equal(0);
      expect(
        rows.map(({ roundTripMs, version, error, ...rest }) => ({
          ...rest,
          timed: (roundTripMs ?? 0) > 0,
          version: /^\d/.test(version ?? ''),
          error,
        })),
      ).to.deep.equal(
        ['node1', 'node2'].map((node, at) => ({
          node,
          ok: true,
          address: `10.77.0.${at + 1}`,
          hostKey: 'ok',
          login: 'ok',
          name: node,
          passed: [],
          timed: true,
          version: true,
          error: null,
        })),
      );
    });

    it('shows a table to people', async () => {
      const { code, stdout } = await node1().cli(['node', 'ping', 'node2']);
      expect(code).to.equal(0);
      expect(stdout).to.match(
        /^node +address +host key +login +svcmgr +is +round trip\nnode2 +10\.77\.0\.2 +ok +ok +\S+ +node2 +[\d.]+ ms\n$/,
      );
    });

    it('exits 8 when one is unreachable, and still shows the others', async () => {
      node2().sshd.stop();
      const { code, rows } = await ping();
      await node2().sshd.start();
      expect(code).to.equal(8);
      expect(rows.map(({ node, ok, error }) => [node, ok, error?.facts.level])).to.deep.equal([
        ['node1', true, undefined],
        ['node2', false, 'client-socket'],
      ]);
    });

    it('exits 8 when the cable is cut', async () => {
      node2().cut();
      const { code, rows } = await ping('node2');
      node2().restore();
      expect([code, rows[0]?.error?.code]).to.deep.equal([8, 'UNREACHABLE']);
      expect((await ping('node2')).code).to.equal(0);
    });

    it('says which step failed: host key, login, key file', async () => {
      const wrong = node1().home.path('etc', 'wrong_hosts');
      writeFileSync(wrong, `10.77.0.2 ${node1().sshd.publicHostKey('ed25519')}\n`);
      const changed = await withNodeFile(
        (text) => text.replace(/(address = 10\.77\.0\.2\n.*\n)known_hosts = .*/, `$1known_hosts = ${wrong}`),
        () => ping('node2'),
      );
      expect([changed.code, changed.rows[0]?.hostKey, changed.rows[0]?.login]).to.deep.equal([8, 'refused', null]);
      expect(changed.rows[0]?.error?.hint).to.include(`sed -i 1d ${wrong}`);
      const stranger = node1().home.path('etc', 'stranger');
      if (!existsSync(stranger)) must('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', stranger);
      const useKey = (key: string) => (text: string) => text.replace(/(address = 10\.77\.0\.2\n)key = .*/, `$1key = ${key}`);
      const refused = await withNodeFile(useKey(stranger), () => ping('node2'));
      expect([refused.code, refused.rows[0]?.hostKey, refused.rows[0]?.login]).to.deep.equal([8, 'ok', 'refused']);
      chmodSync(stranger, 0o644);
      const open = await withNodeFile(useKey(stranger), () => ping('node2'));
      expect([open.code, open.rows[0]?.error?.code, open.rows[0]?.error?.hint]).to.deep.equal([2, 'CONFIG', `chmod 600 ${stranger}`]);
    });

    it('tells a node without agent, and one that is another than it was taken for', async () => {
      const gone = await withNodeFile(
        (text) => text.replaceAll(/svcmgr = .*/g, 'svcmgr = /opt/no/such/svcmgr'),
        () => ping('node2'),
      );
      expect([gone.code, gone.rows[0]?.login, gone.rows[0]?.error?.code]).to.deep.equal([4, 'ok', 'UNSUPPORTED']);
      const other = await withNodeFile(
        (text) => text.replace(`home = ${node2().home.folder}`, `home = ${node1().home.folder}`),
        () => ping('node2'),
      );
      expect([other.code, other.rows[0]?.name, other.rows[0]?.error?.code]).to.deep.equal([2, 'node1', 'CONFIG']);
    });

    it('names the nearest node, or says that the file knows none', async () => {
      const unknown = await node1().cli(['node', 'ping', 'nod2']);
      expect([unknown.code, unknown.stderr]).to.deep.equal([
        3,
        'svcmgr: the node file has no section [host#nod2]\n  did you mean node2?\n',
      ]);
      const none = await withNodeFile(
        () => '[node]\nname = node1\n',
        () => node1().cli(['node', 'ping']),
      );
      expect([none.code, none.stderr]).to.match(/^2,svcmgr: the node file knows no other node/);
    });
  });

  describe('a cable cut in the middle of a command', () => {
    it('leaves the result unknown here, and the command over there ends when its server notices', async () => {
      const seconds = `3${process.pid}.77`;
      const child = startChild({
        host: hostOf(node1(), node2()),
        argv: ['sleep', seconds],
        options: { timeoutMs: 600_000 },
        limits: { keepaliveMs: 200 },
      });
      const said = lastLine(child);
      while (!isSleeping(seconds)) await new Promise((resolve) => setTimeout(resolve, 20));
      node2().cut('silent');
      const error = JSON.parse((await said).replace(/^error /, '')) as { code: string; facts: { unknown: boolean } };
      expect([error.code, error.facts.unknown]).to.deep.equal(['TIMEOUT', true]);
      // By ClientAliveInterval of the rig's sshd; its own limit is ten minutes.
      for (let waitedMs = 0; isSleeping(seconds) && waitedMs < 20_000; waitedMs += 50)
        await new Promise((resolve) => setTimeout(resolve, 50));
      expect(isSleeping(seconds)).to.equal(false);
      node2().restore();
    });

    it('a short cut loses nothing: TCP sends again', async () => {
      const child = startChild({ host: hostOf(node1(), node2()), argv: ['sh', '-c', 'echo one; sleep 1; echo two'] });
      const said = lastLine(child);
      await once(child.stdout ?? child, 'data');
      node2().cut('silent');
      await new Promise((resolve) => setTimeout(resolve, 300));
      node2().restore();
      expect(JSON.parse((await said).replace(/^result /, ''))).to.include({ exitCode: 0, stdout: 'one\ntwo\n' });
    });

    function startChild(job: SshJob): ChildProcess {
      const [first, ...rest] = node1().netns.enter;
      const script = path.join(import.meta.dirname, 'ssh-child.ts');
      const env = { ...process.env, SSH_TEST_JOB: JSON.stringify(job), SVCMGR_TEST_HOME: node1().home.folder };
      return spawn(first, [...rest, process.execPath, '--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'], env });
    }
  });

  describe('the OpenSSH client with the same host', () => {
    it('logs in without asking, and refuses another host key', () => {
      const argv = [...opensshArgv(hostOf(node1(), node2())), opensshDestination(hostOf(node1(), node2())), 'echo', 'in'] as const;
      expect(node1().netns.run(...(argv as readonly string[] as [string, ...string[]]))).to.equal('in\n');
      const wrong = node1().home.path('etc', 'other_hosts');
      writeFileSync(wrong, `10.77.0.2 ${node1().sshd.publicHostKey('ed25519')}\n`);
      const refused = opensshArgv({ ...hostOf(node1(), node2()), knownHosts: [wrong] });
      expect(() => node1().netns.run(...(refused as [string, ...string[]]), '10.77.0.2', 'true')).to.throw(
        /REMOTE HOST IDENTIFICATION|verification failed/,
      );
    });

    it('finds a host that is known by its name only, and shares one login', () => {
      const byName = node1().home.path('etc', 'named_hosts');
      writeFileSync(byName, `node2 ${node2().sshd.publicHostKey('ed25519')}\n`);
      const host = { ...hostOf(node1(), node2()), knownHosts: [byName] };
      const controlPath = node1().home.path('run', 'ssh %C');
      const argv = opensshArgv(host, { controlPath });
      try {
        expect(node1().netns.run(...(argv as [string, ...string[]]), '10.77.0.2', 'echo first')).to.equal('first\n');
        node2().sshd.authorize('/dev/null');
        expect(node1().netns.run(...(argv as [string, ...string[]]), '10.77.0.2', 'echo second')).to.equal('second\n');
        expect(node1().netns.run(...(argv as [string, ...string[]]), '-O', 'check', '10.77.0.2')).to.equal('');
      } finally {
        tryTo(...node1().netns.enter, ...argv, '-O', 'exit', '10.77.0.2');
      }
    });

    it('is what rsync -e takes', function () {
      if (findTool('rsync') === undefined) this.skip();
      const source = node1().home.path('var', 'src', 'file');
      writeFileSync(source, 'data\n');
      const target = node2().home.path('var', 'dst', '.');
      mkdirSync(target, { recursive: true });
      const host = hostOf(node1(), node2());
      node1().netns.run('rsync', '-a', '-e', rsyncShell(opensshArgv(host)), path.dirname(source), `${opensshDestination(host)}:${target}`);
      expect(readFileSync(node2().home.path('var', 'dst', 'src', 'file'), 'utf8')).to.equal('data\n');
    });
  });

  it('share the mount table: what is mounted writable on which of them is one look', () => {
    const folder = node1().home.path('nodes');
    const points = nodes().all.map((node) => path.join(folder, node.name, 'data'));
    for (const point of points) mkdirSync(point, { recursive: true });
    const [first = '', second = ''] = points;
    const seen = () => nodes().writableOn(folder, 'data');
    expect(seen()).to.deep.equal([]);
    must('mount', '-t', 'tmpfs', 'svt', first);
    must('mount', '-t', 'tmpfs', '-o', 'ro', 'svt', second);
    expect(seen()).to.deep.equal(['node1']);
    must('mount', '-o', 'remount,rw', second);
    expect(seen()).to.deep.equal(['node1', 'node2']);
    must('umount', first);
    expect(seen()).to.deep.equal(['node2']);
    must('umount', second);
  });

  it('leave nothing when the tests that made them are killed', () => {
    const script = `
      const { makeNodes } = await import(${JSON.stringify(path.join(import.meta.dirname, '../support/nodes.ts'))});
      const nodes = await makeNodes(2);
      const { spawn } = await import('node:child_process');
      const [one, two] = nodes.all;
      spawn(one.netns.enter[0], [...one.netns.enter.slice(1), 'ssh', '-F', 'none', '-i', one.key, '-o', 'UserKnownHostsFile=' + one.knownHosts, two.address, 'sleep 3600'], { stdio: 'ignore' });
      while (two.sshd.pids().length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
      process.kill(process.pid, 'SIGKILL');`;
    const crashed = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 30_000,
    });
    expect(crashed.signal).to.equal('SIGKILL');
    expect(isAlive(crashed.pid)).to.equal(false);
    const left = findLeftovers((pid) => pid === crashed.pid);
    expect(left.map(({ kind }) => kind)).to.include.members(['process', 'netns', 'folder']);
    expect(removeLeftovers(left)).to.deep.equal([]);
    expect(findLeftovers((pid) => pid === crashed.pid)).to.deep.equal([]);
  });
});

function isSleeping(seconds: string): boolean {
  return spawnSync('pgrep', ['-fx', `sleep ${seconds}`]).status === 0;
}

/** What the child said last. */
async function lastLine(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (data: Buffer) => {
    text += data.toString();
  });
  await once(child, 'close');
  return text.trimEnd().split('\n').at(-1) ?? '';
}
