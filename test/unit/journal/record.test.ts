import { expect } from 'chai';
import fc from 'fast-check';
import { formatLine, type JournalEntry, parseLine } from '../../../agent/journal/record.ts';
import { parseText } from '../../../agent/journal/read.ts';
import { begin, intent } from './records.ts';

const stamp = { at: 1_700_000_000_000 };

describe('journal line', () => {
  it('is crc32, blank, JSON, with the kind first', () => {
    const line = formatLine({ kind: 'clear', sid: 's1', by: 'alice' }, stamp);
    expect(line).to.equal('7d85a7e9 {"kind":"clear","v":1,"at":1700000000000,"sid":"s1","by":"alice"}\n');
  });

  it('comes back as it went in', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 300 });
    fc.assert(
      fc.property(text, text, fc.nat(), (rid, value, at) => {
        const entry: JournalEntry = { kind: 'remember', rid, key: 'k', value };
        const line = formatLine(entry, { at });
        expect(line.split('\n')).to.have.lengthOf(2);
        expect(parseLine(line.slice(0, -1), 'svc1')).to.deep.equal({ ...entry, v: 1, at, service: 'svc1' });
      }),
    );
  });

  it('is refused with any one byte changed, cut off or added', () => {
    const line = formatLine(begin('s1'), stamp).slice(0, -1);
    for (let at = 0; at < line.length; at += 1) {
      const other = line[at] === 'x' ? 'y' : 'x';
      expect(parseLine(line.slice(0, at) + other + line.slice(at + 1), 's')).to.equal(undefined);
      expect(parseLine(line.slice(0, at), 's')).to.equal(undefined);
      expect(parseLine(line.slice(0, at) + line.slice(at + 1), 's')).to.equal(undefined);
    }
    expect(parseLine(`${line}x`, 's')).to.equal(undefined);
  });

  it('of an unknown kind or version is not read', () => {
    const foreign = (record: object) => formatLine(record as JournalEntry, stamp).slice(0, -1);
    expect(parseLine(foreign({ kind: 'other' }), 's')).to.equal(undefined);
    expect(parseLine(foreign({ kind: 'note', v: 2 }), 's')).to.equal(undefined);
    expect(parseLine(foreign({ kind: 'toString' }), 's')).to.equal(undefined);
  });

  it('cuts what only people read, refuses what would be too large otherwise', () => {
    const note = parseLine(formatLine({ kind: 'note', level: 'info', text: 'x'.repeat(100_000) }, stamp).slice(0, -1), 's');
    expect(note).to.have.property('text').with.lengthOf(2049);
    expect(() => formatLine({ kind: 'remember', rid: 'a', key: 'k', value: 'x'.repeat(70_000) }, stamp)).to.throw('larger than');
  });
});

describe('journal text', () => {
  const lines = [begin('s1'), intent('s1', 1), intent('s1', 2)].map((entry) => formatLine(entry, stamp));
  const whole = lines.join('');

  it('survives a tail torn at every byte of the last record', () => {
    const start = whole.length - (lines[2]?.length ?? 0);
    for (let length = start; length < whole.length; length += 1) {
      const { records, badLines } = parseText(whole.slice(0, length), 's');
      // Without its line end the last record is whole all the same.
      const isWhole = length === whole.length - 1;
      expect([records.length, badLines]).to.deep.equal([isWhole ? 3 : 2, length === start || isWhole ? 0 : 1]);
    }
  });

  it('skips garbage, NULs and blank lines, and counts the bad ones', () => {
    const text = `${lines[0]}garbage\n\n${'\0'.repeat(4096)}\n${lines[1]}\xff\xfe\n${lines[2]}`;
    const { records, badLines } = parseText(text, 's');
    expect([records.length, badLines]).to.deep.equal([3, 3]);
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(parseText(text, 's').records).to.deep.equal([]);
      }),
    );
  });
});
