import { expect } from 'chai';
import type { SvcError } from '../../../agent/errors.ts';
import netns from '../../../drivers/ip/netns.ts';
import { parseAddress } from '../../../drivers/lib/address.ts';
import { parseLinkDetails } from '../../../drivers/lib/links.ts';
import { cableNames, findHome, networkFault, targetOf } from '../../../drivers/lib/netns-place.ts';
import { createFake } from './fake.ts';
import { fixture } from './fixture.ts';

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as SvcError).code;
  }
  return undefined;
};

describe('links with their kind', () => {
  it('reads ip -j -d link show', () => {
    const [lo, bridge, cable] = parseLinkDetails(fixture('ip-link-details.json'));
    expect(lo).to.include({ name: 'lo', kind: undefined, up: true, mtu: 65536, bridge: undefined });
    expect(bridge).to.include({ name: 'brx', kind: 'bridge' });
    expect(cable).to.include({ kind: 'veth', mtu: 1500 });
  });

  it('refuses what is no link', () => {
    for (const text of ['[{"ifname":"a"}]', '[{"ifname":1,"flags":[],"mtu":1}]', '{', '[1]'])
      expect(
        codeOf(() => parseLinkDetails(text)),
        text,
      ).to.equal('COMMAND');
  });
});

describe('driver ip.netns', () => {
  const base = { ipname: '10.0.0.9', ipdev: 'br0' };

  it('belongs to one network', () => {
    expect(targetOf({ container: 'container#0', netns: undefined })).to.deep.equal({ netns: 'container#0' });
    expect(targetOf({ container: undefined, netns: 'blue' })).to.deep.equal({ netns: 'blue' });
    for (const [container, name] of [
      [undefined, undefined],
      ['container#0', 'blue'],
      ['ct1', undefined],
      [undefined, '../x'],
    ])
      expect(codeOf(() => targetOf({ container, netns: name }))).to.equal('CONFIG');
    expect(netns.inNetworkOf?.({ container: 'container#0' } as never)).to.equal('container#0');
  });

  it('gives cables names that the kernel takes, and that tell networks apart', () => {
    expect(cableNames('eth0', '4711')).to.deep.equal({ here: 'veth0pl4711', there: 'veth0pg4711' });
    const long = cableNames('service0', '4194304');
    expect(long).to.deep.equal({ here: 'vservipl4194304', there: 'vservipg4194304' });
    expect(long.here).to.have.lengthOf(15);
  });

  it('knows whether its network is there', async () => {
    const view = (report: unknown) => [{ rid: 'container#0', type: 'container.lxc', label: 'ct1', config: {}, report }] as never;
    const at = (report: unknown) =>
      createFake(netns, { config: { ...base, container: 'container#0' }, resources: view(report) }).at as never;
    expect(await findHome(at({ state: 'down' }))).to.deep.equal({ absent: 'container#0 is down' });
    expect(await findHome(at({ state: 'up', facts: { pid: 12 } }))).to.deep.equal({ absent: undefined, into: '12', tag: '12' });
    for (const report of [{ state: 'undef' }, undefined, { state: 'up' }])
      expect(await findHome(at(report)).catch((error: SvcError) => error.code)).to.equal('UNREACHABLE');
    const named = createFake(netns, { config: { ...base, netns: 'blue' } });
    expect(await findHome(named.at as never)).to.deep.equal({ absent: 'network namespace blue does not exist' });
    named.machine.stats['/run/netns/blue'] = {};
    expect(await findHome(named.at as never)).to.include({ into: 'blue' });
  });

  it('keeps the address in its network', () => {
    const address = parseAddress('10.0.0.9');
    if (address === undefined) throw new Error('no address');
    expect(networkFault({ network: '10.0.0.0/24' }, { address })).to.equal(undefined);
    expect(networkFault({ network: undefined }, { address })).to.equal(undefined);
    expect(networkFault({ network: '10.0.1.0/24' }, { address })).to.equal('10.0.0.9 is not in the network 10.0.1.0/24');
    for (const network of ['10.0.0.0', 'x/24', '10.0.0.0/33'])
      expect(
        codeOf(() => networkFault({ network }, { address })),
        network,
      ).to.equal('CONFIG');
  });
});
