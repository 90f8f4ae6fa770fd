/** `set --kw` against the peer's answers. */
import type { IniDocument } from '../../agent/config/document.ts';
import { applySet } from '../../agent/config/operations.ts';
import { SvcError } from '../../agent/errors.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';
import { documentOf } from '../unit/config/stand-in.ts';

type Config = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Row {
  readonly config: Config;
  readonly set: readonly string[];
  readonly expected?: Config;
}

function ours(row: Row): unknown {
  try {
    return contentOf(row.set.reduce(applySet, documentOf(row.config)));
  } catch (thrown) {
    if (thrown instanceof SvcError && thrown.code === 'CONFIG') return 'error';
    throw thrown;
  }
}

function contentOf(doc: IniDocument): Config {
  return Object.fromEntries(
    doc.sections.map(({ name, keys }) => [name, Object.fromEntries([...keys].map(([key, { value }]) => [key, value]))]),
  );
}

describeUnless(missingVectors('config_set_ops.json'), 'conformance: config_set_ops', () => {
  const compare = comparison([
    ['env.l[0]=z', 'error', 'the peer drops the index and the whole list; om3 inserts; we refuse, += is the operator that inserts'],
    ['container.foo=1', 'error', 'a group without a resource in the file: the peer changes nothing and says nothing'],
  ]);
  for (const row of readVectors<{ vectors: Row[] }>('config_set_ops.json').vectors) {
    const id = row.set.join(' ; ');
    it(id, () => compare.check(id, row.expected ?? 'error', ours(row)));
  }
  compare.closes();
});
