/** Durations and sizes against om3's test tables. */
import { convertValue } from '../../agent/config/convert.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';

interface Row {
  readonly converter: string;
  readonly input: string;
  readonly expected?: number | null;
  readonly error?: boolean;
}

/** Our answer in the peer's units: seconds and bytes, 'error' for a fault. */
function ours({ converter, input }: Row): unknown {
  const result = convertValue(converter === 'duration' ? 'duration' : 'size', input, { kind: 'string', text: '' });
  if ('fault' in result) return 'error';
  return converter === 'duration' ? Number(result.value) / 1000 : result.value;
}

describeUnless(missingVectors('converters_om3.json'), 'conformance: converters_om3', () => {
  const never = 'an unconvertible value is an error, never null (spec/config.md "Kinds")';
  const compare = comparison([
    ['duration ""', 'error', never],
    ['size ""', 'error', never],
    ['size "50%"', 'error', never],
  ]);
  const rows = readVectors<{ vectors: Row[] }>('converters_om3.json').vectors;
  // The print_* rows are about renderers of another program's output; the configuration prints neither.
  for (const row of rows.filter(({ converter }) => converter === 'duration' || converter === 'size')) {
    const id = `${row.converter} ${JSON.stringify(row.input)}`;
    it(id, () => compare.check(id, row.error === true ? 'error' : row.expected, ours(row)));
  }
  compare.closes();
});
