import { expect } from 'chai';
import fc from 'fast-check';
import { scopeFolderName } from '../../../agent/io/scope.ts';

describe('scopeFolderName', () => {
  it('reads like the name', () => {
    expect(scopeFolderName('svc1.opensvc.com.app#1')).to.equal('svc1.opensvc.com.app#1.scope');
  });

  it('is one safe file name that no kernel file has, for every name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (name) => {
        expect(scopeFolderName(name)).to.match(/^[A-Za-z0-9._@#%~-]*\.scope$/);
        expect(scopeFolderName(name).length).to.be.at.most(255);
      }),
    );
    expect(scopeFolderName('..')).to.equal('...scope');
    expect(scopeFolderName('../../cgroup.procs')).to.equal('..%2f..%2fcgroup.procs.scope');
  });

  it('keeps different names apart', () => {
    const wellFormed = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(fc.property(wellFormed, wellFormed, (a, b) => (a === b) === (scopeFolderName(a) === scopeFolderName(b))));
  });
});
