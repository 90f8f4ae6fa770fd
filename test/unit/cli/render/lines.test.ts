import { expect } from 'chai';
import fc from 'fast-check';
import { complaint } from '../../../../agent/cli/complain.ts';
import { ageText, timeText } from '../../../../agent/cli/render/clock.ts';
import { painter, wantsColour } from '../../../../agent/cli/render/colour.ts';
import { renderLine } from '../../../../agent/cli/render/console.ts';
import { renderFlat } from '../../../../agent/cli/render/flat.ts';
import { renderTable } from '../../../../agent/cli/render/table.ts';
import { padTo, printable, widthOf } from '../../../../agent/cli/render/width.ts';
import { wrap } from '../../../../agent/cli/render/wrap.ts';
import { SvcError } from '../../../../agent/errors.ts';

describe('width of text', () => {
  it('counts columns: ASCII one, wide two, combining marks none', () => {
    expect(['abc', 'é', 'e\u0301', '日本', 'ｆ', '한', '🚀', ''].map(widthOf)).to.deep.equal([3, 1, 1, 4, 2, 2, 2, 0]);
    expect(padTo('日', 4)).to.equal('日  ');
    expect(padTo('longer', 3)).to.equal('longer');
  });

  it('makes any text one line that cannot command a terminal', () => {
    expect(printable('a\tb\r\nc\x1b[31m\x7f\x9b\u202e')).to.equal('a b c\\x1b[31m\\x7f\\x9b\\x202e');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.to.match(/[\x00-\x1f\x7f-\x9f]/);
      }),
    );
  });
});

describe('what tools and devices say', () => {
  const nasty = 'one\u001b[2J\u0007\ntwo';
  it('commands no terminal as a line of the log, nor as an error', () => {
    const line = renderLine({ at: new Date(0), level: 'info', text: nasty });
    expect(line).to.match(/ INFO one\\x1b\[2J\\x07\n {2}two$/);
    expect(complaint(new SvcError('COMMAND', nasty, { hint: nasty }))).to.equal(
      'svcmgr: one\\x1b[2J\\x07\ntwo\n  one\\x1b[2J\\x07\n  two\n',
    );
  });
});

describe('wrap', () => {
  const text = fc
    .array(fc.string({ unit: fc.constantFrom('a', 'b', '日', 'e\u0301', '/', '-'), maxLength: 12 }))
    .map((words) => words.join(' '));

  it('breaks between words', () => {
    expect(wrap('one two  three', 8)).to.deep.equal(['one two', 'three']);
    expect(wrap('', 8)).to.deep.equal(['']);
  });

  it('cuts only a word that is wider than a line', () => {
    expect(wrap('a /very/long/path b', 8)).to.deep.equal(['a', '/very/lo', 'ng/path', 'b']);
  });

  it('never exceeds the width and loses no word', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 2, max: 30 }), (input, columns) => {
        const lines = wrap(input, columns);
        for (const line of lines) expect(widthOf(line), line).to.be.at.most(columns);
        expect(lines.join('').replaceAll(' ', '')).to.equal(input.replaceAll(' ', ''));
        const fitting = input.split(' ').filter((word) => word !== '' && widthOf(word) <= columns);
        const words = lines.join(' ').split(' ');
        for (const word of fitting) expect(words).to.include(word);
      }),
    );
  });
});

describe('colour', () => {
  it('follows --color, then NO_COLOR, then the terminal', () => {
    const wish = { option: undefined, noColor: undefined, term: 'xterm', isTerminal: true } as const;
    expect(wantsColour(wish)).to.equal(true);
    expect(wantsColour({ ...wish, option: 'auto' })).to.equal(true);
    expect(wantsColour({ ...wish, isTerminal: false })).to.equal(false);
    expect(wantsColour({ ...wish, term: 'dumb' })).to.equal(false);
    expect(wantsColour({ ...wish, noColor: '1' })).to.equal(false);
    expect(wantsColour({ ...wish, noColor: '' })).to.equal(true);
    expect(wantsColour({ ...wish, option: 'always', noColor: '1', isTerminal: false })).to.equal(true);
    expect(wantsColour({ ...wish, option: 'never' })).to.equal(false);
  });

  it('paints only when asked, and nothing around nothing', () => {
    expect(painter(true)('red', 'x')).to.equal('\x1b[31mx\x1b[0m');
    expect(painter(true)('red', '')).to.equal('');
    expect(painter(false)('red', 'x')).to.equal('x');
  });
});

describe('times and ages', () => {
  const at = (day: number, hours: number) => new Date(2026, 10, day, hours, 5, 9);

  it('shows the time of day, with the date when it is another day', () => {
    expect(timeText(at(21, 13).toISOString(), at(21, 23).getTime())).to.equal('13:05:09');
    expect(timeText(at(20, 23).toISOString(), at(21, 1).getTime())).to.equal('2026-11-20 23:05:09');
    expect(timeText('never', 0)).to.equal('');
  });

  it('shows ages by their largest unit', () => {
    expect([-5, 0, 59_999, 60_000, 3_599_999, 3_600_000, 86_399_999, 86_400_000, 200_000_000].map(ageText)).to.deep.equal([
      '0s',
      '0s',
      '59s',
      '1m',
      '59m',
      '1h',
      '23h',
      '1d',
      '2d',
    ]);
  });
});

describe('flat lines', () => {
  it('writes one sorted line a value, quoting odd keys', () => {
    const document = { b: [true, { 'fs#1': 'two\nlines' }], a: { "it's": null, empty: {}, none: [] } };
    expect(renderFlat(document)).to.equal(".a.empty = {}\n.a.'it\\'s' = null\n.a.none = []\n.b[0] = true\n.b[1].'fs#1' = two lines\n");
  });

  it('writes nothing for an empty document, and leaves out what is undefined', () => {
    expect(renderFlat({})).to.equal('');
    expect(renderFlat({ a: undefined, b: 1 })).to.equal('.b = 1\n');
  });
});

describe('tables', () => {
  const columns = [{ title: 'service' }, { title: 'n', align: 'right' as const }, { title: 'state' }];

  it('aligns columns without trailing blanks', () => {
    expect(
      renderTable(columns, [
        ['svc1', '10', 'up'],
        ['日本', '9'],
        ['', '', 'down'],
      ]),
    ).to.equal('service   n  state\nsvc1     10  up\n日本      9\n             down\n');
  });

  it('may go without titles, and is nothing without rows', () => {
    expect(renderTable(columns, [['a', '1', 'x']], { titles: false })).to.equal('a  1  x\n');
    expect(renderTable(columns, [], { titles: false })).to.equal('');
  });

  it('colours cells without moving them', () => {
    const rows = [
      ['svc1', '1', { text: 'up', tint: 'green' as const }],
      ['s', { text: '10', tint: 'red' as const }],
    ];
    const coloured = renderTable(columns, rows, { colour: true });
    expect(coloured).to.include('\x1b[32mup\x1b[0m').and.to.include('\x1b[31m10\x1b[0m');
    expect(coloured.replace(/\x1b\[\d+m/g, '')).to.equal(renderTable(columns, rows));
  });

  it('keeps a cell on its line', () => {
    expect(renderTable([{ title: 'a' }], [['x\ny\x1b']], { titles: false })).to.equal('x y\\x1b\n');
  });
});
