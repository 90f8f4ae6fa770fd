/** References against the peer's answers. */
import { evaluateKeyword } from '../../agent/config/evaluate-keyword.ts';
import { comparison } from '../support/differences.ts';
import { describeUnless } from '../support/skip.ts';
import { missingVectors, readVectors } from '../support/vectors.ts';
import { documentOf, environment } from '../unit/config/stand-in.ts';

interface Row {
  readonly desc: string;
  readonly config: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly object: { readonly name: string };
  readonly node: string;
  readonly get: string;
  readonly expected?: unknown;
  readonly error?: string;
  readonly from?: string;
}

function ours(row: Row): unknown {
  const env = environment({ name: row.object.name, node: row.node, clusterNodes: ['n1', 'n2', 'n3'] });
  const { text, value, isDefault, problems } = evaluateKeyword(documentOf(row.config), env, row.get);
  if (problems.length > 0) return 'error';
  // An absent key: the peer prints null or its keyword default; that ours is not set or a default too is what counts.
  if (row.from === 'keyword default' && isDefault && value === undefined) return null;
  // A command is words here and a text in the peer's tables.
  return typeof row.expected === 'string' && Array.isArray(value) ? text : value;
}

describeUnless(missingVectors('references.json'), 'conformance: references', () => {
  const unresolved = 'an unknown reference is an error (spec/config.md "Bad input"); the peer leaves it as it is';
  const notHere = 'no such name here: no scalers, dns or uuid of objects';
  const namespaces = 'there are no namespaces: a service is what OpenSVC calls root/svc/name';
  const unknown = 'neither the file nor a keyword table knows it';
  const compare = comparison([
    [['base env.h', 'base env.n', 'repeat unresolved env.a'], 'error', unresolved],
    [['base env.ac', 'base env.an', 'base env.ap'], 'error', notHere],
    ['base env.ao', 'root.svc.default', 'the peer prints None for the root namespace'],
    ['base env.at', true, 'the peer finds only bare names in a list'],
    [['base sync_max_delay', 'base fs#1.nosuch', 'base nosuch#1.a'], 'error', unknown],
    ['namespaced env.a', 'web', namespaces],
    ['namespaced env.b', 'web.root.svc.default', namespaces],
    ['namespaced env.c', 'root', namespaces],
    ['scaler slice name env.c', 'error', notHere],
    [
      'hyphen in rid is not a reference; dotted rid is not addressable; positional {1.kw} unsupported env.b',
      '/y',
      'a rid with a dot is addressed like any other, the keyword comes after the last dot',
    ],
    ['deferred refs with no device are null env.b', 'error', unresolved],
    [
      'os environment wins over env section (OVERRIDDEN=from-os-env exported) env.x',
      'from-cf',
      'the environment of the agent never changes what a file means (om3 dropped it too)',
    ],
    ['default value that is itself a reference / list default tags', 'error', 'tags is a keyword of resources'],
  ]);
  for (const row of readVectors<{ vectors: Row[] }>('references.json').vectors) {
    const id = `${row.desc} ${row.get}`;
    it(id, () => compare.check(id, row.error === undefined ? row.expected : 'error', ours(row)));
  }
  compare.closes();
});
