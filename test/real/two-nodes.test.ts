/** A short walk of test/long/two-nodes.ts: `npm run test:two-nodes` takes a long one. */
import { makePair, type Pair } from '../support/pair.ts';
import { walkPair } from '../support/pair-walk.ts';
import { nodesNeeds } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

const needs = { ...nodesNeeds, tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'], files: ['/dev/loop-control'] };

describeUnless(missing(needs), 'real: two agents against each other', function () {
  this.timeout(600_000);
  let pair: Pair;
  before('make the pair', async () => {
    pair = await makePair();
  });
  after('remove the pair', () => pair.remove());

  it('never mount the data on both, tell the truth after each step, and come to rest', async () => {
    const lines: string[] = [];
    try {
      await walkPair(pair, { seed: 20261121, steps: 15, log: (line) => void lines.push(line) });
    } catch (error) {
      throw new Error(lines.join('\n'), { cause: error });
    }
  });
});
