import { expect } from 'chai';
import type { SvcError } from '../../../agent/errors.ts';
import lxc from '../../../drivers/container/lxc.ts';
import {
  attachArgv,
  clockText,
  errorsIn,
  folderOf,
  lxcPlace,
  parseConfig,
  parseInfo,
  parseLinks,
  startArgv,
  stopArgv,
} from '../../../drivers/lib/lxc.ts';
import { createFake, type Fake } from './fake.ts';
import { fixture } from './fixture.ts';

const codeOf = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return (error as SvcError).code;
  }
  return undefined;
};

describe('lxc tools', () => {
  const place = lxcPlace({ name: 'svc1.opensvc.com' });

  it('reads lxc-info as it is printed', () => {
    expect(parseInfo(fixture('lxc-info-running.txt'))).to.deep.equal({ state: 'RUNNING', pid: 2469 });
    expect(parseInfo(fixture('lxc-info-stopped.txt'))).to.deep.equal({ state: 'STOPPED', pid: undefined });
    expect(parseLinks(fixture('lxc-info-stats.txt'))).to.deep.equal(['vethj2Vi2S']);
  });

  it('refuses what it was not told to expect', () => {
    const texts = ['', 'State: \n', 'State:          SLEEPING\n', 'State:          RUNNING\n', 'PID: 12\n', 'State: RUNNING\nPID: 0\n'];
    for (const text of [...texts, 'State: RUNNING\nPID: 12x\n', 'State: STOPPED\nWeather: fine\n', "svc1 doesn't exist"])
      expect(
        codeOf(() => parseInfo(text)),
        text,
      ).to.equal('COMMAND');
    expect(codeOf(() => parseLinks('Link: a/b\n'))).to.equal('COMMAND');
    expect(codeOf(() => parseLinks('Link: much-too-long-for-a-link\n'))).to.equal('COMMAND');
  });

  it('says the commands of the HP 3PAR document', () => {
    const log = '/var/tmp/svc_svc1.opensvc.com_lxc';
    expect(startArgv(place).join(' ')).to.equal(
      `lxc-start -d -n svc1.opensvc.com -o ${log}_start.log -f /var/lib/lxc/svc1.opensvc.com/config`,
    );
    expect(stopArgv(place, 120_000).join(' ')).to.equal(`lxc-stop -n svc1.opensvc.com -o ${log}_stop.log -t 120 --nokill`);
    const other = lxcPlace({ name: 'c', cf: '/cf', rootfs: '/root', lxcpath: '/srv/lxc' });
    expect(startArgv(other).slice(-6).join(' ')).to.equal('-f /cf -P /srv/lxc -s lxc.rootfs.path=/root');
    expect(stopArgv(other, 1).slice(-3).join(' ')).to.equal('1 --nokill'.replace('1', '-t 1'));
    expect(lxcPlace({ name: 'c', lxcpath: '/srv/lxc' }).cf).to.equal('/srv/lxc/c/config');
    for (const name of ['', '-n', '../x', 'a b', 'a/b'])
      expect(
        codeOf(() => lxcPlace({ name })),
        name,
      ).to.equal('CONFIG');
  });

  it('keeps values of variables out of the words', () => {
    const argv = attachArgv(place, ['ls', '-l'], { keep: ['SECRET', 'LANG'], set: { PATH: '/srv' }, uid: 7, gid: 8 });
    expect(argv.join(' ')).to.equal(
      'lxc-attach -n svc1.opensvc.com --clear-env --keep-var SECRET --keep-var LANG --set-var PATH=/srv --uid 7 --gid 8 -- ls -l',
    );
  });

  it('shows times as the document does', () => {
    expect([0, 0.006283 * 1000, 686.984, 61_000.5, 3_600_000 * 27 + 1].map(clockText)).to.deep.equal([
      '0:00:00.000000',
      '0:00:00.006283',
      '0:00:00.686984',
      '0:01:01.000500',
      '27:00:00.001000',
    ]);
  });

  it('reads the configuration of a container', () => {
    const text = `# lxc.start.auto = 0\nlxc.rootfs.path = dir:/old\nlxc.rootfs.path="dir:/srv/root"\n lxc.start.auto=1\nlxc.net.0.veth.pair = vx0\nlxc.net.1.veth.pair =\nlxc.include = /etc/x\n`;
    expect(parseConfig(text)).to.deep.equal({ rootFolder: '/srv/root', autoBoot: true, cables: ['vx0'] });
    expect(parseConfig('')).to.deep.equal({ rootFolder: undefined, autoBoot: false, cables: [] });
    expect(['/a', 'dir:/a', 'loop:/a.img', 'overlay:/a:/b', 'zfs:tank/a', 'a'].map(folderOf)).to.deep.equal([
      '/a',
      '/a',
      ...Array(4).fill(undefined),
    ]);
  });

  it('finds the cause in its log', () => {
    expect(errorsIn(fixture('lxc-start-log.txt'))[0]).to.match(/^Failed to mount rootfs "\/tmp\/nope"/);
    expect(errorsIn('lxc-start ct1 20261121100315.336 NOTICE   start - ../src/lxc/start.c:start:2194 - Exec\n')).to.deep.equal([]);
  });
});

describe('driver container.lxc', () => {
  const cf = '/etc/ct1.conf';
  const attach = 'lxc-attach -n ct1 --clear-env -- pwd';
  const fake = (state: string, config: Readonly<Record<string, string>> = {}): Fake => {
    const made = createFake(lxc, {
      config: { name: 'ct1', cf, ...config },
      machine: { files: { [cf]: 'lxc.rootfs.path = /srv/root\n' }, folders: { '/srv/root': [] } },
    });
    become(made, state);
    return made;
  };
  const become = (made: Fake, state: string): void => {
    made.machine.reads = {
      'lxc-info -n ct1': { stdout: `State: ${state}\n${state === 'STOPPED' ? '' : 'PID: 4711\n'}` },
      'lxc-info -n ct1 --rcfile /etc/ct1.conf -S': { stdout: 'CPU use:        0.00 seconds\n' },
      [attach]: { exitCode: state === 'RUNNING' ? 0 : 1 },
    };
  };
  const errorOf = async (work: Promise<unknown> | undefined): Promise<SvcError> =>
    Promise.resolve(work).then(
      () => expect.fail('it must fail'),
      (error: SvcError) => error,
    );

  it('tells its state', async () => {
    const states = ['RUNNING', 'STOPPED', 'FROZEN', 'STARTING', 'STOPPING', 'ABORTING'];
    const told = await Promise.all(states.map(async (state) => (await fake(state).status()).state));
    expect(told).to.deep.equal(['up', 'down', 'warn', 'warn', 'warn', 'warn']);
    expect((await fake('FROZEN').status()).notes?.[0]).to.deep.equal({
      level: 'warn',
      text: 'the container is frozen',
      mend: 'lxc-unfreeze -n ct1',
    });
  });

  it('is down without a configuration file only when no monitor listens for it', async () => {
    const made = fake('STOPPED');
    made.machine.files = { '/proc/net/unix': 'Num RefCount\n0: 2 0 10000 1 1 99 @/var/lib/lxc/ct12/command\n' };
    made.machine.reads = { 'lxc-info -n ct1 -s -p': { exitCode: 1, stderr: "ct1 doesn't exist\n" } };
    expect((await made.status()).state).to.equal('down');
    for (const socket of ['@/var/lib/lxc/ct1/command', '@lxc/0123456789abcdef/command']) {
      made.machine.files = { '/proc/net/unix': `Num RefCount\n0: 2 0 10000 1 1 99 ${socket}\n` };
      expect((await errorOf(made.status())).code, socket).to.equal('COMMAND');
    }
  });

  it('cannot tell when LXC does not: to anybody but root it says nothing', async () => {
    const made = fake('STOPPED');
    made.machine.reads = { 'lxc-info -n ct1': { exitCode: 1, stderr: 'Failure to retrieve information\n' } };
    expect((await errorOf(made.status())).code).to.equal('COMMAND');
  });

  it('waits with a start for a filesystem of its service, and refuses without one', async () => {
    const made = fake('STOPPED');
    made.machine.folders = {};
    made.machine.files['/proc/self/mountinfo'] = fixture('mountinfo.txt');
    const view = { rid: 'fs#1', type: 'fs.ext4', label: '', config: { mnt: '/srv' }, report: undefined };
    expect(await lxc.blockers?.({ ...made.at, resources: [view] } as never, 'start'), 'it will come with fs#1').to.deep.equal([]);
    expect(await lxc.blockers?.(made.at as never, 'start')).to.deep.equal([{ text: 'root folder /srv/root is not there' }]);
    expect(await lxc.blockers?.(made.at as never, 'stop')).to.deep.equal([]);
    expect((await errorOf(lxc.start?.(made.at as never))).code).to.equal('REFUSED');
    expect(made.done).to.deep.equal([]);
  });

  it('thaws a frozen container before it asks it to stop', async () => {
    const made = fake('FROZEN');
    made.machine.changes = { 'lxc-stop -n': () => void become(made, 'STOPPED') };
    await lxc.stop?.(made.at as never);
    expect(made.done.map((line) => line.split(' ')[0])).to.deep.equal(['lxc-unfreeze', 'lxc-stop']);
  });

  it('kills what is half started without asking it first', async () => {
    const made = fake('STARTING');
    made.machine.changes = { 'lxc-stop --kill': () => void become(made, 'STOPPED') };
    await lxc.stop?.(made.at as never);
    expect(made.done).to.deep.equal(['lxc-stop --kill --name ct1']);
  });

  it('removes what a dead container left before it starts: monitors, and a cable of the same name', async () => {
    const made = fake('STOPPED');
    made.machine.files[cf] = 'lxc.rootfs.path = /srv/root\nlxc.net.0.veth.pair = vx0\n';
    made.machine.folders = {
      '/srv/root': [],
      '/sys/fs/cgroup/pids': ['lxc.monitor.ct1', 'lxc.monitor.ct1-2', 'lxc.monitor.ct12', 'lxc.payload.ct1'],
    };
    made.machine.files['/sys/fs/cgroup/pids/lxc.monitor.ct1/cgroup.procs'] = '11\n12\n';
    made.machine.files['/sys/fs/cgroup/pids/lxc.monitor.ct1-2/cgroup.procs'] = '13\n';
    made.machine.files['/proc/11/cmdline'] = '[lxc monitor] /var/lib/lxc ct1\0';
    made.machine.files['/proc/12/cmdline'] = 'sleep\x0010\0';
    made.machine.files['/proc/13/cmdline'] = '[lxc monitor] /var/lib/lxc ct1\0';
    const link = (ifname: string, kind: string) => ({ ifname, flags: [], mtu: 1500, linkinfo: { info_kind: kind } });
    made.machine.reads['ip -j -d link show'] = { stdout: JSON.stringify([link('vx0', 'veth'), link('vx1', 'veth')]) };
    made.machine.changes = {
      'lxc-start': () => {
        const { reads } = made.machine;
        become(made, 'RUNNING');
        Object.assign(made.machine.reads, { 'ip -j -d link show': reads['ip -j -d link show'] });
        return undefined;
      },
    };
    await lxc.start?.(made.at as never);
    expect(made.done.slice(0, 2)).to.deep.equal(['kill -KILL 11 13', 'ip link del dev vx0']);
    expect(made.done[2]).to.match(/^lxc-start /);
  });

  it('is entered by lxc-attach, or by rcmd with every variable as a word', async () => {
    const plain = await lxc.enter?.(fake('RUNNING').at as never);
    expect(plain).to.include({ init: 4711, keeps: true });
    expect(plain?.inside(['ls'], { keep: ['A'], set: {} }).join(' ')).to.equal('lxc-attach -n ct1 --clear-env --keep-var A -- ls');
    const rcmd = await lxc.enter?.(fake('RUNNING', { rcmd: 'ssh ct1' }).at as never);
    expect(rcmd).to.include({ init: 4711, keeps: false });
    expect(rcmd?.inside(['ls'], { keep: [], set: { A: '1' } }).join(' ')).to.equal('ssh ct1 env A=1 ls');
    expect(codeOf(() => rcmd?.inside(['ls'], { keep: [], set: {}, uid: 1 }))).to.equal('UNSUPPORTED');
    expect((await errorOf(lxc.enter?.(fake('STOPPED').at as never))).code).to.equal('UNREACHABLE');
  });
});
