/** `$( … )` against the peer's answers. */
import { evaluateExpression } from '../../agent/config/expression.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';

interface Row {
  readonly input: string;
  readonly expected?: unknown;
  readonly error?: string;
}

describeUnless(missingVectors('expressions.json'), 'conformance: expressions', () => {
  const compare = comparison([
    ['False or True', true, 'the peer looks at the first operand only, its notes call it a bug'],
    ['1 in (1,2)', true, 'the peer finds only bare names in a list'],
    ['1 and 0 or 5', 5, 'as in Python: 0 or 5 is 5'],
  ]);
  for (const { input, expected, error } of readVectors<{ vectors: Row[] }>('expressions.json').vectors) {
    it(input, () => {
      const result = evaluateExpression(input);
      compare.check(input, error === undefined ? expected : 'error', 'fault' in result ? 'error' : result.value);
    });
  }
  compare.closes();
});
