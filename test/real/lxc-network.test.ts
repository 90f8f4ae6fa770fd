import { expect } from 'chai';
import { must, tryTo } from '../support/command.ts';
import { lxcNeeds } from '../support/lxc.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { cables, linesOf, useContainerService } from './lxc-service.ts';

const bridge = `svt${process.pid}br`;

/** An address that is given to the container from outside, and an application inside that needs it. */
const file = `
[app#1]
type = simple
encap = true
start = /bin/sleep 4713

[ip#1]
type = netns
container = container#0
ipname = 10.78.0.9
ipdev = ${bridge}
netmask = 24
gateway = 10.78.0.1
`;

describeUnless(missing({ ...lxcNeeds, tools: [...(lxcNeeds.tools ?? []), 'arping'] }), 'real: ip.netns in a container', () => {
  const svc = useContainerService({ net: ['lxc.net.0.type = empty'] });
  const states = async () => Object.values(await svc.states()).join(' ');
  const inside = (...argv: readonly [string, ...string[]]) => must('nsenter', `--net=/proc/${svc.container().pid()}/ns/net`, ...argv);
  const ours = () =>
    cables().filter((name) => /^veth0p[lg]\d+$/.test(name) && must('ip', '-o', 'link', 'show', 'dev', name).includes(`master ${bridge}`));

  before('make a bridge', () => {
    must('ip', 'link', 'add', bridge, 'type', 'bridge');
    must('ip', 'addr', 'add', '10.78.0.1/24', 'dev', bridge);
    must('ip', 'link', 'set', bridge, 'up');
  });
  after('remove the bridge', () => {
    tryTo('ip', 'link', 'del', bridge);
  });

  it('starts right after its container, before what runs inside, and stops in the reverse order', async () => {
    svc.file0(file);
    const started = await svc.start();
    expect(started.code, started.stderr).to.equal(0);
    const pid = svc.container().pid();
    const here = `veth0pl${pid}`;
    const network = '(in the network of container#0)';
    expect(
      linesOf(started)
        .filter((line) => /^(lxc-start|ip|arping|\/bin)/.test(line))
        .slice(1),
    ).to.deep.equal([
      `ip link add name ${here} mtu 1500 type veth peer name veth0pg${pid} mtu 1500`,
      `ip link set dev ${here} master ${bridge}`,
      `ip link set dev ${here} up`,
      `ip link set dev veth0pg${pid} netns ${pid}`,
      `ip link set dev veth0pg${pid} name eth0 ${network}`,
      `ip addr add 10.78.0.9/24 dev eth0 ${network}`,
      `ip link set dev eth0 up ${network}`,
      `ip route replace default via 10.78.0.1 dev eth0 ${network}`,
      `arping -U -c 1 -I eth0 10.78.0.9 ${network}`,
      '/bin/sleep 4713 (in container#0)',
    ]);
    expect(inside('ip', 'route', 'show', 'default')).to.match(/via 10\.78\.0\.1 dev eth0/);
    must('ping', '-c', '1', '-W', '2', '10.78.0.9');
    expect(await states()).to.equal('up up up');
    const stopped = linesOf(await svc.stop()).filter((line) => /^(kill|ip|lxc-stop)/.test(line));
    expect(stopped.map((line) => line.split(' ').slice(0, 3).join(' '))).to.deep.equal([
      stopped[0]?.split(' ').slice(0, 3).join(' '),
      'ip route del',
      'ip addr del',
      'ip link del',
      `lxc-stop -n ${svc.container().name}`,
    ]);
    expect(ours()).to.deep.equal([]);
  });

  it('is down with its container, and comes back with it, without a cable left', async () => {
    svc.file0(file);
    await svc.start();
    svc.container().kill();
    const { resources } = await svc.status();
    expect(resources['ip#1']).to.include({ status: 'down' });
    expect(resources['ip#1']?.notes[0]?.text).to.equal('container#0 is down');
    expect((await svc.start()).code).to.equal(0);
    expect(await states()).to.equal('up up up');
    expect(ours()).to.deep.equal([`veth0pl${svc.container().pid()}`]);
  });

  it('tells what is wrong, and a start of it alone mends it', async () => {
    svc.file0(file);
    await svc.start();
    const here = `veth0pl${svc.container().pid()}`;
    must('ip', 'link', 'set', 'dev', here, 'nomaster');
    inside('ip', 'route', 'del', 'default');
    const { resources } = await svc.status();
    expect(resources['ip#1']?.status).to.equal('warn');
    expect(resources['ip#1']?.notes.map(({ text }) => text)).to.have.members([
      `${here} is not connected to ${bridge}`,
      'no default route via 10.78.0.1 on eth0',
    ]);
    expect((await svc.start('--rid', 'ip#1')).code).to.equal(0);
    expect(await states()).to.equal('up up up');
  });

  it('completes a start and a stop that were killed at each of their changes', async function () {
    this.timeout(120_000);
    svc.file0(file.replace('gateway', 'check_conflict = false\nannounce = false\ngateway'));
    expect((await svc.start('--rid', 'container#0')).code).to.equal(0);
    for (const line of [
      /ip link add/,
      /master/,
      /dev veth0pl\d+ up/,
      / netns /,
      / name eth0/,
      /ip addr add/,
      /dev eth0 up/,
      /route replace/,
    ]) {
      const cut = svc.spawn(['start', '--rid', 'ip#1']);
      await cut.sees(line);
      await cut.crash();
      expect((await svc.start('--rid', 'ip#1')).code, `start again after ${line}`).to.equal(0);
      expect((await svc.status()).resources['ip#1']?.status, `status after ${line}`).to.equal('up');
      expect((await svc.stop('--rid', 'ip#1')).code, `stop after ${line}`).to.equal(0);
      expect(ours(), `cables after ${line}`).to.deep.equal([]);
    }
  });

  it('refuses to start alone while its container is down', async () => {
    svc.file0(file);
    const refused = await svc.start('--rid', 'ip#1');
    expect(refused.code).to.equal(5);
    expect(refused.stderr).to.match(/ip#1: is in the network of container#0, which is down: start that first/);
  });
});
