/**
 * A whole switch between two nodes against the sum of its commands: the stop where it is, the start where it goes, typed one behind the
 * other on each node. What the switch adds: is the other node fit, one more look at both.
 */
import { makePair, type Pair } from '../test/support/pair.ts';
import { nodesNeeds } from '../test/support/nodes.ts';
import { missing } from '../test/support/skip.ts';
import { type Bench, measure, rowOf } from './lib/measure.ts';

const whole = 'switch';
const parts = 'stop there, then start here';

export async function bench(): Promise<Bench> {
  const reason = missing({ ...nodesNeeds, tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'], files: ['/dev/loop-control'] });
  if (reason !== undefined) return { title: `switch: not measured, ${reason}`, rows: [] };
  const pair = await makePair();
  try {
    await pair.must('node1', 'start');
    const rows = await measure(
      [
        { name: parts, isFloor: true, run: () => byHand(pair) },
        { name: whole, run: () => pair.must('node1', 'switch') },
      ],
      { rounds: 6, warmUps: 1 },
    );
    const factor = rowOf(rows, whole).medianMs / rowOf(rows, parts).medianMs;
    return {
      title: 'switch: loop, ext4 and a program from one node to the other',
      rows,
      aim: { text: `a switch at most 2.5 times its stop and start (${factor.toFixed(1)})`, met: factor <= 2.5 },
    };
  } finally {
    await pair.remove();
  }
}

async function byHand(pair: Pair): Promise<void> {
  const [from = 'node1'] = pair.mounted();
  await pair.must(from, 'stop');
  await pair.must(from === 'node1' ? 'node2' : 'node1', 'start');
}
