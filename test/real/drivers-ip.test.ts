import { expect } from 'chai';
import type { SvcError } from '../../agent/errors.ts';
import ipHost from '../../drivers/ip/host.ts';
import { useHome } from '../support/home.ts';
import { useNetns } from '../support/netns.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { type Bench, createBench, noteTexts } from './drivers-bench.ts';

async function errorOf(work: Promise<unknown>): Promise<SvcError> {
  return work.then(
    () => expect.fail('it must fail'),
    (error: SvcError) => error,
  );
}

describeUnless(missing({ root: true, tools: ['ip', 'arping', 'ping', 'nsenter'] }), 'driver ip.host in a network namespace', () => {
  const home = useHome();
  const here = useNetns('ip-a');
  const there = useNetns('ip-b');
  const memory = new Map<string, string>();

  const bench = (config: Readonly<Record<string, string>>): Bench =>
    createBench(ipHost, { folder: home().folder, rid: 'ip#1', config: { ipdev: 'svc0', ...config }, netns: here(), memory });
  const addresses = () =>
    [
      ...here()
        .run('ip', '-br', 'addr', 'show', 'dev', 'svc0')
        .matchAll(/[\da-f.:]+\/\d+/g),
    ]
      .map(([text]) => text)
      .filter((text) => !text.startsWith('fe80'));

  beforeEach('join both namespaces by a cable', () => {
    memory.clear();
    here().cable('svc0', there(), 'peer0');
    there().run('ip', 'addr', 'add', '10.9.0.9/24', 'dev', 'peer0');
    there().run('ip', 'addr', 'add', 'fd00:9::9/64', 'dev', 'peer0', 'nodad');
    here().run('ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'svc0');
  });
  afterEach('cut the cable', () => {
    here().run('ip', 'link', 'del', 'svc0');
  });

  it('adds, announces and removes an address; a second time changes nothing; a dry-run predicts it', async () => {
    const ip = bench({ ipname: '10.9.0.10', netmask: '255.255.255.0' });
    expect(await ip.status()).to.deep.equal({ state: 'down', notes: [], facts: { address: '10.9.0.10' } });
    expect(await ip.blockers('start')).to.deep.equal([]);
    const planned = await ip.dry('start');
    expect(await ip.act('start'))
      .to.deep.equal(planned)
      .and.to.deep.equal(['ip addr add 10.9.0.10/24 dev svc0', 'arping -U -c 1 -I svc0 10.9.0.10']);
    expect(await ip.act('start')).to.deep.equal([]);
    expect(await ip.status()).to.deep.equal({ state: 'up', notes: [], facts: { address: '10.9.0.10' } });
    expect(there().run('ping', '-c', '1', '-W', '1', '10.9.0.10')).to.contain('1 received');
    const ending = await ip.dry('stop');
    expect(await ip.act('stop'))
      .to.deep.equal(ending)
      .and.to.deep.equal(['ip addr del 10.9.0.10/24 dev svc0']);
    expect(await ip.act('stop')).to.deep.equal([]);
    expect(addresses()).to.deep.equal(['10.9.0.1/24']);
  });

  it('refuses an address that is alive elsewhere, before anything is changed, unless allowed', async () => {
    const ip = bench({ ipname: '10.9.0.9', netmask: '24', announce: 'false' });
    const [blocker] = await ip.blockers('start');
    expect(blocker).to.have.property('allow', 'address-alive');
    expect(blocker?.text).to.match(/^10\.9\.0\.9 is alive elsewhere \(answered by [0-9A-F:]{17}\)$/);
    expect(await bench({ ipname: '10.9.0.9', netmask: '24', check_conflict: 'false' }).blockers('start')).to.deep.equal([]);
  });

  it('takes the netmask from the interface, or refuses when nothing tells it', async () => {
    expect(await bench({ ipname: '10.9.0.11' }).act('start')).to.include('ip addr add 10.9.0.11/24 dev svc0');
    expect((await bench({ ipname: '10.77.0.11' }).blockers('start'))[0]?.text).to.contain('netmask is not set');
  });

  it('does not take the other addresses of the network along when it removes the primary one', async () => {
    here().run('ip', 'addr', 'flush', 'dev', 'svc0');
    const first = bench({ ipname: '10.9.0.20', netmask: '24' });
    await first.act('start');
    here().run('ip', 'addr', 'add', '10.9.0.21/24', 'dev', 'svc0');
    expect((await first.act('stop'))[0]).to.contain('promote_secondaries=1');
    expect(addresses()).to.deep.equal(['10.9.0.21/24']);
  });

  it('tells where an address is instead, and with which netmask', async () => {
    const wrongMask = bench({ ipname: '10.9.0.1', netmask: '16' });
    expect(await wrongMask.status()).to.deep.include({ state: 'warn' });
    expect(noteTexts(await wrongMask.status())).to.deep.equal(['current netmask 24, expected 16']);
    expect(await wrongMask.blockers('start')).to.have.length(1);
    const elsewhere = bench({ ipname: '127.0.0.1', netmask: '8' });
    expect(noteTexts(await elsewhere.status())).to.deep.equal(['127.0.0.1 is on lo, expected svc0']);
    expect((await elsewhere.blockers('start'))[0]).not.to.have.property('allow');
    expect(await elsewhere.act('stop')).to.deep.equal([]);
  });

  it('is down with a note when the interface is missing, and refuses', async () => {
    const ip = bench({ ipname: '10.9.0.10', netmask: '24', ipdev: 'nope0' });
    expect(await ip.status()).to.deep.equal({
      state: 'down',
      notes: [{ level: 'warn', text: 'interface nope0 not found' }],
      facts: { address: '10.9.0.10' },
    });
    expect((await ip.blockers('start')).map(({ text }) => text)).to.deep.equal(['interface nope0 not found']);
    expect(await errorOf(ip.act('start'))).to.include({ code: 'REFUSED' });
    expect(await ip.act('stop')).to.deep.equal([]);
  });

  it('brings an interface up that is down, and only then asks who has the address', async () => {
    here().run('ip', 'link', 'set', 'svc0', 'down');
    const free = bench({ ipname: '10.9.0.10', netmask: '24' });
    expect(await free.blockers('start')).to.deep.equal([]);
    const planned = await free.dry('start');
    expect(await free.act('start')).to.deep.equal(planned);
    expect(planned[0]).to.equal('ip link set dev svc0 up');
    here().run('ip', 'link', 'set', 'svc0', 'down');
    const taken = bench({ ipname: '10.9.0.9', netmask: '24' });
    expect((await errorOf(taken.act('start'))).message).to.contain('alive elsewhere');
    expect(addresses()).not.to.include('10.9.0.9/24');
  });

  it('warns without carrier, and refuses a start there unless allowed', async () => {
    const ip = bench({ ipname: '10.9.0.1', netmask: '24' });
    there().run('ip', 'link', 'set', 'peer0', 'down');
    expect(noteTexts(await ip.status())).to.deep.equal(['interface svc0 has no carrier']);
    expect((await ip.status()).state).to.equal('warn');
    expect(await bench({ ipname: '10.9.0.10', netmask: '24' }).blockers('start')).to.deep.equal([
      { text: 'interface svc0 has no carrier', allow: 'no-carrier' },
    ]);
  });

  it('IPv6: waits for duplicate address detection, and takes a duplicate off again', async () => {
    const ip = bench({ ipname: 'FD00:9:0::10', netmask: '64' });
    const planned = await ip.dry('start');
    expect(await ip.act('start')).to.deep.equal(planned);
    expect(await ip.status()).to.deep.equal({ state: 'up', notes: [], facts: { address: 'fd00:9:0::10' } });
    await ip.act('stop');
    expect((await ip.status()).state).to.equal('down');
    const taken = bench({ ipname: 'fd00:9::9', netmask: '64' });
    // Without an own address in the network nobody can be asked beforehand; the kernel asks when the address is added.
    expect(await taken.blockers('start')).to.deep.equal([]);
    here().run('ip', 'addr', 'add', 'fd00:9::1/64', 'dev', 'svc0', 'nodad');
    expect(await taken.blockers('start')).to.have.deep.nested.property('[0].allow', 'address-alive');
    expect((await errorOf(taken.act('start'))).message).to.contain('duplicate address detection failed');
    expect(addresses()).not.to.include('fd00:9::9/64');
  });

  it('sets the default route and puts the former one back', async () => {
    here().run('ip', 'route', 'add', 'default', 'via', '10.9.0.8', 'dev', 'svc0');
    const ip = bench({ ipname: '10.9.0.10', netmask: '24', gateway: '10.9.0.9' });
    await ip.act('start');
    expect(here().run('ip', 'route', 'show', 'default')).to.contain('via 10.9.0.9');
    expect((await ip.status()).state).to.equal('up');
    expect(await ip.act('start')).to.deep.equal([]);
    await ip.act('stop');
    expect(here().run('ip', 'route', 'show', 'default')).to.contain('via 10.9.0.8');
    expect(await ip.act('stop')).to.deep.equal([]);
  });

  it('leaves a default route alone that it has not set', async () => {
    here().run('ip', 'route', 'add', 'default', 'via', '10.9.0.9', 'dev', 'svc0');
    const ip = bench({ ipname: '10.9.0.10', netmask: '24', gateway: '10.9.0.9' });
    await ip.act('start');
    await ip.act('stop');
    expect(here().run('ip', 'route', 'show', 'default')).to.contain('via 10.9.0.9');
  });

  it('removes a default route where there was none', async () => {
    const ip = bench({ ipname: '10.9.0.10', netmask: '24', gateway: '10.9.0.9' });
    await ip.act('start');
    expect(await ip.act('stop')).to.deep.equal(['ip route del default via 10.9.0.9 dev svc0', 'ip addr del 10.9.0.10/24 dev svc0']);
  });

  it('warns of a name that does not resolve, and stops what a start has remembered all the same', async () => {
    const unknown = bench({ ipname: 'svt.invalid', netmask: '24' });
    expect(await unknown.status()).to.deep.equal({ state: 'warn', notes: [{ level: 'warn', text: 'cannot resolve svt.invalid' }] });
    expect((await unknown.blockers('start')).map(({ text }) => text)).to.deep.equal(['cannot resolve svt.invalid']);
    expect(await errorOf(unknown.act('stop'))).to.include({ code: 'COMMAND' });
    memory.set('ip#1 address', '10.9.0.1');
    expect(await unknown.act('stop')).to.deep.equal(['ip addr del 10.9.0.1/24 dev svc0']);
  });
});
