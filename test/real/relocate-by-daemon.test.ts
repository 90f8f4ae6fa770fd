/** What the daemons of two real nodes do when an application cannot be kept up. test/long/daemon-two-nodes.ts has what takes longer. */
import { expect } from 'chai';
import { limitMs, useDaemonPair } from '../support/daemon-pair.ts';
import { eventually } from '../support/eventually.ts';
import { nodesNeeds } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

const needs = { ...nodesNeeds, tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real: monitor_action = switch between two nodes', function () {
  this.timeout(300_000);
  const { pair, statusOn, breakApplication } = useDaemonPair();

  it('an application that is killed and does not start again takes the service to the other node, by itself', async () => {
    await breakApplication();
    await eventually(() => pair().mounted().join() === 'node2', limitMs);
    await eventually(async () => (await statusOn('node2')).avail === 'up', limitMs);
    await eventually(async () => (await statusOn('node1')).monitor.state === 'idle', limitMs);
    expect((await statusOn('node1', '--refresh')).avail).to.equal('down');
    const { stdout } = await pair().must('node1', 'history');
    expect(stdout)
      .to.match(/app#1 went down, restart 1 of 1/)
      .and.match(/switch +ok.*svcmgrd.*app#1 down/);
    expect((await pair().must('node1', 'metrics')).stdout).to.match(/^svcmgr_action_total\{verb="switch",result="ok"\} 1$/m);
  });
});
