/** The daemons of two real nodes over some minutes: what they know of each other, and what they leave alone. `npm run test:daemon`. */
import { expect } from 'chai';
import { limitMs, useDaemonPair } from '../support/daemon-pair.ts';
import { eventually } from '../support/eventually.ts';
import { nodesNeeds } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

const needs = { ...nodesNeeds, tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'long: the daemons of two nodes', function () {
  this.timeout(600_000);
  const { pair, statusOn, breakApplication, looks } = useDaemonPair();

  it('know of each other each minute; a node that is cut off is told as such, and the looks at home go on', async () => {
    const node2 = async () => (await statusOn('node1')).instances['node2'];
    await eventually(async () => (await node2())?.avail === 'down', limitMs);
    expect((await node2())?.stale).to.equal(false);
    expect((await pair().must('node1', 'print', 'status')).stdout).to.match(/^# node2: down, \d+s ago$/m);
    pair().nodes.node('node2').cut('silent');
    await looks(2);
    await eventually(async () => (await statusOn('node1')).unanswered['node2'] !== undefined, limitMs);
    expect(await node2()).to.equal(undefined);
    expect((await statusOn('node1')).avail).to.equal('up');
    pair().nodes.node('node2').restore();
    await eventually(async () => (await node2())?.avail === 'down', limitMs);
  });

  it('leave a frozen service alone', async () => {
    await pair().must('node1', 'freeze');
    await breakApplication();
    await looks(5);
    expect((await statusOn('node1', '--refresh')).resources['app#1']?.status).to.equal('down');
    expect(pair().mounted()).to.deep.equal(['node1']);
  });

  it('leave stopped what the operator stopped', async () => {
    await pair().must('node1', 'stop');
    await looks(5);
    expect(pair().mounted()).to.deep.equal([]);
    expect([(await statusOn('node1', '--refresh')).avail, (await statusOn('node2', '--refresh')).avail]).to.deep.equal(['down', 'down']);
  });

  it('bring it to the other node once, and leave it there', async () => {
    await breakApplication();
    await eventually(() => pair().mounted().join() === 'node2', limitMs);
    await eventually(async () => (await statusOn('node1')).monitor.state === 'idle', limitMs);
    await looks(5);
    expect(pair().mounted()).to.deep.equal(['node2']);
    expect((await pair().must('node1', 'metrics')).stdout).to.match(/^svcmgr_action_total\{verb="switch",result="ok"\} 1$/m);
  });
});
