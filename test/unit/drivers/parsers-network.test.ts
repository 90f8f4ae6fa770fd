import { expect } from 'chai';
import fc from 'fast-check';
import { bitsOf, isSameAddress, parseAddress, parseNetmask, shareNetwork } from '../../../drivers/lib/address.ts';
import { parseArpOwner } from '../../../drivers/lib/address-conflict.ts';
import { parseLinks, parseRoutes, routeArgv } from '../../../drivers/lib/iproute.ts';
import { parseAhosts } from '../../../drivers/lib/resolve-name.ts';
import { fixture } from './fixture.ts';

describe('addresses', () => {
  it('two spellings of one address are equal', () => {
    const same = [
      ['fd00::1', 'FD00:0:0:0:0:0:0:1'],
      ['::ffff:10.0.0.1', '::ffff:a00:1'],
      ['::', '0:0:0:0:0:0:0:0'],
      ['10.0.0.1', '10.0.0.1'],
    ] as const;
    for (const [one, other] of same) {
      const [a, b] = [parseAddress(one), parseAddress(other)];
      expect(a !== undefined && b !== undefined && isSameAddress(a, b), one).to.equal(true);
    }
  });

  it('reads back any IPv6 address as groups', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 }), (groups) => {
        const wanted = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
        const text = groups.map((group) => group.toString(16)).join(':');
        return parseAddress(text)?.value === wanted && parseAddress(text.replace(/(^|:)0(:0)+(:|$)/, '::'))?.value === wanted;
      }),
    );
  });

  it('refuses what is none, so that it may be a name', () => {
    for (const text of [
      '',
      'www',
      '10.0.0',
      '10.0.0.256',
      '10.0.0.01',
      '1.2.3.4.5',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      'fe80::1%eth0',
      '12345::',
      '1:2:3:4:5:6:7::8',
      '::1.2.3.256',
    ]) {
      expect(parseAddress(text), text).to.equal(undefined);
    }
  });

  it('netmasks', () => {
    expect([
      parseNetmask('24', 4),
      parseNetmask('/24', 4),
      parseNetmask('255.255.255.0', 4),
      parseNetmask('0.0.0.0', 4),
      parseNetmask('64', 6),
      parseNetmask('255.255.255.255', 4),
    ]).to.deep.equal([24, 24, 24, 0, 64, 32]);
    for (const [text, family] of [
      ['33', 4],
      ['255.0.255.0', 4],
      ['255.255.255.0', 6],
      ['129', 6],
      ['x', 4],
      ['', 4],
    ] as const) {
      expect(() => parseNetmask(text, family), text)
        .to.throw()
        .with.property('code', 'CONFIG');
    }
    expect(bitsOf(6)).to.equal(128);
  });

  it('networks', () => {
    const [a, b, c] = ['10.0.0.1', '10.0.0.200', '10.0.1.1'].map((text) => parseAddress(text));
    if (!a || !b || !c) throw new Error('addresses');
    expect([shareNetwork(a, b, 24), shareNetwork(a, c, 24), shareNetwork(a, c, 0)]).to.deep.equal([true, false, true]);
  });
});

describe('parsers of network tools', () => {
  it('ip -j addr show', () => {
    const links = parseLinks(fixture('ip-addr.json'));
    expect(links.map(({ name, up, carrier, arp }) => [name, up, carrier, arp])).to.deep.include.members([
      ['lo', true, true, false],
      ['eth0', true, true, true],
      ['eth1', false, false, true],
    ]);
    const eth0 = links.find(({ name }) => name === 'eth0');
    expect(eth0?.addresses.map(({ address, prefix, secondary }) => [address.text, prefix, secondary]).slice(0, 3)).to.deep.equal([
      ['10.9.0.1', 24, false],
      ['10.9.0.2', 24, true],
      ['fd00:9::1', 64, false],
    ]);
  });

  it('duplicate address detection: running, failed', () => {
    const find = (name: string, wanted: string) =>
      parseLinks(fixture(name))
        .find((link) => link.name === 'eth0')
        ?.addresses.find(({ address }) => address.text === wanted);
    expect(find('ip-addr-tentative.json', 'fd00:9::10')).to.include({ tentative: true, dadFailed: false });
    expect(find('ip-addr-dadfailed.json', 'fd00:9::9')).to.include({ tentative: true, dadFailed: true });
    expect(find('ip-addr-dadfailed.json', 'fd00:9::10')).to.include({ tentative: false, dadFailed: false });
  });

  it('ip -j route show default', () => {
    const [plain, metric] = parseRoutes(fixture('ip-route.json'));
    expect(plain).to.deep.include({ dev: 'eth0', metric: undefined });
    expect(plain?.gateway?.text).to.equal('10.9.0.254');
    expect(metric?.metric).to.equal(100);
    expect(parseRoutes(fixture('ip-route6-none.json'))).to.deep.equal([]);
    expect(parseRoutes('[{"dst":"default","nexthops":[]}]')).to.deep.equal([{ gateway: undefined, dev: undefined, metric: undefined }]);
    expect(routeArgv('replace', parseAddress('fd00::1'), 'eth0', 6)).to.deep.equal([
      'ip',
      '-6',
      'route',
      'replace',
      'default',
      'via',
      'fd00::1',
      'dev',
      'eth0',
    ]);
  });

  it('refuses garbage and cut output', () => {
    const cut = fixture('ip-addr.json').slice(0, 500);
    for (const text of [
      cut,
      'Device "x" does not exist.',
      '{}',
      '[1]',
      '[{"ifname":"eth0"}]',
      '[{"ifname":"e","flags":[],"addr_info":[{"family":"inet","local":"x","prefixlen":1}]}]',
    ]) {
      expect(() => parseLinks(text), text)
        .to.throw()
        .with.property('code', 'COMMAND');
    }
    for (const text of ['[{"dst":"10.0.0.0/8"}]', 'x'])
      expect(() => parseRoutes(text))
        .to.throw()
        .with.property('code', 'COMMAND');
    expect(parseLinks('[{}]')).to.deep.equal([]);
  });

  it('getent ahosts', () => {
    expect(parseAhosts(fixture('getent-localhost.txt')).map(({ text }) => text)).to.deep.equal(['127.0.0.1']);
    expect(parseAhosts('fd00::1  STREAM a\n10.0.0.1 STREAM\n').map(({ text }) => text)).to.deep.equal(['fd00::1', '10.0.0.1']);
    // From a network namespace whose only addresses were 127.0.0.1 and link-local ones.
    expect(parseAhosts('::ffff:10.77.0.80 STREAM a\n::ffff:10.77.0.80 DGRAM  \n')).to.deep.equal([parseAddress('10.77.0.80')]);
    expect(() => parseAhosts('nonsense\n'))
      .to.throw()
      .with.property('code', 'COMMAND');
  });

  it('arping: who answered', () => {
    expect(parseArpOwner(fixture('arping-alive.txt'))).to.equal('0E:AB:E9:71:31:2E');
    expect(parseArpOwner('')).to.equal('an unnamed station');
  });
});
