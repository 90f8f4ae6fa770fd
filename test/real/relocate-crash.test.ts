/** kill -9 of either agent at each step of a switch: whatever is left, running it again brings the service where it shall be. */
import { expect } from 'chai';
import { makePair, type Pair } from '../support/pair.ts';
import { nodesNeeds } from '../support/nodes.ts';
import { describeUnless, missing } from '../support/skip.ts';

const needs = { ...nodesNeeds, tools: [...nodesNeeds.tools, 'losetup', 'mkfs.ext4', 'e2fsck'], files: ['/dev/loop-control'] };

/** Who runs the switch to node2, whose agent is killed, and at which word of the console. */
type Point = readonly [by: string, killed: string, at: RegExp];

const points: readonly Point[] = [
  ['node1', 'node1', /stop on node1/],
  ['node1', 'node1', /SVC1\.APP#1 kill/],
  ['node1', 'node1', /SVC1\.FS#1 umount/],
  ['node1', 'node1', /SVC1\.VG#1 losetup --detach/],
  ['node1', 'node1', /start on node2/],
  ['node1', 'node1', /node2: SVC1\.VG#1 losetup/],
  ['node1', 'node1', /node2: SVC1\.FS#1 mount/],
  ['node1', 'node1', /node2: SVC1\.APP#1/],
  ['node1', 'node2', /node2: SVC1\.VG#1 losetup/],
  ['node1', 'node2', /node2: SVC1\.FS#1 mount/],
  ['node2', 'node2', /stop on node1/],
  ['node2', 'node2', /node1: SVC1\.FS#1 umount/],
  ['node2', 'node2', /start on node2/],
  ['node2', 'node2', /SVC1\.FS#1 mount/],
  ['node2', 'node1', /node1: SVC1\.APP#1 kill/],
  ['node2', 'node1', /node1: SVC1\.FS#1 umount/],
];

/** The last command of a start and a stop: the agent over there may be done before it is killed, unless something is still to be run. */
const lastPoints: readonly Point[] = [
  ['node1', 'node2', /node2: SVC1\.APP#1/],
  ['node2', 'node1', /node1: SVC1\.VG#1 losetup --detach/],
];

killsAt('real: a switch whose agent is killed', '', points);
killsAt('real: a switch whose agent is killed after its last command', 'post_start = sleep 5\npost_stop = sleep 5\n', lastPoints);

/** @param more lines of [DEFAULT] */
function killsAt(title: string, more: string, each: readonly Point[]): void {
  describeUnless(missing(needs), title, function () {
    this.timeout(180_000);
    defineKills(more, each);
  });
}

function defineKills(more: string, each: readonly Point[]): void {
  let pair: Pair;
  before('make the pair', async () => {
    pair = await makePair(more);
  });
  after('remove the pair', () => pair.remove());
  beforeEach('up on node1', async () => {
    await pair.reset();
    await pair.must('node1', 'start');
  });

  for (const [by, killed, at] of each) {
    it(`by ${by}: the agent of ${killed} dies at "${at.source.replaceAll('\\', '')}"`, async () => {
      const switching = pair.spawn(by, 'switch', '--to', 'node2');
      switching.child.stdin.end();
      await switching.sees(at);
      if (by === killed) await switching.crash();
      else expect(pair.killAgents(killed), 'nothing was there to be killed').to.be.greaterThan(0);
      const first = await switching.done;
      expect(first.code, first.stderr).not.to.equal(0);
      const isCut = (await pair.status(by)).monitor.interrupted?.verb === 'switch';
      expect(isCut).to.equal(by === killed);
      const again = isCut ? await pair.run(by, 'resume') : await pair.run(by, 'switch', '--to', 'node2');
      expect(again.code, `${first.stderr}\n--\n${again.stdout}${again.stderr}`).to.equal(0);
      expect(pair.mounted()).to.deep.equal(['node2']);
      const states = await Promise.all(['node1', 'node2'].map((node) => pair.status(node)));
      expect(states.map(({ avail, monitor }) => [avail, monitor.state, monitor.interrupted])).to.deep.equal([
        ['down', 'idle', null],
        ['up', 'idle', null],
      ]);
      expect(pair.splits).to.deep.equal([]);
    });
  }
}
