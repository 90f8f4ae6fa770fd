import { expect } from 'chai';
import { makesWay, wantsWay } from '../../../agent/state/make-way.ts';

describe('unit: who makes way for whom', () => {
  it('copies end for what an operator wants of the service; changes of roles, starts and stops never', () => {
    expect(['sync all', 'sync update', 'sync full', 'sync verify'].every(makesWay)).to.equal(true);
    for (const verb of ['sync swap', 'sync break', 'sync resume', 'sync resync', 'start', 'stop', 'run', 'provision']) {
      expect(makesWay(verb), verb).to.equal(false);
    }
  });

  it('copies and tasks wait for their turn', () => {
    expect(['stop', 'start', 'restart', 'shutdown', 'unprovision'].every(wantsWay)).to.equal(true);
    expect(['sync update', 'sync', 'run'].some(wantsWay)).to.equal(false);
  });
});
