import { expect } from 'chai';
import { SvcError } from '../../../agent/errors.ts';
import { codeOf, exitCodeOf, messageOf } from '../../../drivers/lib/error-code.ts';

describe('kinds of errors', () => {
  it('are told by code, also of a copy of the class', () => {
    const copy = Object.assign(new Error('late'), { code: 'TIMEOUT', facts: {} });
    expect([codeOf(new SvcError('REFUSED', 'no')), codeOf(copy)]).to.deep.equal(['REFUSED', 'TIMEOUT']);
    const others = [
      new Error('x'),
      Object.assign(new Error('x'), { code: 'ENOENT' }),
      Object.assign(new Error('x'), { code: 'toString', facts: {} }),
      'text',
      undefined,
    ];
    for (const other of others) expect(codeOf(other)).to.equal(undefined);
  });

  it('tell a tool that failed from one that was not understood', () => {
    expect(exitCodeOf(new SvcError('COMMAND', 'x', { facts: { exitCode: 32 } }))).to.equal(32);
    expect(exitCodeOf(new SvcError('COMMAND', 'x', { facts: { line: 'garbage' } }))).to.equal(undefined);
    expect(exitCodeOf(new SvcError('TIMEOUT', 'x', { facts: { exitCode: 1 } }))).to.equal(undefined);
    expect(messageOf(new Error('x'))).to.equal('x');
  });
});
