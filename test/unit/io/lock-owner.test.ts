import { expect } from 'chai';
import fc from 'fast-check';
import { parseOwner } from '../../../agent/io/lock.ts';

const owner = { pid: 1, startTicks: 2, boot: 'b', who: 'root', action: 'start', service: 's', sid: 'x', since: '2026-11-21T12:00:00Z' };

describe('parseOwner', () => {
  it('reads what was written, padded with blanks', () => {
    expect(parseOwner(`${JSON.stringify(owner)}${' '.repeat(300)}\n`)).to.deep.equal(owner);
  });

  it('is undefined for every torn text and every missing field', () => {
    const text = JSON.stringify(owner);
    for (let length = 0; length < text.length; length += 1) expect(parseOwner(text.slice(0, length))).to.equal(undefined);
    for (const name of Object.keys(owner)) expect(parseOwner(JSON.stringify({ ...owner, [name]: undefined }))).to.equal(undefined);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(parseOwner(text)).to.equal(undefined);
      }),
    );
  });
});
