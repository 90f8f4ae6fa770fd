import { expect } from 'chai';
import type { SshHost } from '../../../../agent/io/ssh/host.ts';
import { opensshArgv, opensshDestination, rsyncShell } from '../../../../agent/io/ssh/openssh.ts';

const host: SshHost = { name: 'node2', addresses: ['10.0.0.2'], port: 2222, user: 'svc', key: '/etc/svc mgr/id%1', knownHosts: [] };
const settings = (argv: readonly string[]) => argv.filter((_, at) => argv[at - 1] === '-o');

describe('unit: ssh openssh argv', () => {
  it('never asks, never trusts anew, and offers the one key', () => {
    const argv = opensshArgv(host);
    expect(argv.slice(0, 3)).to.deep.equal(['ssh', '-F', 'none']);
    expect(argv.slice(-4)).to.deep.equal(['-p', '2222', '-l', 'svc']);
    expect(settings(argv)).to.include.members([
      'BatchMode=yes',
      'StrictHostKeyChecking=yes',
      'UserKnownHostsFile=',
      'GlobalKnownHostsFile=/dev/null',
      'IdentitiesOnly=yes',
      'IdentityFile="/etc/svc mgr/id%%1"',
      'ConnectTimeout=5',
      'ServerAliveInterval=10',
    ]);
    expect(argv.join(' ')).to.not.match(/Control|\+ssh-rsa|HostKeyAlias/);
  });

  it('shares a login, takes old algorithms and the agent only when told', () => {
    const { key: _, ...others } = host;
    const argv = opensshArgv(
      { ...others, legacy: true, agentSocket: '/run/agent' },
      { controlPath: '/run/svcmgr/ssh-%C', connectTimeoutS: 2 },
    );
    expect(settings(argv)).to.include.members([
      'ControlMaster=auto',
      'ControlPath=/run/svcmgr/ssh-%%C',
      'HostKeyAlgorithms=+ssh-rsa,ssh-dss',
      'IdentityAgent=/run/agent',
      'ConnectTimeout=2',
    ]);
    expect(settings(argv)).to.not.include('IdentitiesOnly=yes');
  });

  it('quotes for rsync -e, which knows no backslash', () => {
    expect(rsyncShell(['ssh', '-o', 'A=b c', "it's"])).to.equal("ssh -o 'A=b c' 'it''s'");
    expect(opensshDestination({ ...host, addresses: ['fe80::1'] })).to.equal('[fe80::1]');
    expect(opensshDestination(host)).to.equal('10.0.0.2');
  });
});
