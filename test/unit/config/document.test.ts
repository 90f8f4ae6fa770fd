import { expect } from 'chai';
import fc from 'fast-check';
import { type IniDocument, parseDocument } from '../../../agent/config/document.ts';
import { iniText } from './ini-text.ts';

const parse = (text: string): IniDocument => parseDocument(text, 'a.conf');
const faults = (text: string): string[] => parse(text).problems.map(({ severity, line, text: what }) => `${line} ${severity} ${what}`);

describe('document', () => {
  it('reads sections, keys, values and lines', () => {
    const doc = parse(
      '# top\n[DEFAULT]\nnodes = n1 n2\n\n[fs#1] ; the data\n  \nmnt@n1=/a#b ; c\ndev = {fs#2.dev}\nopt =\n[array#hp3par1.opensvc.com]\nx.y = a=b;c\n',
    );
    expect(doc.problems).to.deep.equal([]);
    expect(doc.sections.map(({ name, line }) => [name, line])).to.deep.equal([
      ['DEFAULT', 2],
      ['fs#1', 5],
      ['array#hp3par1.opensvc.com', 10],
    ]);
    expect([...(doc.section('fs#1')?.keys ?? [])].map(([key, { value, line }]) => [key, value, line])).to.deep.equal([
      ['mnt@n1', '/a#b', 7],
      ['dev', '{fs#2.dev}', 8],
      ['opt', '', 9],
    ]);
    expect(doc.get('array#hp3par1.opensvc.com', 'x.y')).to.equal('a=b;c');
    expect(doc.section('fs#1')?.keys.get('mnt@n1')?.commentCut).to.equal(true);
  });

  it('keeps what the ini package alone would change', () => {
    const values = ['true', 'null', "'5'", '"true"', '007', '#5000', 'a;b', '"x" # no'.slice(0, 3), 'a\u2028b', '[1]', '\\n', 'ü'];
    const doc = parse(`[env]\n${values.map((value, index) => `k${index} =${value}`).join('\n')}`);
    expect(values.map((_, index) => doc.get('env', `k${index}`))).to.deep.equal(values);
    expect(parse('[env]\nconstructor = a\ntoString = b\nx[] = c\n').get('env', 'x[]')).to.equal('c');
  });

  it('continues a value on indented lines, comments and blank lines between them left out', () => {
    const doc = parse('[task#1]\nschedule = a\n  # not b\n\n  c ; d\n\te\nx = 1\n');
    expect(doc.get('task#1', 'schedule')).to.equal('a\nc\ne');
    expect(doc.get('task#1', 'x')).to.equal('1');
    expect(parse('[a]\nk =\n  one\n  two\n').get('a', 'k')).to.equal('one\ntwo');
    expect(parse('[a]\nk =\n  ["one",\n   "two"]\n').get('a', 'k')).to.equal('["one",\n"two"]');
  });

  it('says what is wrong and where', () => {
    expect(faults('[fs#1]\na = 1\n[fs#1]\nb = 2\n')).to.deep.equal(['3 error section [fs#1] is already at line 1; join the two']);
    expect(faults('[a]\nk = 1\nk = 2\n')).to.deep.equal(['3 error k is already set at line 2; keep one of the two']);
    expect(faults('k = 1\n')).to.deep.equal(['1 error a key before the first section belongs to none; put it below [DEFAULT]']);
    expect(faults('[a]\nwhat is this\n')[0]).to.match(/^2 error neither/);
    expect(faults('[a]\na b = c\n')[0]).to.match(/^2 error a key has no white space/);
    expect(faults('[a]\n= c\n')[0]).to.match(/^2 error a key is missing/);
    expect(faults('[a]; note\n')[0]).to.match(/^1 error not a section header/);
    expect(faults('[]\n[ a ]\n').length).to.equal(2);
    expect(faults('[a]\n  k = 1\n')[0]).to.match(/^2 error an indented line continues the value above, but there is none/);
    expect(faults('[a]\nk = 1\n  [fs#2]\n')[0]).to.match(/^3 error a section header begins in the first column/);
    expect(faults('[__proto__]\n[a]\n__proto__ = 1\n')).to.deep.equal([
      '1 error a section cannot be named __proto__',
      '3 error a key cannot be named __proto__',
    ]);
    expect(faults('[a]\nk = a\0b\n# \0\n').map((fault) => fault.slice(0, 7))).to.deep.equal(['2 error', '3 error']);
    expect(faults('[a]\nk = a\rb\n')[0]).to.match(/^2 error control character/);
    expect(faults('\ufeff[a]\n')[0]).to.match(/^1 warning the file begins with a byte order mark/);
  });

  it('reads everything else although a line is wrong', () => {
    const doc = parse('[a]\nx = 1\n???\ny = 2\n[b]\nz = 3');
    expect([doc.get('a', 'x'), doc.get('a', 'y'), doc.get('b', 'z')]).to.deep.equal(['1', '2', '3']);
  });

  it('refuses a file that is too large', () => {
    expect(faults('#'.repeat(1024 * 1024 + 1))).to.deep.equal(['1 error the file is larger than 1 MiB, the limit of a configuration file']);
    expect(faults(`${'\n'.repeat(10_000)}`)).to.deep.equal([]);
    expect(faults(`${'\n'.repeat(10_001)}`)[0]).to.match(/more than 10000 lines/);
    expect(faults('é'.repeat(600_000))[0]).to.match(/larger than 1 MiB/);
  });

  it('gives back the bytes of any text, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(iniText, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        const doc = parse(text);
        expect(doc.toText()).to.equal(text);
        expect(doc.lines.map((line) => line.text + line.eol).join('')).to.equal(text.replace(/^\ufeff/, ''));
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});
