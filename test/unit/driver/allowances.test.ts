/** The table of allowances holds what the source refuses by, and nothing else; that the source uses no other name is the compiler's to say. */
import { expect } from 'chai';
import { allowances, isAllowance } from '../../../agent/driver/allowances.ts';
import { readSource, sourceFiles } from '../../support/imports.ts';

describe('unit: allowances', () => {
  it('each waives something', () => {
    const files = sourceFiles('agent', 'drivers').filter((file) => !file.endsWith('driver/allowances.ts'));
    const texts = files.map(readSource).join('\n');
    expect(Object.keys(allowances).filter((name) => !texts.includes(`'${name}'`))).to.deep.equal([]);
  });

  it('names with a dot belong to drivers from outside', () => {
    expect(['peer-up', 'acme.no-quorum', 'peer-dwon', 'toString'].filter(isAllowance)).to.deep.equal(['peer-up', 'acme.no-quorum']);
  });
});
