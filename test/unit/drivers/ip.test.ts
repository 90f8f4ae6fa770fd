import { expect } from 'chai';
import { SvcError } from '../../../agent/errors.ts';
import ipHost from '../../../drivers/ip/host.ts';
import { type Answer, createFake, type Fake, missingTool } from './fake.ts';

interface Shown {
  readonly flags?: readonly string[];
  readonly addresses?: readonly string[];
}

/** What `ip -j addr show` prints for these interfaces. */
function shown(links: Readonly<Record<string, Shown>>): Answer {
  const list = Object.entries(links).map(([ifname, { flags = ['UP', 'LOWER_UP', 'BROADCAST'], addresses = [] }]) => ({
    ifname,
    flags,
    addr_info: addresses.map((text) => {
      const [local = '', prefixlen] = text.split('/');
      return { family: local.includes(':') ? 'inet6' : 'inet', local, prefixlen: Number(prefixlen) };
    }),
  }));
  return { stdout: JSON.stringify(list) };
}

function fake(config: Readonly<Record<string, string>>, reads: Readonly<Record<string, Answer>>, allow: readonly string[] = []): Fake {
  return createFake(ipHost, {
    config: { ipname: '10.0.0.5', ipdev: 'eth0', netmask: '24', ...config },
    allow,
    machine: { reads: { 'ip -j addr show': shown({ eth0: {} }), 'arping -D': {}, 'ip -j route': { stdout: '[]' }, ...reads } },
  });
}

async function errorOf(work: Promise<unknown> | undefined): Promise<SvcError> {
  return Promise.resolve(work).then(
    () => expect.fail('it must fail'),
    (error: SvcError) => error,
  );
}

const blockersOf = async (made: Fake) => (await ipHost.blockers?.(made.at as never, 'start')) ?? [];
const alive = { exitCode: 1, stdout: 'Unicast reply from 10.0.0.5 [0E:AB:E9:71:31:2E]  0.528ms\n' };

describe('driver ip.host', () => {
  it('status asks once per round for all addresses, and throws when it cannot tell', async () => {
    const made = fake({}, {});
    await made.status();
    expect(made.asked).to.deep.equal(['ip -j addr show']);
    expect(await errorOf(fake({}, { 'ip -j addr show': { stdout: 'garbage' } }).status())).to.include({ code: 'COMMAND' });
    expect(await errorOf(fake({}, { 'ip -j addr show': missingTool('ip') }).status())).to.include({ code: 'UNSUPPORTED' });
    expect(await errorOf(fake({ netmask: 'x' }, {}).status())).to.include({ code: 'CONFIG' });
  });

  it('the label is name@interface', () => {
    expect(ipHost.label({ ipname: 'svc1.example.com', ipdev: 'eth0' } as never)).to.equal('svc1.example.com@eth0');
  });

  it('asks by ARP, else by ping; not being able to ask is a refusal too', async () => {
    expect(await blockersOf(fake({}, {}))).to.deep.equal([]);
    expect((await blockersOf(fake({}, { 'arping -D': alive })))[0]?.text).to.equal(
      '10.0.0.5 is alive elsewhere (answered by 0E:AB:E9:71:31:2E)',
    );
    const without = missingTool('arping');
    expect(await blockersOf(fake({}, { 'arping -D': without, ping: { exitCode: 1 } }))).to.deep.equal([]);
    expect((await blockersOf(fake({}, { 'arping -D': without, ping: { exitCode: 0 } })))[0]).to.include({ allow: 'address-alive' });
    expect(
      (await blockersOf(fake({}, { 'arping -D': without, ping: { exitCode: 2, stderr: 'Network is unreachable' } })))[0]?.text,
    ).to.contain('cannot tell');
    expect((await blockersOf(fake({}, { 'arping -D': without, ping: missingTool('ping') })))[0]?.text).to.contain(
      'neither arping nor ping',
    );
    expect((await blockersOf(fake({}, { 'arping -D': { exitCode: 2, stderr: 'not permitted' } })))[0]?.text).to.contain('not permitted');
  });

  it('does not ask where there is no ARP, when it is told not to, and when the address is here already', async () => {
    for (const made of [
      fake({}, { 'ip -j addr show': shown({ eth0: { flags: ['UP', 'LOWER_UP', 'LOOPBACK'] } }), 'arping -D': alive }),
      fake({ check_conflict: 'no' }, { 'arping -D': alive }),
      fake({}, { 'ip -j addr show': shown({ eth0: { addresses: ['10.0.0.5/24'] } }), 'arping -D': alive }),
    ]) {
      expect(await blockersOf(made)).to.deep.equal([]);
    }
  });

  it('goes on when the network cannot be told, with a warning', async () => {
    const made = fake({}, {});
    made.machine.changes = { arping: () => missingTool('arping') };
    await ipHost.start?.(made.at as never);
    expect(made.log.join()).to.contain('arping is not installed');
    const failing = fake({}, {});
    failing.machine.changes = { arping: () => ({ exitCode: 2 }) };
    await ipHost.start?.(failing.at as never);
    expect(failing.log.join()).to.contain('could not be told');
    const quiet = fake({ announce: 'false' }, {});
    await ipHost.start?.(quiet.at as never);
    expect(quiet.done).to.deep.equal(['ip addr add 10.0.0.5/24 dev eth0']);
  });

  it('a name: one address is taken, IPv4 before IPv6, several are refused', async () => {
    const named = (stdout: string) => fake({ ipname: 'www' }, { 'getent ahosts www': { stdout } });
    const one = named('fd00::5 STREAM www\n10.0.0.5 STREAM\n10.0.0.5 DGRAM\n');
    await ipHost.start?.(one.at as never);
    expect(one.done[0]).to.equal('ip addr add 10.0.0.5/24 dev eth0');
    expect(one.machine.memory.get('address')).to.equal('10.0.0.5');
    const several = named('10.0.0.5 STREAM www\n10.0.0.6 STREAM\n');
    expect((await blockersOf(several))[0]?.text).to.contain('several addresses (10.0.0.5, 10.0.0.6)');
    expect((await several.status()).state).to.equal('warn');
  });

  it('refuses to replace a default route over several paths, and leaves one alone that it has not set', async () => {
    const multipath = { 'ip -j route show default': { stdout: '[{"dst":"default","nexthops":[]}]' } };
    const made = fake({ gateway: '10.0.0.1' }, multipath);
    expect(await errorOf(ipHost.start?.(made.at as never))).to.include({ code: 'REFUSED' });
    const stopped = fake(
      { gateway: '10.0.0.1' },
      { 'ip -j route show default': { stdout: '[{"dst":"default","gateway":"10.0.0.1","dev":"eth0"}]' } },
    );
    await ipHost.stop?.(stopped.at as never);
    expect(stopped.done).to.deep.equal([]);
  });

  it('forgets what a start of a former boot has replaced', async () => {
    const made = fake(
      { gateway: '10.0.0.1' },
      { 'ip -j route show default': { stdout: '[{"dst":"default","gateway":"10.0.0.1","dev":"eth0"}]' } },
    );
    made.machine.files['/proc/sys/kernel/random/boot_id'] = '99999999-2222-4333-8444-555555555555\n';
    made.machine.memory.set('former_route', 'none 11111111-2222-4333-8444-555555555555');
    await ipHost.stop?.(made.at as never);
    expect(made.done).to.deep.equal([]);
    made.machine.memory.set('former_route', 'none 99999999-2222-4333-8444-555555555555');
    await ipHost.stop?.(made.at as never);
    expect(made.done).to.deep.equal(['ip route del default via 10.0.0.1 dev eth0']);
  });

  it('stop does not resolve again what a start has remembered', async () => {
    const made = fake(
      { ipname: 'www' },
      { 'getent ahosts www': { exitCode: 2 }, 'ip -j addr show': shown({ eth0: { addresses: ['10.0.0.5/24'] } }) },
    );
    expect(await errorOf(ipHost.stop?.(made.at as never))).to.include({ code: 'COMMAND' });
    made.machine.memory.set('address', '10.0.0.5');
    await ipHost.stop?.(made.at as never);
    expect(made.done).to.deep.equal(['ip addr del 10.0.0.5/24 dev eth0']);
    expect(made.machine.memory.size).to.equal(0);
  });

  it('goes on without a carrier only when allowed', async () => {
    const reads = { 'ip -j addr show': shown({ eth0: { flags: [] } }), 'arping -D': alive };
    expect(await errorOf(ipHost.start?.(fake({}, reads).at as never))).to.include({ code: 'REFUSED' });
    const allowed = fake({}, reads, ['no-carrier', 'address-alive']);
    await ipHost.start?.(allowed.at as never);
    expect(allowed.done).to.include('ip addr add 10.0.0.5/24 dev eth0');
  });

  it('lets an error of ip through', async () => {
    const made = fake({}, {});
    made.machine.changes = { 'ip addr add': () => new SvcError('COMMAND', 'RTNETLINK answers: Operation not permitted') };
    expect(await errorOf(ipHost.start?.(made.at as never))).to.include({ code: 'COMMAND' });
  });
});
