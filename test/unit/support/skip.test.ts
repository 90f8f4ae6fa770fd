import { expect } from 'chai';
import { findTool, missing } from '../../support/skip.ts';

describe('test support: needs', () => {
  it('finds a program and does not find a missing one', () => {
    expect(findTool('sh')).to.match(/\/sh$/);
    expect(findTool('no-such-program-anywhere')).to.equal(undefined);
  });

  it('says nothing when all is there, and names everything that is not', () => {
    expect(missing({ tools: ['sh'], files: ['/dev/null'] })).to.equal(undefined);
    expect(missing({ tools: ['no-such-program-anywhere'], files: ['/dev/no-such-device'] })).to.match(
      /no-such-program-anywhere.*; needs \/dev\/no-such-device/,
    );
  });
});
