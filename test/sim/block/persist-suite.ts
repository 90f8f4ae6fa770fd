/**
 * What persistent reservations do, told once and tried on both: the simulated disk (persist.test.ts) and a real one
 * (test/long/lab-persist.ts). Node1 has two paths to the disk, node2 has one.
 */
import { expect } from 'chai';

export interface PersistBench {
  /** Devices of the two paths of node1. */
  readonly first: string;
  readonly second: string;
  /** Device of the path of node2. */
  readonly other: string;
  run(node: 'node1' | 'node2', argv: readonly string[]): Promise<{ readonly code: number; readonly stdout: string }>;
  /** Writes a block past every cache. */
  writes(node: 'node1' | 'node2', device: string): Promise<boolean>;
}

const ours = '0x238170552475005';
const theirs = '0xbeef';

/** Exit codes: sg3_utils(8). */
const conflict = 24;
const attention = 6;
/** LIO tells an unregistered one so that reserves; the standard says conflict. */
const refused = [conflict, 2];

export function persistSuite(title: string, bench: () => PersistBench): void {
  const on = (node: 'node1' | 'node2', device: string, ...words: readonly string[]) =>
    bench().run(node, ['sg_persist', '-n', ...words, device]);
  const out = async (node: 'node1' | 'node2', device: string, ...words: readonly string[]) =>
    (await on(node, device, '--out', ...words)).code;
  /** The generation counts on for ever; what it is at a moment is nobody's business. */
  const look = async (what: '-k' | '-r', node: 'node1' | 'node2', device: string) => {
    const { code, stdout } = await on(node, device, what);
    return code === 0 ? stdout.replace(/generation=0x[0-9a-f]+/, 'generation=#') : `exit ${code}`;
  };
  const settled = async (node: 'node1' | 'node2', device: string) => {
    for (let tries = 0; tries < 5; tries++) if ((await on(node, device, '-k')).code === 0) return;
    throw new Error(`${device} of ${node} does not settle`);
  };
  const settleAll = async () => {
    const { first, second, other } = bench();
    await settled('node1', first);
    await settled('node1', second);
    await settled('node2', other);
  };
  const noKeys = '  PR generation=#, there are NO registered reservation keys\n';
  const noReservation = '  PR generation=#, there is NO reservation held\n';
  const reservedBy = (key: string) =>
    `  PR generation=#, Reservation follows:\n    Key=${key}\n    scope: LU_SCOPE,  type: Write Exclusive, registrants only\n`;
  const keys = (...list: readonly string[]) => {
    const head = list.length === 1 ? '1 registered reservation key follows' : `${list.length} registered reservation keys follow`;
    return `  PR generation=#, ${head}:\n${list.map((key) => `    ${key}\n`).join('')}`;
  };
  const register = (node: 'node1' | 'node2', device: string, key: string) => out(node, device, '--register-ignore', `--param-sark=${key}`);
  const takenByNode1 = async () => {
    const { first, second } = bench();
    for (const path of [first, second]) expect(await register('node1', path, ours)).to.equal(0);
    expect(await out('node1', first, '--reserve', `--param-rk=${ours}`, '--prout-type=5')).to.equal(0);
  };

  describe(title, () => {
    beforeEach('nobody is registered', async () => {
      const { first } = bench();
      await settleAll();
      await register('node1', first, ours);
      await out('node1', first, '--clear', `--param-rk=${ours}`);
      await settleAll();
      expect(await look('-k', 'node1', first)).to.equal(noKeys);
    });

    it('tells of nothing in words', async () => {
      const { first, other } = bench();
      expect(await look('-k', 'node2', other)).to.equal(noKeys);
      expect(await look('-r', 'node1', first)).to.equal(noReservation);
      expect((await on('node1', '/dev/svt-nothing', '-k')).code).to.equal(52);
    });

    it('keeps a key for each path, and takes each back', async () => {
      const { first, second, other } = bench();
      await register('node1', first, ours);
      expect(await look('-k', 'node1', second)).to.equal(keys(ours));
      await register('node1', second, ours);
      await register('node2', other, theirs);
      expect(await look('-k', 'node1', first)).to.equal(keys(ours, ours, theirs));
      expect(await out('node1', first, '--register-ignore', `--param-rk=${ours}`)).to.equal(0);
      expect(await out('node1', first, '--register-ignore', `--param-rk=${ours}`), 'once more').to.equal(0);
      expect(await look('-k', 'node2', other)).to.equal(keys(ours, theirs));
    });

    it('lets only who is registered reserve, and only one of them', async () => {
      const { first, second, other } = bench();
      const reserve = (key: string) => ['--reserve', `--param-rk=${key}`, '--prout-type=5'];
      expect(await out('node1', first, ...reserve(ours)), 'not registered').to.be.oneOf(refused);
      await takenByNode1();
      expect(await out('node1', first, ...reserve(ours)), 'the same again').to.equal(0);
      expect(await out('node1', second, ...reserve(ours)), 'through another path').to.equal(conflict);
      await register('node2', other, theirs);
      expect(await out('node2', other, ...reserve(theirs)), 'by somebody else').to.equal(conflict);
      expect(await look('-r', 'node2', other)).to.equal(reservedBy(ours));
    });

    it('lets only who is registered write', async () => {
      const { first, second, other } = bench();
      expect(await bench().writes('node2', other)).to.equal(true);
      await takenByNode1();
      expect(await bench().writes('node1', first)).to.equal(true);
      expect(await bench().writes('node1', second)).to.equal(true);
      expect(await bench().writes('node2', other)).to.equal(false);
      await register('node2', other, theirs);
      expect(await bench().writes('node2', other)).to.equal(true);
    });

    it('is released by its path alone; through another one the command succeeds and does nothing', async () => {
      const { first, second } = bench();
      const release = ['--release', `--param-rk=${ours}`, '--prout-type=5'];
      await takenByNode1();
      expect(await out('node1', second, ...release)).to.equal(0);
      expect(await look('-r', 'node1', second)).to.equal(reservedBy(ours));
      expect(await out('node1', first, ...release)).to.equal(0);
      await settleAll();
      expect(await look('-r', 'node1', first)).to.equal(noReservation);
    });

    it('ends with the registration of the path that holds it', async () => {
      const { first, second, other } = bench();
      await takenByNode1();
      expect(await out('node1', first, '--register-ignore', `--param-rk=${ours}`)).to.equal(0);
      await settled('node1', second);
      expect(await look('-r', 'node2', other)).to.equal(noReservation);
      expect(await look('-k', 'node2', other)).to.equal(keys(ours));
    });

    for (const preempt of ['--preempt', '--preempt-abort']) {
      it(`moves by ${preempt}: the old holder is told once, and cannot write any more`, async () => {
        const { first, second, other } = bench();
        const take = [preempt, `--param-sark=${ours}`, `--param-rk=${theirs}`, '--prout-type=5'];
        await takenByNode1();
        expect(await out('node2', other, ...take), 'not registered').to.equal(conflict);
        await register('node2', other, theirs);
        expect(await out('node2', other, ...take)).to.equal(0);
        expect(await look('-r', 'node2', other)).to.equal(reservedBy(theirs));
        expect(await look('-k', 'node2', other)).to.equal(keys(theirs));
        // The standard tells each path, LIO each initiator.
        const told = [(await on('node1', first, '-k')).code, (await on('node1', second, '-k')).code];
        expect(told, 'node1 is told').to.include(attention);
        expect(await look('-k', 'node1', first), 'and only once').to.equal(keys(theirs));
        expect(await bench().writes('node1', first)).to.equal(false);
        expect(await bench().writes('node2', other)).to.equal(true);
      });
    }

    it('takes away a registration that holds nothing, and knows when there is none', async () => {
      const { second, other } = bench();
      await takenByNode1();
      await register('node2', other, theirs);
      const evict = (key: string) => out('node1', second, '--preempt-abort', `--param-sark=${key}`, `--param-rk=${ours}`, '--prout-type=5');
      expect(await evict(theirs)).to.equal(0);
      expect(await look('-r', 'node1', second)).to.equal(reservedBy(ours));
      expect(await look('-k', 'node1', second)).to.equal(keys(ours, ours));
      expect(await evict('0xdead')).to.equal(conflict);
    });

    it('is wiped for everybody by clear', async () => {
      const { first, other } = bench();
      await takenByNode1();
      await register('node2', other, theirs);
      expect(await out('node2', other, '--clear', `--param-rk=${ours}`), 'with the key of somebody else').to.equal(conflict);
      expect(await out('node2', other, '--clear', `--param-rk=${theirs}`)).to.equal(0);
      expect(await look('-k', 'node2', other)).to.equal(noKeys);
      expect((await on('node1', first, '-k')).code).to.equal(attention);
    });
  });
}
