/** What goes wrong with sync.rsync between real nodes: dead ones, full ones, a connection or an agent that ends in the middle. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { svcmgr } from '../support/cli.ts';
import { must } from '../support/command.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { rsyncGone, rsyncNeeds, useWorlds } from './rsync-world.ts';

describeUnless(missing({ ...rsyncNeeds, tools: [...rsyncNeeds.tools, 'script'] }), 'real: sync.rsync: faults', function () {
  this.timeout(120_000);
  const { node, world } = useWorlds(3);

  it('goes on to the other node past one that is dead: exit 1, and only the living one is fresh', async () => {
    const one = await world({ peers: 'node2 node3' });
    await one.sync('update');
    const before = (await one.resource()).facts;
    writeFileSync(path.join(one.src, 'more'), 'more\n');
    node(2).cut();
    try {
      const { code, stdout } = await one.sync('update', '--rid', 'sync#1');
      expect(code).to.equal(1);
      expect(stdout).to.match(/sync#1 to node2: failed, .*node2/);
      expect(stdout).to.match(/sync#1 to node3: done/);
    } finally {
      node(2).restore();
    }
    const { facts, status } = await one.resource();
    expect(status).to.equal('warn');
    expect(await one.notes()).to.match(/^node2: last sync failed: /);
    expect(facts['last_sync_node2']).to.equal(before['last_sync_node2']);
    expect(facts['last_sync_node3']).not.to.equal(before['last_sync_node3']);
    expect((await one.sync('update', '--rid', 'sync#1')).code).to.equal(0);
    expect((await one.resource()).status).to.equal('up');
  });

  it('a wrong host key is refused, and nothing is sent to whoever that is', async () => {
    const one = await world();
    const right = readFileSync(node(1).knownHosts, 'utf8');
    const other = node(3).sshd.publicHostKey('ed25519');
    writeFileSync(node(1).knownHosts, right.replace(/^10\.77\.0\.2 .*$/m, `10.77.0.2 ${other}`));
    try {
      const { code, stdout } = await one.sync('update', '--rid', 'sync#1');
      expect(code).to.equal(1);
      expect(stdout).to.match(/sync#1 to node2: failed, .*key/);
      expect(existsSync(one.dst)).to.equal(false);
    } finally {
      writeFileSync(node(1).knownHosts, right);
    }
  });

  it('a full disk there is told as that; the stamp stays, and a rerun with room completes', async () => {
    const folder = node(2).home.path('small', 'x').slice(0, -2);
    must('mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder);
    try {
      const one = await world({ dst: `${folder}/copy`, more: `dstfs = ${folder}\n` });
      writeFileSync(path.join(one.src, 'big'), Buffer.alloc(3_000_000, 1));
      const { code, stdout } = await one.sync('update', '--rid', 'sync#1');
      expect(code).to.equal(1);
      expect(stdout).to.match(/failed, no space left on the device there \(rsync exit 11/);
      expect((await one.resource()).status).to.equal('down');
      must('mount', '-o', 'remount,size=10m', folder);
      expect((await one.sync('update', '--rid', 'sync#1')).code).to.equal(0);
      expect(readdirSync(`${folder}/copy`).sort()).to.deep.equal(['big', 'file']);
    } finally {
      await rsyncGone(folder);
      must('umount', folder);
    }
  });

  it('a dstfs that is not mounted there is refused, and the filesystem below it stays empty', async () => {
    const folder = node(2).home.path('unmounted', 'x').slice(0, -2);
    const one = await world({ dst: `${folder}/copy`, more: `dstfs = ${folder}\n` });
    const { code, stderr } = await one.sync('update', '--rid', 'sync#1');
    expect(code).to.equal(5);
    expect(stderr).to.match(/the destination filesystem .* is not mounted on node2/);
    expect(readdirSync(folder)).to.deep.equal([]);
    // A switch knows it before it stops anything, from either node.
    const refused = await node(1).cli(['-s', one.name, 'switch', '--to', 'node2']);
    expect([refused.code, refused.stderr.includes('is not mounted on node2')], refused.stderr).to.deep.equal([5, true]);
    expect((await node(1).cli(['-s', one.name, 'check'])).stdout).to.match(/up/);
    const asked = await node(2).cli(['-s', one.name, 'readiness', '--node', 'node2']);
    expect(asked.code).to.equal(1);
    expect(asked.stdout).to.match(
      /node2 {2}not ready\n {2}now +node1: up\n {2}blocked +sync#1: the destination filesystem[\s\S]*--allow stale-data/,
    );
  });

  it('a node whose first address does not answer is copied to at the next one', async () => {
    const one = await world();
    const file = node(1).home.path('etc', 'svcmgr.conf');
    const right = readFileSync(file, 'utf8');
    // Refused at once: nothing listens on the loopback of the namespace.
    writeFileSync(file, right.replace('address = 10.77.0.2', 'address = 127.0.0.1 10.77.0.2'));
    try {
      const { code, stderr } = await one.sync('update', '--rid', 'sync#1');
      expect(code, stderr).to.equal(0);
      expect(one.names()).to.deep.equal(['file']);
    } finally {
      writeFileSync(file, right);
    }
  });

  it('a connection lost in the middle keeps the stamp of before, and a rerun completes', async () => {
    const one = await world({ more: 'bwlimit = 500\n' });
    await one.sync('update', '--rid', 'sync#1');
    const before = (await one.resource()).facts['last_sync_node2'];
    const running = await one.slowCopy();
    node(2).sshd.killSessions();
    const { code, stdout } = await running.done;
    expect(code).to.equal(1);
    expect(stdout).to.match(/sync#1 to node2: failed, .*(connection|ssh)/);
    const { facts, status } = await one.resource();
    expect([facts['last_sync_node2'], status]).to.deep.equal([before, 'warn']);
    rmSync(path.join(one.src, 'a-big'));
    expect((await one.sync('update', '--rid', 'sync#1')).code).to.equal(0);
    expect(one.names()).to.deep.equal(['file']);
    expect((await one.resource()).status).to.equal('up');
  });

  it('a file that vanishes meanwhile is only noted', async () => {
    const one = await world({ more: 'bwlimit = 2000\n' });
    writeFileSync(path.join(one.src, 'z-last'), 'x'.repeat(100));
    const running = await one.slowCopy();
    rmSync(path.join(one.src, 'z-last'));
    const { code, stdout } = await running.done;
    expect(code).to.equal(0);
    expect(stdout).to.match(/done, \d+ bytes sent, some files vanished while they were copied/);
    expect((await one.resource()).status).to.equal('up');
  });

  it('kill -9 of the agent in the middle leaves no rsync behind, is shown as interrupted, and resume completes it', async () => {
    const one = await world({ more: 'bwlimit = 500\n' });
    const running = await one.slowCopy();
    await running.crash();
    const { stdout } = await node(1).cli(['-s', one.name, 'print', 'status']);
    expect(stdout).to.match(/interrupted/);
    expect(stdout).to.match(/sync update/);
    await rsyncGone(one.dst);
    rmSync(path.join(one.src, 'a-big'));
    const again = await node(1).cli(['-s', one.name, 'resume']);
    expect(again.code, again.stderr).to.equal(0);
    expect(one.names()).to.deep.equal(['file']);
    expect((await node(1).cli(['-s', one.name, 'print', 'status'])).stdout).not.to.match(/interrupted/);
  });

  it('on a terminal a copy shows a line that replaces itself: bytes, percent, rate and what is left', async () => {
    const one = await world({ more: 'bwlimit = 1500\n' });
    writeFileSync(path.join(one.src, 'big'), Buffer.alloc(4_000_000, 1));
    const words = `${svcmgr} -s ${one.name} sync update --rid sync#1`;
    const { code, stdout } = await node(1).cli(['-qec', words, '/dev/null'], { program: 'script', timeoutMs: 60_000 });
    expect(code, stdout).to.equal(0);
    const shown = stdout.split('\r\u001B[K').slice(1);
    expect(
      shown.some((text) => /^[\d:]+ INFO SVC\d+\.SYNC#1 [\d.]+ MB of [\d.]+ MB \(\d+ %\), [\d.]+ [kM]B\/s, \S+ left$/.test(text)),
      stdout,
    ).to.equal(true);
    // What stays on the screen begins on a line of its own.
    expect(stdout).to.match(/\r\u001B\[K[\d:]+ INFO SVC\d+\.SYNC#1 (?:mkdir|write) [\s\S]*\nsvc\d+: sync update done/);
  });

  it('a stop does not wait for a copy: it is asked to end, says for whom, and the next one completes it', async () => {
    const one = await world({ more: 'bwlimit = 100\n' });
    const running = await one.slowCopy();
    const stopped = await node(1).cli(['-s', one.name, 'stop']);
    expect(stopped.code, stopped.stderr).to.equal(0);
    expect(stopped.stderr).to.match(/waiting for sync update by root, since \S+: it is asked to end/);
    const { code, stderr } = await running.done;
    expect([code, /made way for stop by root/.test(stderr)], stderr).to.deep.equal([130, true]);
    await rsyncGone(one.dst);
    expect((await node(1).cli(['-s', one.name, 'history'])).stdout).to.match(/sync update +aborted/);
    await one.start();
    rmSync(path.join(one.src, 'a-big'));
    expect((await one.sync('update', '--rid', 'sync#1')).code).to.equal(0);
    expect(one.names()).to.deep.equal(['file']);
  });

  it('Ctrl-C ends it soon and leaves no rsync; meanwhile another action is BUSY and the status says syncing', async () => {
    const one = await world({ more: 'bwlimit = 200\n' });
    const running = await one.slowCopy();
    const busy = await node(1).cli(['-s', one.name, 'sync', 'update', '--no-wait']);
    expect(busy.code).to.equal(6);
    expect(busy.stderr).to.match(/sync update/);
    const seen = await node(1).cli(['-s', one.name, 'print', 'status', '--format', 'json']);
    expect((JSON.parse(seen.stdout) as { monitor: { state: string } }).monitor.state).to.equal('syncing');
    running.child.kill('SIGINT');
    expect((await running.done).code).to.equal(130);
    await rsyncGone(one.dst);
  });
});
