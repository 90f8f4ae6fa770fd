import { expect } from 'chai';
import fc from 'fast-check';
import { parseDocument } from '../../../agent/config/document.ts';
import { splitKeyPath } from '../../../agent/config/key-path.ts';
import { applySet, applyUnset } from '../../../agent/config/operations.ts';
import { SvcError } from '../../../agent/errors.ts';
import { documentOf } from './stand-in.ts';

const doc = documentOf({
  DEFAULT: { nodes: 'n1 n2' },
  'fs#1': { mnt: '/a', tags: 'x y' },
  'fs#2': { mnt: '/b' },
  'disk#1': { name: 'v' },
  env: { l: 'a b c' },
});
const set = (expression: string, section: string, key: string): string | undefined => applySet(doc, expression).get(section, key);

describe('operations', () => {
  it('splits section and key', () => {
    const cases: Readonly<Record<string, readonly [string, string]>> = {
      topology: ['DEFAULT', 'topology'],
      'topology@n1.opensvc.com': ['DEFAULT', 'topology@n1.opensvc.com'],
      'fs#1.mnt@n1.a.b': ['fs#1', 'mnt@n1.a.b'],
      'array#hp3par1.opensvc.com.manager': ['array#hp3par1.opensvc.com', 'manager'],
      'env.a.b': ['env', 'a.b'],
      'data.a.b/C.D': ['data', 'a.b/C.D'],
      'DEFAULT.nodes': ['DEFAULT', 'nodes'],
    };
    for (const [path, [section, key]] of Object.entries(cases)) expect(splitKeyPath(path)).to.deep.equal({ section, key });
  });

  it('sets, appends, inserts, adds when missing and removes', () => {
    expect(set('fs#1.mnt_opt+=x', 'fs#1', 'mnt_opt')).to.equal('x');
    expect(set('fs#1.tags += z', 'fs#1', 'tags')).to.equal('x y z');
    expect(set('env.l[-1]+=z', 'env', 'l')).to.equal('a b z c');
    expect(set('env.l|=b d d', 'env', 'l')).to.equal('a b c d');
    expect(set('env.l-=c a', 'env', 'l')).to.equal('b');
    expect(set('fs#1.mnt@n1.a.b = /x = y', 'fs#1', 'mnt@n1.a.b')).to.equal('/x = y');
    expect(set('vg.optional=true', 'disk#1', 'optional')).to.equal('true');
    expect(applySet(doc, 'env.l|=a')).to.equal(doc);
  });

  it('unsets, in every resource of a group too', () => {
    expect(applyUnset(doc, 'fs#1.tags').toText()).to.equal(doc.toText().replace('tags = x y\n', ''));
    expect(applyUnset(doc, 'fs.mnt').section('fs#2')?.keys.size ?? 0).to.equal(0);
    expect(() => applyUnset(doc, 'fs#1.tag'))
      .to.throw(SvcError, 'fs#1.tag is not set')
      .that.includes({ code: 'NOT_FOUND', hint: 'did you mean fs#1.tags?' });
  });

  it('refuses what makes no sense', () => {
    for (const expression of [
      'nokey',
      '=x',
      'nodes[0+=n1',
      'nodes[x]+=n1',
      'nodes[0]=n1',
      'nodes[0]-=n1',
      'app.start=x',
      'env.a b=c',
      'env.x=a #b',
    ]) {
      expect(() => applySet(doc, expression), expression)
        .to.throw(SvcError)
        .that.includes({ code: 'CONFIG' });
    }
  });

  it('keeps the lines of a value it appends to', () => {
    const many = parseDocument('[a]\nk = 1\n  2\n', 'f');
    expect(applySet(many, 'a.k+=3').toText()).to.equal('[a]\nk = 1\n  2 3\n');
  });

  it('fails with CONFIG only, whatever the expression', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .tuple(
              fc.constantFrom('fs', 'fs#1', 'env', 'x'),
              fc.constantFrom('.', '@', ''),
              fc.string(),
              fc.constantFrom('=', '+=', '|=', '-='),
              fc.string(),
            )
            .map((parts) => parts.join('')),
        ),
        (expression) => {
          try {
            applySet(doc, expression);
          } catch (thrown) {
            expect(thrown).to.be.instanceOf(SvcError).that.includes({ code: 'CONFIG' });
          }
        },
      ),
      { numRuns: 1000, seed: 1 },
    );
  });
});
