import { accessSync, constants, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { type Program, program } from '../../support/programs.ts';

const names = ['fail', 'flood', 'hang', 'leave', 'notify-socket', 'serve', 'slow'] as const satisfies readonly Program[];

describe('test support: programs', () => {
  it('has every named program, executable, and no other', () => {
    for (const name of names) accessSync(program(name), constants.X_OK);
    expect(readdirSync(path.dirname(program('hang'))).sort()).to.deep.equal([...names]);
  });
});
