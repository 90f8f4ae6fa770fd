/** sync.rsync between real nodes: namespaces with their own sshd. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { must } from '../support/command.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { rsyncNeeds, useWorlds } from './rsync-world.ts';

describeUnless(missing(rsyncNeeds), 'real: sync.rsync', function () {
  this.timeout(120_000);
  const { node, world } = useWorlds(2);

  it('copies with owner, mode, links, attributes and times, deletes what is gone, and both sides know when', async () => {
    const one = await world();
    expect((await one.resource()).status).to.equal('down');
    expect(await one.notes()).to.match(/^node2 need update/);
    must('ln', '-s', 'file', path.join(one.src, 'link'));
    must('ln', path.join(one.src, 'file'), path.join(one.src, 'hard'));
    must('chmod', '4710', path.join(one.src, 'file'));
    must('chown', '12:34', path.join(one.src, 'file'));
    const first = await one.sync('update');
    expect(first.code, first.stderr).to.equal(0);
    expect(first.stdout).to.match(
      new RegExp(`^${one.name}: sync#i0 to node2: done.*\n${one.name}: sync#1 to node2: done, \\d+ bytes sent\n`),
    );
    const there = (name: string) => must('stat', '-c', '%a %u %g %h %Y', path.join(one.dst, name)).trim();
    expect(there('file')).to.equal(must('stat', '-c', '%a %u %g %h %Y', path.join(one.src, 'file')).trim());
    expect(must('readlink', path.join(one.dst, 'link')).trim()).to.equal('file');
    rmSync(path.join(one.src, 'link'));
    expect((await one.sync('update', '--rid', 'sync#1')).code).to.equal(0);
    expect(one.names()).to.deep.equal(['file', 'hard']);
    expect([(await one.resource()).status, (await one.resource(node(2))).status]).to.deep.equal(['up', 'up']);
    expect((await one.resource(node(2))).facts['last_sync_node2']).to.equal((await one.resource()).facts['last_sync_node2']);
  });

  it('verify tells what differs and changes nothing; full mends what has the same size and time', async () => {
    const one = await world();
    await one.sync('update');
    expect((await one.sync('verify')).code).to.equal(0);
    const copy = path.join(one.dst, 'file');
    writeFileSync(copy, 'Content\n');
    must('touch', '-r', path.join(one.src, 'file'), copy);
    must('touch', '-r', one.src, one.dst);
    const found = await one.sync('verify');
    expect(found.code).to.equal(1);
    expect(found.stdout).to.match(/1 differ: .*file/);
    await one.sync('update');
    expect(readFileSync(copy, 'utf8')).to.equal('Content\n');
    expect((await one.sync('full', '--rid', 'sync#1')).code).to.equal(0);
    expect(readFileSync(copy, 'utf8')).to.equal('content\n');
  });

  it('a dry-run says what would be sent and changes nothing', async () => {
    const one = await world();
    const { code, stderr, stdout } = await one.sync('update', '--rid', 'sync#1', '--dry-run');
    expect(code).to.equal(0);
    expect(stderr).to.match(/DRYRUN .* would send 1 files \(8 bytes\) to node2 and delete 0 there/);
    expect(stderr).to.match(/DRYRUN .* rsync -HAXpogDtrlx --delete/);
    expect(stdout).to.match(/nothing in the way/);
    expect(existsSync(one.dst)).to.equal(false);
    expect((await one.resource()).status).to.equal('down');
  });

  it('pause holds it off until unpause, both are in the history of the service, and the status says why', async () => {
    const one = await world();
    const paused = await one.sync('pause', '--reason', 'rack move');
    expect([paused.code, paused.stdout]).to.deep.equal([0, `${one.name}: sync#1 paused\n`]);
    expect((await one.sync('pause')).stdout).to.match(/sync#1 already paused/);
    const { code, stderr } = await one.sync('all');
    expect(code).to.equal(0);
    expect(stderr).to.match(/SYNC#1 paused since \S+ by root: rack move/);
    expect(existsSync(one.dst)).to.equal(false);
    expect(await one.notes()).to.match(/^node2 need update; paused since/);
    expect((await one.sync('unpause', '--dry-run')).stdout).to.match(/would be unpaused/);
    expect((await one.sync('unpause', '--rid', 'sync#1')).stdout).to.match(/sync#1 unpaused/);
    expect((await one.sync('all')).code).to.equal(0);
    expect(one.names()).to.deep.equal(['file']);
    expect((await node(1).cli(['-s', one.name, 'logs'])).stdout).to.match(/sync pause of sync#1 by root: rack move/);
    expect((await one.sync('pause', '--rid', 'fs#1')).code).to.equal(4);
    expect((await one.sync('unpuase')).stderr).to.match(/did you mean "sync unpause"/);
  });

  it('a service that is not up, or only passive, sends nothing, and that is no error', async () => {
    const one = await world({ isStopped: true });
    const { code, stderr, stdout } = await one.sync('all');
    expect(code).to.equal(0);
    expect(stderr.match(/won't sync this resource for a service not up/g)).to.have.length(2);
    expect(stdout).to.match(/nothing to do/);
    expect((await one.resource()).status).to.equal('n/a');
  });

  it('a node of drpnodes never sends', async () => {
    const one = await world({ isStopped: true });
    const sync = `[sync#1]\nsrc = ${one.src}\ndst = /nowhere\ntarget = nodes drpnodes\n`;
    one.service(`[DEFAULT]\nnodes = node2\ndrpnodes = node1\n[fs#1]\ntype = flag\n${sync}`);
    await one.start();
    const { code, stderr } = await one.sync('update');
    expect(code).to.equal(0);
    expect(stderr).to.match(/SYNC#1 won't sync from a node of drpnodes/);
    expect(await one.notes()).to.equal('service up on drp node, sync disabled');
  });

  it('more deletions than allowed are refused until they are meant', async () => {
    const one = await world();
    await one.sync('update', '--rid', 'sync#1');
    for (let number = 0; number < 150; number += 1) writeFileSync(path.join(one.dst, `extra${number}`), '');
    const { code, stderr } = await one.sync('update', '--rid', 'sync#1');
    expect(code).to.equal(5);
    expect(stderr).to.match(/150 files would be deleted on node2 \(2 are here, the limit is 100\) \(--allow delete-many\)/);
    expect(one.names()).to.have.length(151);
    expect((await one.sync('update', '--rid', 'sync#1', '--allow', 'delete-many')).code).to.equal(0);
    expect(one.names()).to.deep.equal(['file']);
  });

  it('a destination that is the live mount of the service there is refused, whatever is allowed', async () => {
    const one = await world({ isStopped: true });
    // All nodes of this test share one mount table: what is mounted here is mounted there.
    const mnt = node(2).home.path(one.name, 'live');
    const sync = `[sync#1]\nsrc = ${one.src}/\ndst = ${mnt}/data\ntarget = nodes\n`;
    one.service(`[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = flag\n[fs#2]\ntype = tmpfs\nmnt = ${mnt}\n${sync}`);
    await one.start();
    try {
      for (const allow of [[], ['--allow', 'below-mount', '--allow', 'peer-up', '--allow', 'delete-many']]) {
        const { code, stderr } = await one.sync('update', '--rid', 'sync#1', ...allow);
        expect(code).to.equal(5);
        expect(stderr).to.match(/live \(fs#2\) is mounted on node2: it is live data there \(cannot be waived\)/);
        expect(readdirSync(mnt)).to.deep.equal([]);
      }
    } finally {
      await node(1).cli(['-s', one.name, 'stop']);
    }
  });

  it('an instance that is up there is not overwritten', async () => {
    const one = await world();
    expect((await node(2).cli(['-s', one.name, 'start', '--allow', 'peer-up'])).code).to.equal(0);
    const { code, stderr } = await one.sync('update', '--rid', 'sync#1');
    expect(code).to.equal(5);
    expect(stderr).to.match(/sync#1: node2: svc\d+ on node2: up .*--allow peer-up/);
    expect(existsSync(one.dst)).to.equal(false);
    await node(2).cli(['-s', one.name, 'stop']);
  });

  it('runs several resources together with --parallel, and never two into one destination', async () => {
    const one = await world();
    const section = (number: number) => `[sync#${number}]\nsrc = ${one.src}/\ndst = ${one.dst}\ntarget = nodes\nbwlimit = 1000\n`;
    one.service(`[DEFAULT]\nnodes = node1 node2\n[fs#1]\ntype = flag\n${section(1)}${section(2)}${section(3)}`);
    writeFileSync(path.join(one.src, 'big'), Buffer.alloc(500_000, 1));
    const { code, stdout, stderr } = await one.sync('all', '--parallel', '3');
    expect(code, stderr).to.equal(0);
    expect(stdout.match(/sync#\d to node2: done/g)).to.have.length(3);
  });

  it('triggers of sync run around it, and sync_requires holds it off', async () => {
    const one = await world();
    const marks = node(1).home.path('marks', one.name);
    const triggers = ['pre', 'post'].map((word) => `${word}_sync = /bin/sh -c 'echo ${word} >> ${marks}'\n`).join('');
    const flags = '[fs#1]\ntype = flag\n[fs#2]\ntype = flag\n';
    const text = `[DEFAULT]\nnodes = node1 node2\n${flags}[sync#1]\nsrc = ${one.src}/\ndst = ${one.dst}\ntarget = nodes\n${triggers}`;
    one.service(text);
    await one.start();
    expect((await one.sync('update', '--rid', 'sync#1')).code).to.equal(0);
    expect(readFileSync(marks, 'utf8')).to.equal('pre\npost\n');
    one.service(`${text}sync_requires = fs#2(down)\n`);
    const held = await one.sync('update', '--rid', 'sync#1');
    expect(held.code).to.equal(5);
    expect(held.stderr).to.match(/fs#2 is up, must be down/);
    expect(readFileSync(marks, 'utf8')).to.equal('pre\npost\n');
  });
});
