import type { Argv } from '../../../agent/driver/contract.ts';
import { Lun } from './lun.ts';
import { createMachine, createSan, type Machine } from './machine.ts';
import { type PersistBench, persistSuite } from './persist-suite.ts';

let nodes: Readonly<Record<'node1' | 'node2', Machine>>;

function makeBench(): PersistBench {
  return {
    first: '/dev/sda',
    second: '/dev/sdb',
    other: '/dev/sda',
    run: async (node, argv) => {
      const said = nodes[node].run(argv as Argv);
      return { code: said?.exitCode ?? 127, stdout: said?.stdout ?? '' };
    },
    writes: async (node, device) => nodes[node].pathsOf(device).some(({ lun, nexus }) => lun.mayWrite(nexus)),
  };
}

describe('sim: a disk that two nodes see', () => {
  beforeEach('attach it', () => {
    const san = createSan();
    const lun = new Lun('naa.5001');
    nodes = { node1: createMachine(san, 'node1'), node2: createMachine(san, 'node2') };
    nodes.node1.addPath('sda', lun, '3:0:0:0');
    nodes.node1.addPath('sdb', lun, '4:0:0:0');
    nodes.node2.addPath('sda', lun, '3:0:0:0');
  });

  persistSuite('persistent reservations', makeBench);
});
