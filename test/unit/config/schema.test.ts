import { expect } from 'chai';
import { convertValue } from '../../../agent/config/convert.ts';
import type { Keyword, Keywords, Kind } from '../../../agent/driver/keywords.ts';
import { compileSchema, schemaOf } from '../../../agent/driver/schema.ts';
import { standInDrivers } from './stand-in.ts';

/** Texts of every kind; the test does not say which are right: ajv and the converters must agree. */
const samples: Readonly<Record<Kind, readonly string[]>> = {
  string: ['', 'a', 'a b', '1'],
  integer: ['0', '5', '70', '-3', '+4', '1.5', 'abc', '', '1e3', '007', '0x10'],
  boolean: ['true', 'No', 'Y', '1', 'ON', 'maybe', '', '2', 'of'],
  duration: ['90', '5m', '1h30m', '2d', '1.5h', '1D 3h', '500ms', '', 'm', '5z', '1m1', '1s1h', '-1m', '1h1h', 'abc', '1.h'],
  size: ['512m', '10g', '1.5T', '1,5g', '0B', '1KiB', '1 GB', '100', '', '5x', '50%', '-1', '1kk', '1i', '1kib/s'],
  percentage: ['80%', '80', '0', '100', '099.5', '100.0 %', '101', '', '-1', '%', '100.5'],
  list: ['a', 'a b', ' b\ta ', '', 'c', 'a,b', 'a c'],
  argv: [
    '/bin/a',
    `sh -c 'a | b; c'`,
    'a\\ b "c\\"d"',
    'curl x?a=1&b=2',
    'a \\; b',
    '',
    ' ',
    `''`,
    '"a',
    "'a",
    'a \\',
    'a | b',
    'a && b',
    'a; b',
    'a > b',
    'a 2>&1',
    'a &',
    `'' b`,
    `a '' b`,
  ],
  path: ['/', '/a/b', '/a/..b/c', '/a b', '', 'a', './a', '/a/../b', '/..', '/a\nb'],
  enum: ['sync', 'async', '', 'Sync', 'both'],
  nodes: ['n1', 'n1 n2.a.com', '', '-n', 'n1,n2', 'n1 n1', '10.0', 'a..b', 'n_1'],
  address: [
    '10.0.0.1',
    '::1',
    '::',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:8',
    '2001:db8::1',
    '::ffff:10.0.0.1',
    'a.b',
    'a',
    '',
    '256.1.1.1',
    '10.0.0',
    '01.2.3.4',
    '1::2::3',
    'a b',
    '-a',
    '10.0.0.1/24',
    'a..b',
    ':::',
  ],
  url: ['https://a', 'http://a:80/b?c', '', 'a:80', 'http:/a', 'http://', 'http://a b'],
  schedule: ['@10', 'anything', ''],
  requires: ['fs#1', 'fs#1(up)', 'fs#1(up, stdby up) ip#2', '', 'fs', 'fs#1(maybe)', 'fs#1(up', 'fs#1(up)x', '(up)'],
  secret: ['inline', 'file:/a', 'env:A_1', 'command:/bin/a b', '', 'file:a', 'env:1', 'command:a'],
};

const variants: readonly Partial<Keyword>[] = [{}, { required: true }];
const ranges: readonly Partial<Keyword>[] = [{ min: 1 }, { max: 60 }, { min: 60_000, max: 5_400_000 }, { min: 0, max: 2 ** 30, unit: 'm' }];

function keywordsOf(kind: Kind): readonly Keyword[] {
  const isRanged = ['integer', 'duration', 'size', 'percentage'].includes(kind);
  const choices = kind === 'enum' ? { choices: ['sync', 'async'] } : {};
  const listed = kind === 'list' ? [{ choices: ['a', 'b'] }, { choices: ['a', 'b'], required: true as const }] : [];
  const named = kind === 'string' ? [{ choices: ['a', '1'] }] : [];
  return [...variants, ...(isRanged ? ranges : []), ...listed, ...named].map((variant) => ({
    kind,
    text: 'A value.',
    ...choices,
    ...variant,
  }));
}

describe('schema', () => {
  for (const kind of Object.keys(samples) as Kind[]) {
    it(`ajv and the converter agree on ${kind}`, async () => {
      const seen = new Set<boolean>();
      for (const keyword of keywordsOf(kind)) {
        const check = await compileSchema({ key: keyword });
        for (const text of samples[kind]) {
          const accepted = 'value' in convertValue(kind, text, keyword, { fileMode: 0o600 });
          seen.add(accepted);
          expect(check({ key: text }).length === 0, `${JSON.stringify(text)} as ${JSON.stringify(keyword)}`).to.equal(accepted);
        }
      }
      expect([...seen].sort()).to.deep.equal([false, true]);
    });
  }

  it('refuses unknown keys, and names the missing and the wrong ones at once', async () => {
    const check = await compileSchema(standInDrivers['fs.ext4'] as Keywords);
    expect(check({ dev: '/dev/x', mnt: '/a' })).to.deep.equal([]);
    expect(
      check({ mnt: 'a', mtn: '/b' })
        .map(({ keyword }) => keyword)
        .sort(),
    ).to.deep.equal(['dev', 'mnt', 'mtn']);
  });

  it('is plain data with the texts of the table', () => {
    const schema = schemaOf({ size: { kind: 'size', text: 'Size of it.', min: 1024, default: '10g', example: '1t' } });
    expect(JSON.parse(JSON.stringify(schema))).to.deep.include({ type: 'object', additionalProperties: false, required: [] });
    expect(schema['properties']).to.have.nested.property('size.description', 'Size of it.');
    expect(schema['properties']).to.have.nested.property('size.x-range.min', 1024);
  });
});
