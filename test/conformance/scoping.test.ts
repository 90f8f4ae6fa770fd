/** Scopes and inheritance against the peer's answers. */
import { evaluateKeyword } from '../../agent/config/evaluate-keyword.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';
import { documentOf, environment } from '../unit/config/stand-in.ts';

type Config = Readonly<Record<string, Readonly<Record<string, string>>>>;

interface Row {
  readonly config: string;
  readonly impersonate: string;
  readonly get: string;
  readonly expected: unknown;
  readonly from?: string;
}

const seconds = new Set(['stat_timeout', 'sync_max_delay']);

/** Our value in the peer's units. */
function ours(configs: Readonly<Record<string, Config>>, row: Row): unknown {
  const { value, isDefault, problems } = evaluateKeyword(
    documentOf(configs[row.config] ?? {}),
    environment({ node: row.impersonate }),
    row.get,
  );
  if (problems.length > 0) return 'error';
  // Where the key is absent the peer prints null or its keyword default; that ours is a default too is what counts.
  if (row.from === 'keyword default' && isDefault) return row.expected;
  const keyword = row.get.split('.').at(-1) ?? '';
  return seconds.has(keyword) && typeof value === 'number' ? value / 1000 : value;
}

describeUnless(missingVectors('scoping_inheritance.json'), 'conformance: scoping_inheritance', () => {
  const { configs, vectors } = readVectors<{ configs: Record<string, Config>; vectors: Row[] }>('scoping_inheritance.json');
  const unset = 'a key of [env] that does not apply on the node is an error, not null';
  const noKind = 'stat_timeout is a keyword of the fs drivers, not of [DEFAULT]: without a kind it stays a text';
  const nodename = '{nodename} is the node evaluated for (spec/config.md); the peer keeps the local one';
  const compare = comparison([
    ...['n2', 'n3', 'vm1', 'other'].map((node) => [`A ${node} env.y`, 'error', unset] as const),
    ...['n2', 'n3', 'vm1', 'other'].map((node) => [`A ${node} env.q`, node, nodename] as const),
    ['A vm1 stat_timeout', '4', noKind],
    ['A other stat_timeout', '1', noKind],
  ]);
  for (const row of vectors) {
    const id = `${row.config} ${row.impersonate} ${row.get}`;
    it(id, () => compare.check(id, row.expected, ours(configs, row)));
  }
  compare.closes();
});
