import { expect } from 'chai';
import { SvcError } from '../../../../agent/errors.ts';
import type { SshHost } from '../../../../agent/io/ssh/host.ts';
import { allUnreachable, fromLibrary, unreachable } from '../../../../agent/io/ssh/unreachable.ts';

const host: SshHost = { name: 'node2', addresses: ['10.0.0.2', '10.1.0.2'], port: 22, user: 'root', key: '/k' };
const thrown = (fields: object, message = 'said so') => Object.assign(new Error(message), fields);

describe('unit: ssh unreachable', () => {
  it('says host, address, step and what to do', () => {
    const refused = fromLibrary(host, '10.0.0.2', thrown({ level: 'client-socket', code: 'ECONNREFUSED' }));
    expect(refused.code).to.equal('UNREACHABLE');
    expect(refused.message).to.equal('node2 (10.0.0.2): connection refused');
    expect(refused.facts).to.deep.equal({ node: 'node2', address: '10.0.0.2', port: 22, level: 'client-socket', errno: 'ECONNREFUSED' });
    expect(refused.hint).to.include('port 22');
    const login = fromLibrary({ ...host, port: 2222 }, '10.0.0.2', thrown({ level: 'client-authentication' }));
    expect(login.message).to.equal('node2 (10.0.0.2 port 2222): said so');
    expect(login.hint).to.include('ssh-copy-id -i /k.pub -p 2222 root@10.0.0.2');
  });

  it('takes an unknown level for a matter of protocol', () => {
    expect(fromLibrary(host, 'x', thrown({ level: 'odd', code: 2 })).facts).to.deep.include({ level: 'protocol' });
    expect(fromLibrary(host, 'x', 'a text').message).to.include('a text');
  });

  it('makes one error of all addresses', () => {
    const errors = host.addresses.map((address) => unreachable(host, address, { level: 'client-timeout', why: 'no answer in 5 s' }));
    const [first] = errors;
    expect(allUnreachable(host, errors.slice(0, 1))).to.equal(first);
    const all = allUnreachable(host, errors);
    expect(all.message).to.equal('node2 at none of its addresses: node2 (10.0.0.2): no answer in 5 s; node2 (10.1.0.2): no answer in 5 s');
    expect(all.facts['tries']).to.have.length(2);
    expect(all.hint).to.equal(first?.hint);
    expect(allUnreachable({ ...host, addresses: [] }, []))
      .to.be.instanceOf(SvcError)
      .with.property('hint', 'address = … in [host#node2]');
  });
});
