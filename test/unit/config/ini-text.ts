/** Generated INI files for property tests. */
import fc from 'fast-check';

/** Texts made of what matters to an INI file. */
export const iniText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '[fs#1]',
        '[DEFAULT]',
        '[env]',
        '[array#a.b.c]',
        'key = value',
        'key=',
        'mnt@n1 = /a',
        '# note',
        '; note',
        '  more',
        '\t',
        '',
        'a = b # c',
        '=',
        '[',
        '  [x#1]',
        'x = "a',
        '__proto__ = 1',
      ),
      fc.constantFrom('\n', '\n', '\n', '\r\n', '\r', ' ', '\ufeff', '\0', '\u2028', '{a}', '$(1'),
      fc.string({ maxLength: 12 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));
