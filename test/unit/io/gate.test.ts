import { expect } from 'chai';
import { isBeforeExec, wrapArgv } from '../../../agent/io/gate.ts';

const nothing = { path: '', gated: false, dieWithParent: false, account: undefined, gid: undefined, limits: {} };

describe('wrapArgv', () => {
  it('leaves a command alone that needs nothing', () => {
    expect(wrapArgv(['mount', '/a'], nothing)).to.deep.equal(['mount', '/a']);
  });

  it('hands the words to the gate as arguments, never as shell text', () => {
    const wrapped = wrapArgv(['echo', '$(reboot)', ''], { ...nothing, gated: true });
    expect(wrapped.slice(0, 2)).to.deep.equal(['/bin/sh', '-c']);
    expect(wrapped.slice(3)).to.deep.equal(['svcmgr-gate', 'echo', '$(reboot)', '']);
    expect(wrapped[2]).not.to.include('reboot');
  });

  it('refuses limits and accounts when their tool is missing', () => {
    expect(() => wrapArgv(['a'], { ...nothing, limits: { nofile: '10' } })).to.throw('prlimit is not installed');
    expect(() => wrapArgv(['a'], { ...nothing, gid: 5 })).to.throw('setpriv is not installed');
  });
});

describe('isBeforeExec', () => {
  const argv = ['app', '-x'] as const;
  const wrapped = ['/bin/sh', '-c', 'script', 'gate', 'setpriv', '--', 'app', '-x'] as const;

  it('is true for the gate and for each wrapper, false for the program', () => {
    expect(isBeforeExec([...wrapped, ''], wrapped, argv)).to.equal(true);
    expect(isBeforeExec(['setpriv', '--', 'app', '-x', ''], wrapped, argv)).to.equal(true);
    expect(isBeforeExec(['app', '-x', ''], wrapped, argv)).to.equal(false);
    expect(isBeforeExec(['/bin/sh', '/opt/app', '-x', ''], wrapped, argv)).to.equal(false);
    expect(isBeforeExec([], wrapped, argv)).to.equal(false);
  });
});
