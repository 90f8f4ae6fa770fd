/** A short walk of test/long/two-nodes.ts: `npm run test:two-nodes` takes a long one. */
import { expect } from 'chai';
import { makePair, type Pair } from '../support/pair.ts';
import { walkPair } from '../support/pair-walk.ts';
import { nodesNeeds } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

const needs = { ...nodesNeeds, tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'], files: ['/dev/loop-control'] };
const lack = missing(needs);

function usePair(): () => Pair {
  let pair: Pair | undefined;
  before('make the pair', async () => {
    pair = await makePair();
  });
  after('remove the pair', () => pair?.remove());
  return () => {
    if (pair === undefined) throw new Error('the pair exists only inside a test');
    return pair;
  };
}

describeUnless(lack, 'real: two agents against each other', function () {
  this.timeout(600_000);
  const pair = usePair();

  it('never mount the data on both, tell the truth after each step, and come to rest', async () => {
    const lines: string[] = [];
    try {
      await walkPair(pair(), { seed: 20261121, steps: 15, log: (line) => void lines.push(line) });
    } catch (error) {
      throw new Error(lines.join('\n'), { cause: error });
    }
  });
});

describeUnless(lack, 'real: two agents that were allowed to run against each other', function () {
  this.timeout(60_000);
  const pair = usePair();

  it('are seen by the observer, told by status, and left alone by switch', async () => {
    const { must, run, splits } = pair();
    await must('node1', 'start');
    const forced = await must('node2', 'start', '--allow', 'peer-up');
    expect(forced.stderr).to.match(/WARN SVC1 allowed \(peer-up\): node1: up/);
    const tree = (await must('node1', 'print', 'status', '--peers')).stdout;
    expect(tree).to.match(/^# split: up on node1 and node2\n[\s\S]*^overall +warn$/m);
    expect(splits).not.to.deep.equal([]);
    const refused = await run('node1', 'switch');
    expect([refused.code, refused.stderr.includes('split: up on node1 and node2')]).to.deep.equal([5, true]);
  });
});
