import { expect } from 'chai';
import fc from 'fast-check';
import { SvcError } from '../../../../agent/errors.ts';
import { pieceHead, quoteForShell, remoteLine, renderCommand } from '../../../../agent/io/ssh/remote-shell.ts';

const plain = { mark: 'f00', env: {}, cwd: '/', limitS: 62, survive: false } as const;

describe('unit: ssh remote shell', () => {
  it('is one line that any login shell takes: nothing that csh or fish reads otherwise', () => {
    expect(remoteLine).to.match(/^exec \/bin\/sh -c '[^'\n!\\]+' svcmgr$/);
  });

  it('tells variables, folder, limit and words, each line behind a plus', () => {
    const command = {
      argv: ['cp', '-r', "it's", 'a\nb'],
      env: { A: 'x y', LANG: 'C' },
      cwd: '/srv/d e',
      limitS: 7,
      survive: false,
      mark: 'ba5',
    };
    expect(renderCommand(command)).to.equal(
      [
        "+_b='$!' _e=ba5",
        "+export A='x y'",
        '+export LANG=C',
        "+cd '/srv/d e' || exit 126",
        '+_t=7',
        `+set -- cp -r 'it'"'"'s' 'a`,
        "+b'",
        '',
      ].join('\n'),
    );
    expect(renderCommand({ ...plain, argv: ['true'], survive: true })).to.equal(
      "+_b='$!' _e=f00\n+cd / || exit 126\n+_m=1\n+set -- true\n",
    );
  });

  it('lets no line of a word stand for the word go or the length of an input', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom('go', '\n', '7', '+', "'", '\r', '\u2028', 'x') })), (words) => {
        const told = renderCommand({ ...plain, argv: ['printf', ...words] });
        expect(told.endsWith('\n')).to.equal(true);
        expect(
          told
            .slice(0, -1)
            .split('\n')
            .filter((line) => !line.startsWith('+')),
        ).to.deep.equal([]);
      }),
    );
  });

  it('quotes every word so that nothing is left to read in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (word) => {
        const quoted = quoteForShell(word);
        const bare = quoted.replaceAll(`'"'"'`, "'"); // what the shell makes of the three pieces
        expect(quoted === word ? /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) : bare === `'${word}'`).to.equal(true);
      }),
    );
    expect(['', '~', '#x', '$HOME', '*', 'a;b', '-n'].map(quoteForShell)).to.deep.equal([
      "''",
      "'~'",
      "'#x'",
      "'$HOME'",
      "'*'",
      "'a;b'",
      '-n',
    ]);
  });

  it('refuses what no shell could take', () => {
    for (const command of [
      { ...plain, argv: ['a\0b'] },
      { ...plain, argv: ['true'], env: { 'A B': '1' } },
      { ...plain, argv: ['true'], env: { A: '\0' } },
      { ...plain, argv: ['true'], env: { _p: '1' } },
    ])
      expect(() => renderCommand(command), JSON.stringify(command))
        .to.throw(SvcError)
        .with.property('code', 'CONFIG');
  });

  it('announces a piece of the input by its length', () => {
    expect(pieceHead(65_536)).to.equal('65536\n');
  });
});
