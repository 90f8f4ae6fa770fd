import { expect } from 'chai';
import fc from 'fast-check';
import { evaluateExpression } from '../../../agent/config/expression.ts';

function result(body: string): unknown {
  const found = evaluateExpression(body);
  return 'fault' in found ? `FAULT ${found.fault}` : found.value;
}

describe('expression', () => {
  it('follows the precedence of Python', () => {
    expect(
      ['1+2*3', '-2**2', '2**-1', '2**3**2', '7//2', '-7//2', '-7%3', '1|2^3&1', 'not 1 == 2', '3 > 2 > 1', '3 > 2 > 2'].map(result),
    ).to.deep.equal([7, -4, 0.5, 512, 3, -4, 2, 3, true, true, false]);
    expect(
      ['"a" in "abc"', '1 not in (1, 2)', "'x' in ['x']", '(1,2) == (1,2)', '"b" > "a"', 'true and 3', '0 or "d"', 'n1 == "n1"'].map(
        result,
      ),
    ).to.deep.equal([true, false, true, true, true, 3, 'd', true]);
    expect(['"true" == true', '"False" == False', '"1" == 1', 'None == 0'].map(result)).to.deep.equal([true, true, false, false]);
  });

  it('says why there is no result', () => {
    for (const body of [
      '',
      '1 +',
      '1 2',
      'a b',
      '(1',
      '1)',
      '1 / 0',
      '5 % 0',
      'a < 1',
      '1 in 2',
      '-a',
      'a * 1.5',
      '9**9**9',
      'None',
      '(1,2)',
      '$',
      'c.b',
      '1 & 1.5',
      'and',
      'x',
    ]) {
      expect(result(body), body).to.match(/^FAULT /);
    }
  });

  it('stays small: no giant texts, no deep recursion', () => {
    expect(result('"abc" * 1000000')).to.match(/^FAULT the text grows/);
    expect(result(`${'('.repeat(10_000)}1${')'.repeat(10_000)}`)).to.match(/^FAULT nested deeper/);
    expect(result(`${'-'.repeat(10_000)}1`)).to.match(/^FAULT nested deeper/);
    expect(result(`${'not '.repeat(10_000)}1`)).to.match(/^FAULT nested deeper/);
    expect(result(`1${'**1'.repeat(10_000)}`)).to.match(/^FAULT nested deeper/);
    expect(result(`1${'+1'.repeat(10_000)}`)).to.equal(10_001);
  });

  it('never throws', () => {
    const part = fc.constantFrom(
      '1',
      '2.5',
      'a',
      '"x"',
      '+',
      '-',
      '*',
      '**',
      '/',
      '//',
      '%',
      '(',
      ')',
      '[',
      ',',
      ']',
      ' in ',
      ' not ',
      ' or ',
      ' and ',
      '<',
      '==',
      '.',
      '&',
      'True',
      'None',
      ' ',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (body) => {
          const found = evaluateExpression(body);
          expect('fault' in found || ['number', 'string', 'boolean'].includes(typeof found.value)).to.equal(true);
        },
      ),
      { numRuns: 3000, seed: 1 },
    );
  });
});
