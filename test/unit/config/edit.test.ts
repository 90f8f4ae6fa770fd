import { expect } from 'chai';
import fc from 'fast-check';
import { type IniDocument, parseDocument } from '../../../agent/config/document.ts';
import { removeSection, setKey, unsetKey } from '../../../agent/config/edit.ts';
import { SvcError } from '../../../agent/errors.ts';
import { iniText } from './ini-text.ts';

const parse = (text: string): IniDocument => parseDocument(text, 'a.conf');
const set = (text: string, section: string, key: string, value: string): string => setKey(parse(text), section, key, value).toText();

/** The result, or undefined when the edit is refused with CONFIG, the only way an edit may fail. */
function attempt(edit: () => IniDocument): IniDocument | undefined {
  try {
    return edit();
  } catch (thrown) {
    if (thrown instanceof SvcError && thrown.code === 'CONFIG') return undefined;
    throw thrown;
  }
}

describe('edit', () => {
  it('replaces a value and nothing else', () => {
    expect(set('[a]\nk  =  1   # one\nx=2\n', 'a', 'k', '2')).to.equal('[a]\nk  =  2   # one\nx=2\n');
    expect(set('[a]\nk=1\n', 'a', 'k', '2')).to.equal('[a]\nk=2\n');
    expect(set('[a]\nk =\n', 'a', 'k', '2')).to.equal('[a]\nk = 2\n');
    expect(set('[a]\nk = # none\n', 'a', 'k', '2')).to.equal('[a]\nk = 2 # none\n');
    expect(set('[a]\nk = 1\n', 'a', 'k', '')).to.equal('[a]\nk =\n');
  });

  it('replaces every line of a value, and keeps the comments between', () => {
    expect(set('[a]\nk = 1\n  # why\n  2\nx = 3\n', 'a', 'k', 'one')).to.equal('[a]\nk = one\n  # why\nx = 3\n');
    expect(set('[a]\nk = 1\nx = 3\n', 'a', 'k', 'one\ntwo')).to.equal('[a]\nk = one\n  two\nx = 3\n');
  });

  it('adds a key after the last one of its section, in the line ends of the file', () => {
    expect(set('[a]\r\nk = 1\r\n\r\n# b\r\n[b]\r\n', 'a', 'x', '2')).to.equal('[a]\r\nk = 1\r\nx = 2\r\n\r\n# b\r\n[b]\r\n');
    expect(set('[a]\nk = 1', 'a', 'x', '2')).to.equal('[a]\nk = 1\nx = 2');
  });

  it('adds a section at the end, and takes it away again', () => {
    const after = set('[a]\nk = 1\n', 'fs#1', 'type', 'ext4');
    expect(after).to.equal('[a]\nk = 1\n\n[fs#1]\ntype = ext4\n');
    expect(unsetKey(parse(after), 'fs#1', 'type').toText()).to.equal('[a]\nk = 1\n');
  });

  it('leaves a section that was there before', () => {
    const before = '[a]\nk = 1\n\n[env]\n';
    const after = set(before, 'env', 'x', '2');
    expect(parse(after).get('env', 'x')).to.equal('2');
    expect(unsetKey(parse(after), 'env', 'x').toText()).to.equal(before);
  });

  it('writes a value that begins like a comment so that it is none', () => {
    const after = set('[a]\nk = 1\n', 'a', 'k', '#5');
    expect(after).to.equal('[a]\nk =#5\n');
    expect(set(after, 'a', 'k', '6')).to.equal('[a]\nk = 6\n');
  });

  it('refuses what cannot be written, and a file with errors', () => {
    for (const value of ['a #b', 'a\t;b', ' a', 'a\n\nb', 'a\n#b', 'a\rb', 'a\0', 'a\n[fs#1]', '\n']) {
      expect(
        attempt(() => setKey(parse('[a]\nk = 1\n'), 'a', 'k', value)),
        JSON.stringify(value),
      ).to.equal(undefined);
    }
    for (const [section, key] of [
      ['a]', 'k'],
      ['', 'k'],
      ['__proto__', 'k'],
      ['a', ''],
      ['a', 'x y'],
      ['a', '#k'],
      ['a', '[k'],
      ['a', 'k='],
    ] as const) {
      expect(
        attempt(() => setKey(parse('[a]\n'), section, key, '1')),
        `${section} ${key}`,
      ).to.equal(undefined);
    }
    expect(attempt(() => setKey(parse('[a]\nk = 1\nk = 2\n'), 'a', 'x', '1'))).to.equal(undefined);
  });

  it('removes a section with its lines', () => {
    const text = '[a]\nk = 1\n\n[b]\nx = 1\n  2\n\n# about c\n[c]\n';
    expect(removeSection(parse(text), 'b').toText()).to.equal('[a]\nk = 1\n\n# about c\n[c]\n');
    expect(removeSection(parse(text), 'a').toText()).to.equal('[b]\nx = 1\n  2\n\n# about c\n[c]\n');
    expect(removeSection(parse(text), 'nope').toText()).to.equal(text);
  });

  const value = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', 'a\nb', '#a', ';', 'x = y', '[a]', '{env.x}', "it's", '"a b"'));
  const place = fc.tuple(fc.constantFrom('fs#1', 'DEFAULT', 'env', 'new#1'), fc.constantFrom('key', 'mnt@n1', 'fresh', 'x.y'));

  it('a set reads back, touches no other value, and a set then an unset gives the same bytes', () => {
    let edits = 0;
    fc.assert(
      fc.property(iniText, place, value, (text, [section, key], wanted) => {
        const before = parse(text);
        const after = attempt(() => setKey(before, section, key, wanted));
        if (after === undefined) return;
        edits += 1;
        expect(after.get(section, key)).to.equal(wanted);
        expect(valuesBut(after, section, key)).to.deep.equal(valuesBut(before, section, key));
        if (before.get(section, key) === undefined) expect(unsetKey(after, section, key).toText()).to.equal(text);
      }),
      { numRuns: 2000, seed: 1 },
    );
    expect(edits).to.be.greaterThan(100);
  });
});

function valuesBut(doc: IniDocument, section: string, key: string): unknown {
  return doc.sections.flatMap(({ name, keys }) =>
    [...keys].flatMap(([own, { value }]) => (name === section && own === key ? [] : [[name, own, value]])),
  );
}
