import { expect } from 'chai';
import { childEnv } from '../../../agent/io/environment.ts';

describe('childEnv', () => {
  it('passes on nothing of ours but PATH and HOME', () => {
    const own = { PATH: '/usr/bin', HOME: '/home/a', NODE_EXTRA_CA_CERTS: '/x', NODE_OPTIONS: '--y', LANG: 'de_DE', SECRET: 's' };
    expect(childEnv({}, own)).to.deep.equal({
      PATH: '/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin',
      HOME: '/home/a',
      LC_ALL: 'C',
    });
  });

  it('adds what the caller gives, which wins', () => {
    expect(childEnv({ LC_ALL: 'de_DE', A: '1' }, {})).to.include({ LC_ALL: 'de_DE', A: '1', HOME: '/' });
  });

  it('drops empty and relative folders of PATH: they mean another program in another folder', () => {
    expect(childEnv({}, { PATH: ':.:bin:/opt/tools/bin:' })['PATH'])
      .to.match(/^\/opt\/tools\/bin:\/usr\/local\/sbin:/)
      .and.not.include('::');
  });
});
