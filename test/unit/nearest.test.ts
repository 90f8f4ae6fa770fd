import { expect } from 'chai';
import { editDistance, nearestName, nearestNames } from '../../agent/nearest.ts';

describe('nearest name', () => {
  it('counts inserts, deletes, replacements and swaps', () => {
    expect(editDistance('mnt', 'mnt')).to.equal(0);
    expect(editDistance('mnt', 'mtn')).to.equal(1);
    expect(editDistance('mnt', 'mount')).to.equal(2);
    expect(editDistance('', 'abc')).to.equal(3);
    expect(editDistance('kitten', 'sitting')).to.equal(3);
  });

  it('finds what was meant, and nothing when it is far', () => {
    expect(nearestName('mnt_otp', ['mnt', 'mnt_opt', 'dev'])).to.equal('mnt_opt');
    expect(nearestName('TYPE', ['type'])).to.equal('type');
    expect(nearestName('x', ['type'])).to.equal(undefined);
    expect(nearestName('', ['a'])).to.equal(undefined);
    expect(nearestName('n'.repeat(1000), ['n'.repeat(1001)])).to.equal(undefined);
  });
});

describe('nearest names', () => {
  it('finds names by few edits or by their beginning, best first', () => {
    expect(nearestNames('svc11', ['svc1', 'web', 'svc12', 'svc111'])).to.deep.equal(['svc1', 'svc111', 'svc12']);
    expect(nearestNames('web', ['web.opensvc.com', 'db.opensvc.com'])).to.deep.equal(['web.opensvc.com']);
    expect(nearestNames('qqqqqq', ['svc1'])).to.deep.equal([]);
  });
});
