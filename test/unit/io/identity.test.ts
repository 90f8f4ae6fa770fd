import { expect } from 'chai';
import { describeWho, findWho } from '../../../agent/io/identity.ts';

const root = { user: () => 'root', tty: () => undefined };

describe('findWho', () => {
  it('tells account, sudo user, ssh client and terminal', () => {
    const who = findWho(
      { SUDO_USER: 'alice', SSH_CONNECTION: '10.0.0.7 51234 10.0.0.1 22', SSH_CLIENT: '10.9.9.9 1 22' },
      { user: () => 'root', tty: () => 'pts/3' },
    );
    expect(who).to.deep.equal({ user: 'root', sudoUser: 'alice', ssh: '10.0.0.7', tty: 'pts/3' });
    expect(describeWho(who)).to.equal('alice as root from 10.0.0.7 on pts/3');
  });

  it('falls back on SSH_CLIENT, and says nothing about what is not there', () => {
    expect(findWho({ SSH_CLIENT: '10.0.0.8 1 22' }, root)).to.deep.equal({ user: 'root', ssh: '10.0.0.8' });
    expect(findWho({ SUDO_USER: 'root' }, root)).to.deep.equal({ user: 'root' });
    expect(describeWho({ user: 'root' })).to.equal('root');
  });

  it('keeps what the environment claims short and printable', () => {
    const who = findWho({ SUDO_USER: `a\n\x1b[31m${'b'.repeat(200)}` }, root);
    expect(who.sudoUser)
      .to.match(/^a\[31mb+$/)
      .and.have.lengthOf(64);
  });
});
