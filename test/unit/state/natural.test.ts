import { expect } from 'chai';
import fc from 'fast-check';
import { compareNatural, compareRids } from '../../../agent/state/natural.ts';

describe('natural order', () => {
  it('compares digits as numbers and letters by code', () => {
    expect(['a', '10', 'B', '2', '1', '02', 'a10', 'a9'].sort(compareNatural)).to.deep.equal(['1', '02', '2', '10', 'B', 'a', 'a9', 'a10']);
  });

  it('is a total order', () => {
    const text = fc.string({ unit: fc.constantFrom('0', '1', '2', 'a', 'B', '-') });
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(Math.sign(compareNatural(a, b))).to.equal(-Math.sign(compareNatural(b, a)) + 0);
        expect(compareNatural(a, b) === 0).to.equal(a === b);
        if (compareNatural(a, b) <= 0 && compareNatural(b, c) <= 0) expect(compareNatural(a, c)).to.be.at.most(0);
      }),
    );
  });

  it('goes by the index, with companions before their resource and implicit syncs first', () => {
    expect(['vg#10', 'vg#2', 'vg#2pr', 'disk#3', 'vg#10pr', 'lv#2'].sort(compareRids)).to.deep.equal([
      'vg#2pr',
      'lv#2',
      'vg#2',
      'disk#3',
      'vg#10pr',
      'vg#10',
    ]);
    expect(['sync#1', 'sync#i0', 'sync#a'].sort(compareRids)).to.deep.equal(['sync#i0', 'sync#1', 'sync#a']);
    expect(['fs#pr', 'fs#a', 'fs#1'].sort(compareRids)).to.deep.equal(['fs#1', 'fs#a', 'fs#pr']);
  });
});
