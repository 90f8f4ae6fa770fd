/** The suite of the simulated disk (test/sim/block/persist.test.ts) on a real one: LIO's reservations over iSCSI, two paths each. */
import { type PersistBench, persistSuite } from '../sim/block/persist-suite.ts';
import { useLab } from '../lab/lab.ts';

describe('lab: what the simulated disk imitates', function () {
  this.timeout(180_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  const bench = (): PersistBench => ({
    first: '/dev/sda',
    second: '/dev/sdb',
    other: '/dev/sda',
    run: async (node, argv) => {
      const { code, stdout } = await lab().node(node).run(argv);
      return { code: code ?? -1, stdout };
    },
    writes: async (node, device) => {
      const argv = ['dd', 'if=/dev/zero', `of=${device}`, 'bs=512', 'seek=64', 'count=1', 'oflag=direct'];
      return (await lab().node(node).run(argv)).code === 0;
    },
  });

  persistSuite('persistent reservations', bench);
});
