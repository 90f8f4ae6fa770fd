import { expect } from 'chai';
import { algorithmsFor, isUsableKeyType } from '../../../../agent/io/ssh/algorithms.ts';

const old = /sha1|dss|cbc|md5|^ssh-rsa$/;

describe('unit: ssh algorithms', () => {
  it('offers only the signatures of the known key types', () => {
    expect(algorithmsFor(['ssh-ed25519'], false).serverHostKey).to.deep.equal(['ssh-ed25519']);
    expect(algorithmsFor(['ssh-rsa', 'ecdsa-sha2-nistp256'], false).serverHostKey).to.deep.equal([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ecdsa-sha2-nistp256',
    ]);
  });

  it('offers everything modern to an unknown host, for its key to be shown in the refusal', () => {
    const offered = algorithmsFor([], false).serverHostKey as readonly string[];
    expect(offered).to.include.members(['ssh-ed25519', 'ecdsa-sha2-nistp521', 'rsa-sha2-256']);
    expect(offered.filter((name) => old.test(name))).to.deep.equal([]);
  });

  it('adds old ones only when asked', () => {
    const offered = algorithmsFor(['ssh-rsa', 'ssh-dss'], true);
    expect(offered.serverHostKey).to.deep.equal(['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa', 'ssh-dss']);
    expect(JSON.stringify(offered.kex)).to.include('diffie-hellman-group1-sha1');
    expect(algorithmsFor(['ssh-dss'], false).serverHostKey).to.not.include('ssh-dss');
    expect(JSON.stringify(algorithmsFor(['ssh-rsa'], false))).to.not.match(/sha1|md5|cbc|dss|"ssh-rsa"/);
  });

  it('knows which key types can be checked', () => {
    expect(['ssh-ed25519', 'ssh-rsa', 'ssh-dss', 'sk-ssh-ed25519@openssh.com'].map((type) => isUsableKeyType(type, false))).to.deep.equal([
      true,
      true,
      false,
      false,
    ]);
    expect(isUsableKeyType('ssh-dss', true)).to.equal(true);
  });
});
