/** What may be shown of a configuration: secrets are masked wherever they stand, the rest stays byte for byte. */
import { expect } from 'chai';
import { openMask } from '../../../agent/cli/masked-config.ts';
import { parseDocument } from '../../../agent/config/document.ts';
import { defineDriver } from '../../../agent/driver/contract.ts';
import { createRegistry } from '../../../agent/driver/registry.ts';

const driver = defineDriver({
  summary: 'A double.',
  needs: [],
  keywords: { pin: { kind: 'secret', text: 'A secret.' }, token_name: { kind: 'string', text: 'Not one, whatever its name.' } },
  reads: () => [],
  label: () => '',
  status: async () => ({ state: 'up' }),
});

const registry = createRegistry({ folder: '/nonexistent', extra: { 'app.double': driver } });

const text = `# the password was hunter2 once
[DEFAULT]
comment = nothing   secret here
[app#1]
type = double
pin = 0815x
pin@node2 = file:/etc/pin
token_name = plain
environment = PGPASSWORD=other1 PLAIN=1 MY_TOKEN='two words'
start = /bin/login {env.db_password} hunter2
[env]
db_password = hunter2
  and a second line
api_key@node2 = abcdefgh
harmless = value
short_secret = ab
`;

function mask(evaluate?: (path: string) => string | undefined) {
  return openMask(parseDocument(text, 'svc1.conf'), registry, evaluate);
}

describe('unit: masked configuration', () => {
  it('masks values of secrets, keeps everything else', () => {
    expect(mask().text()).to.equal(`# the password was xxxx once
[DEFAULT]
comment = nothing   secret here
[app#1]
type = double
pin = xxxx
pin@node2 = file:/etc/pin
token_name = plain
environment = PGPASSWORD=xxxx PLAIN=1 MY_TOKEN=xxxx
start = /bin/login {env.db_password} xxxx
[env]
db_password = xxxx
  xxxx
api_key@node2 = xxxx
harmless = value
short_secret = xxxx
`);
  });

  it('masks the same value in any other place, comments too', () => {
    const one = openMask(parseDocument('# was hunter2\n[env]\ndb_password = hunter2\nurl = pg://u:hunter2@h/\n', 'svc1.conf'), registry);
    expect(one.text()).to.equal('# was xxxx\n[env]\ndb_password = xxxx\nurl = pg://u:xxxx@h/\n');
  });

  it('masks what a secret evaluates to', () => {
    const one = mask((path) => (path === 'env.api_key@node2' ? 'evaluated-key' : undefined));
    expect(one.value('app#1', 'start', '/bin/x evaluated-key y')).to.equal('/bin/x xxxx y');
    expect(one.value('app#1', 'list', ['a', 'evaluated-key', { b: 'evaluated-key' }])).to.deep.equal(['a', 'xxxx', { b: 'xxxx' }]);
  });

  it('masks by the keyword where there is a table, by the name where there is none', () => {
    expect(mask().value('app#1', 'pin', '1234')).to.equal('xxxx');
    expect(mask().value('app#1', 'pin@node2', 'file:/etc/pin')).to.equal('file:/etc/pin');
    expect(mask().value('app#1', 'token_name', 'plain')).to.equal('plain');
    expect(mask().value('env', 'smtp_passwd', 'q')).to.equal('xxxx');
    expect(mask().value('env', 'harmless', 3)).to.equal(3);
    expect(mask().value('env', 'smtp_passwd', undefined)).to.equal(undefined);
  });

  it('does not hide half of the file behind a secret of two letters', () => {
    expect(mask().value('DEFAULT', 'comment', 'absolute')).to.equal('absolute');
  });
});
