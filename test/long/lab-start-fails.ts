/** A start that fails on the real LUN: nothing of it stays, and what ran before it goes on. `npm run test:lab:full`. */
import { expect } from 'chai';
import { act, leftOn, nothing, prepareService, serviceName, statusOf, svcmgr } from '../lab/document-service.ts';
import { useLab } from '../lab/lab.ts';
import type { LabNode } from '../lab/node.ts';

describe('lab: a start of the service of the document that fails', function () {
  this.timeout(600_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  const node1 = () => lab().node('node1');
  before('prepare the service', async function () {
    this.timeout(300_000);
    await prepareService(lab());
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
});

/** Its first program is not there: LXC cannot start it. */
async function breakContainer(node: LabNode): Promise<void> {
  await node.sh('sed -i "s#^lxc.init.cmd = .*#lxc.init.cmd = /sbin/none#" "/var/lib/lxc/$1/config"', [serviceName]);
}

async function mendContainer(node: LabNode): Promise<void> {
  await node.sh('sed -i "s#^lxc.init.cmd = .*#lxc.init.cmd = /sbin/init#" "/var/lib/lxc/$1/config"', [serviceName]);
}
