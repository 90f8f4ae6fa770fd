/** The whole service of the HP 3PAR document on two real nodes and a real LUN: started, stopped, started on the other one; split brain. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  act,
  commandsOf,
  containerAddress,
  mountPoint,
  prepareService,
  serviceName,
  startedCommands,
  statusOf,
  stoppedCommands,
  svcmgr,
} from './document-service.ts';
import { useLab } from './lab.ts';
import type { LabNode } from './node.ts';
import { allPlugPoints, pullPlugAt } from './plug-points.ts';
import { startWriter } from './writer.ts';

describe('lab: the service of the HP 3PAR document', function () {
  this.timeout(600_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');

  before('prepare the service', async function () {
    this.timeout(300_000);
    await prepareService(lab());
  });

  it('starts on node1 with the commands of the document, in its order', async () => {
    expect(commandsOf(await act(node1(), 'start'))).to.deep.equal(startedCommands('node1'));
    const seen = await statusOf(node1());
    expect(seen.avail).to.equal('up');
    const states = Object.entries(seen.resources).filter(([rid]) => rid !== 'sync#i0');
    expect(states.map(([rid, { status }]) => `${rid} ${status}`)).to.have.members([
      'vg#1pr up',
      'vg#1 up',
      'fs#1 up',
      'container#0 up',
      'ip#1 up',
    ]);
    expect((await reaches(node2())).code).to.equal(0);
  });

  it('is refused on node2 meanwhile, and changes nothing', async () => {
    const refused = await svcmgr(node2(), ['start']);
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.match(/--allow peer-up/);
    expect((await statusOf(node1())).avail).to.equal('up');
  });

  it('stops with the commands of the document, but keeps the tag until the volume is down', async () => {
    expect(commandsOf(await act(node1(), 'stop'))).to.deep.equal(stoppedCommands('node1'));
    expect((await statusOf(node1())).avail).to.equal('down');
    expect((await reaches(node2())).code).to.equal(1);
    expect(await leftOn(node1())).to.deep.equal(nothing);
  });

  it('starts on node2 with the data of node1', async () => {
    expect(commandsOf(await act(node2(), 'start'))).to.deep.equal(startedCommands('node2'));
    expect((await statusOf(node2())).avail).to.equal('up');
    expect((await reaches(node1())).code).to.equal(0);
    await act(node2(), 'stop');
    expect(await leftOn(node2())).to.deep.equal(nothing);
  });

  it('leaves nothing of its own when a start fails in the middle', async () => {
    await breakContainer(node1());
    const failed = await svcmgr(node1(), ['start']);
    expect(failed.code, failed.stderr).to.equal(1);
    expect(await leftOn(node1())).to.deep.equal(nothing);
    await mendContainer(node1());
  });

  it('leaves running what ran before a start that fails late', async () => {
    await act(node1(), 'start');
    await act(node1(), 'stop', '--rid', 'container#0,ip#1');
    await breakContainer(node1());
    expect((await svcmgr(node1(), ['start'])).code).to.equal(1);
    const { resources } = await statusOf(node1());
    const states = ['vg#1pr', 'vg#1', 'fs#1', 'container#0'].map((rid) => resources[rid]?.status);
    expect(states).to.deep.equal(['up', 'up', 'up', 'down']);
    await mendContainer(node1());
    await act(node1(), 'stop');
  });

  it('fences a node that cannot be asked: after the takeover no byte of it reaches the disk', async () => {
    await act(node1(), 'start');
    const writer = startWriter(node1(), `${mountPoint}/counter`);
    await writer.wrote(3);
    await node1().cut('service');
    const refused = await svcmgr(node2(), ['start']);
    expect(refused.code).to.equal(5);
    expect(refused.stderr)
      .to.match(/peer-unreachable/)
      .and.match(/foreign-reservation/);
    await writer.wrote(1 + (await writer.count()));
    await act(node2(), 'start', '--allow', 'peer-unreachable', '--allow', 'foreign-reservation', '--allow', 'foreign-tag');
    const last = await writer.refused();
    expect(await node1().must(['dmesg'])).to.match(/reservation conflict/);
    expect(await node2().must(['head', '-n', '1', `${mountPoint}/counter`])).to.equal(`node1 ${last}`);
    expect(readFileSync(lab().lunFile).includes(`node1 ${last + 1}\n`)).to.equal(false);
    const seen = await statusOf(node1());
    expect(seen.avail).not.to.equal('up');
    expect(seen.resources['vg#1pr']?.notes.map(({ text }) => text).join()).to.match(/the reservation of this node was taken away/);
  });

  it('lets the fenced node stop what is its own, without harm to the other', async () => {
    await node1().restore('service');
    await svcmgr(node1(), ['stop']);
    expect((await statusOf(node2())).avail).to.equal('up');
    expect(await node2().must(['sg_persist', '-n', '-r', '/dev/sda'])).to.match(/Write Exclusive, registrants only/);
    expect((await node2().must(['vgs', '--noheadings', '-o', 'tags', 'vg_svc1'])).trim()).to.equal('node2');
    await act(node2(), 'stop');
  });

  // One of the points at which test/long/lab-plug.ts does it: each costs minutes on a busy machine.
  for (const point of allPlugPoints.filter(({ line }) => /vgchange -a y/.test(line))) {
    it(`survives the plug pulled in the middle of a ${point.verb}: ${point.line}`, () => pullPlugAt(lab(), point));
  }
});

/** Is the address inside the container reached from this node? */
function reaches(node: LabNode) {
  return node.run(['ping', '-c', '1', '-W', '5', containerAddress]);
}

/** Its first program is not there: LXC cannot start it. */
async function breakContainer(node: LabNode): Promise<void> {
  await node.sh('sed -i "s#^lxc.init.cmd = .*#lxc.init.cmd = /sbin/none#" "/var/lib/lxc/$1/config"', [serviceName]);
}

async function mendContainer(node: LabNode): Promise<void> {
  await node.sh('sed -i "s#^lxc.init.cmd = .*#lxc.init.cmd = /sbin/init#" "/var/lib/lxc/$1/config"', [serviceName]);
}

const nothing = { mounts: '', maps: 'lun', containers: '', tags: '', keys: 'NO registered' };

/** What a stopped service may not leave. */
async function leftOn(node: LabNode): Promise<typeof nothing> {
  return {
    mounts: await node.sh('grep " $1 " /proc/mounts || true', [mountPoint]),
    maps: await node.sh('dmsetup ls | cut -f 1'),
    containers: await node.sh('lxc-info -n "$1" -s | grep RUNNING || true', [serviceName]),
    tags: await node.sh('vgs --noheadings -o tags vg_svc1 | tr -d " "'),
    keys: (await node.must(['sg_persist', '-n', '-k', '/dev/sda'])).match(/NO registered/)?.[0] ?? 'keys',
  };
}
