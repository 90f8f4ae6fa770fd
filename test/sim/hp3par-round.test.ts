/** Many services on one array: one question for all of them in a round, and an array that hangs delays nobody else. */
import { expect } from 'chai';
import { createShared } from '../../agent/engine/run.ts';
import { statusOf } from '../../agent/engine/service-status.ts';
import type { World } from '../../agent/engine/world.ts';
import { usePair } from '../support/array-pair.ts';
import { array1, documentService } from '../support/hp3par-document.ts';

const many = 40;

describe('sim: hp3par: a round over many services', function () {
  this.timeout(60_000);
  const pair = usePair();

  const questions = () =>
    pair()
      .arrays.sim.controls.log()
      .filter(({ line }) => /^showrcopy\b/.test(line)).length;
  const clocks = () =>
    pair()
      .arrays.sim.controls.log()
      .filter(({ line }) => /^showdate\b/.test(line)).length;
  const world = (): World => ({ ...pair().node1.world, round: createShared() });
  const look = (round: World, name: string) => statusOf(round, name, new AbortController().signal);

  it(`asks an array once for ${many} services, and once more in the next round`, async () => {
    const names = Array.from({ length: many }, (_, number) => `many${number}`);
    for (const name of names) pair().node1.home.service(name, documentService());
    for (const rounds of [1, 2]) {
      const round = world();
      const documents = await Promise.all(names.map((name) => look(round, name)));
      expect(new Set(documents.map(({ resources }) => resources['sync#1']?.status))).to.deep.equal(new Set(['up']));
      expect(questions(), `after round ${rounds}`).to.equal(rounds);
      expect(clocks(), `after round ${rounds}`).to.equal(rounds);
    }
  });

  it('asks anew behind a change', async () => {
    const round = world();
    await look(round, 'svc1');
    expect((await pair().node1.sync('break')).error).to.equal(undefined);
    const before = questions();
    expect((await look(world(), 'svc1')).resources['sync#1']?.status).to.equal('warn');
    expect(questions()).to.equal(before + 1);
  });

  it('an array that hangs makes its resources undef, with the last known state, and nobody else waits', async () => {
    const { node1, arrays } = pair();
    node1.home.service('plain', '[fs#1]\ntype = double\n');
    await look(world(), 'svc1');
    arrays.sim.controls.fault({ kind: 'hang', array: array1 });
    const round = world();
    const hung = ['svc1', 'svc1', 'svc1'].map((name) => look(round, name));
    const first = await Promise.race([look(round, 'plain'), ...hung]);
    expect(first.service, 'answers first').to.equal('plain');
    const before = questions();
    for (const document of await Promise.all(hung)) {
      const { status, notes } = document.resources['sync#1'] ?? { status: undefined, notes: [] };
      expect(status).to.equal('undef');
      expect(notes.map(({ text }) => text).join('\n'))
        .to.match(/no answer in 8 s/)
        .and.match(/last known: up, \d+ s ago/);
      expect(document.overall).to.equal('warn');
    }
    expect(questions(), 'nobody asked once more').to.equal(before);
    expect((await look(round, 'svc1')).resources['sync#1']?.status, 'in the same round: at once').to.equal('undef');
    expect(questions()).to.equal(before);
    arrays.sim.controls.clearFaults();
    expect((await look(world(), 'svc1')).resources['sync#1']?.status).to.equal('up');
  });
});
