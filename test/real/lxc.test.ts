import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { must, tryTo } from '../support/command.ts';
import { lxcNeeds } from '../support/lxc.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { makeExt4 } from './fault-service.ts';
import { cables, linesOf, useContainerService } from './lxc-service.ts';

describeUnless(missing(lxcNeeds), 'real: container.lxc', () => {
  const svc = useContainerService();
  const name = () => svc.container().name;
  const log = (verb: string) => `/var/tmp/svc_${name()}_lxc_${verb}.log`;

  /** Nothing of it is left on this node. */
  const expectGone = () => {
    expect(svc.container().state(), 'state').to.equal('STOPPED');
    expect(svc.container().monitor(), 'monitor').to.equal(undefined);
    expect(readFileSync('/proc/net/unix', 'utf8'), 'its socket').not.to.include(`/${name()}/command`);
  };

  it('starts and stops with the lines of the HP 3PAR document', async () => {
    svc.file0('');
    const started = await svc.start();
    expect(started.code, started.stderr).to.equal(0);
    const [first, done, ...waits] = linesOf(started, 'container#0');
    expect(first).to.equal(`lxc-start -d -n ${name()} -o ${log('start')} -f ${svc.container().cf}`);
    expect(done).to.match(/^start done in 0:00:\d\d\.\d{6} - ret 0 - logs in \/var\/tmp\/svc_\S+_lxc_start\.log$/);
    expect(waits).to.deep.equal(['wait for container up status', 'wait for container operational']);
    expect(await svc.states()).to.deep.equal({ 'container#0': 'up' });
    expect(linesOf(await svc.start()), 'a second start').to.deep.equal([]);

    const stopped = linesOf(await svc.stop(), 'container#0');
    expect(stopped[0]).to.match(new RegExp(`^lxc-stop -n ${name()} -o ${log('stop')}( |$)`));
    expect(stopped[1]).to.match(/^stop done in 0:00:\d\d\.\d{6} - ret 0 - logs in \/var\/tmp\/svc_\S+_lxc_stop\.log$/);
    expect(stopped[2]).to.equal('wait for container down status');
    expectGone();
    expect(linesOf(await svc.stop()), 'a second stop').to.deep.equal([`container ${name()} already stopped`]);
  });

  it('refuses before the first change when its root folder or its configuration is not there', async () => {
    svc.file0('');
    renameSync(svc.container().root, `${svc.container().root}.away`);
    const refused = await svc.start();
    expect([refused.code, linesOf(refused)]).to.deep.equal([5, []]);
    expect(refused.stderr).to.match(/container#0: root folder \S+\/root is not there \(cannot be waived\)/);
    svc.file0('', `cf = ${svc.container().cf}.none\n`.replace(/^/, '# '));
    svc.write(readFileSync(svc.file('services.d', 'svc1.conf'), 'utf8').replace(/^cf = .*$/m, 'cf = HOME/none'));
    expect((await svc.start()).stderr).to.match(/configuration file \S+\/none is not there/);
  });

  it('starts from a filesystem of its own service, which is mounted first', async () => {
    const { cf, root } = svc.container();
    const [image, mnt] = [makeExt4(svc, 'image', 16), svc.home().path('srv', '.')];
    const loop = must('losetup', '--find', '--show', image).trim();
    mkdirSync(mnt);
    must('mount', loop, mnt);
    must('cp', '-a', root, path.join(mnt, 'root'));
    must('umount', mnt);
    must('losetup', '--detach', loop);
    rmSync(root, { recursive: true });
    svc.file0(`[fs#1]\ntype = ext4\ndev = HOME/image\nmnt = ${mnt}\n`, `rootfs = ${mnt}/root\n`);
    const started = await svc.start();
    expect(started.code, started.stderr).to.equal(0);
    expect(linesOf(started, 'container#0')[0]).to.match(new RegExp(`-f ${cf} -s lxc.rootfs.path=${mnt}/root$`));
    expect((await svc.stop()).code).to.equal(0);
    expect(tryTo('mountpoint', '-q', mnt), 'still mounted').to.equal(false);
    const alone = await svc.start('--rid', 'container#0');
    expect(alone.stderr).to.match(/root folder \S+ is not there: fs#1 is not mounted/);
  });

  it('says that a container ended while it was starting, and leaves nothing', async () => {
    svc.file0('');
    svc.container().init('exit 3\n');
    const before = cables();
    const failed = await svc.start();
    expect(failed.code).to.equal(1);
    expect(failed.stderr).to.match(/container#0: (the container went down|lxc-start of \S+ failed \(ret 1\))/);
    expectGone();
    expect(cables()).to.deep.equal(before);
    expect(await svc.states()).to.deep.equal({ 'container#0': 'down' });
  });

  it('says what lxc-start says when there is nothing to run', async () => {
    svc.file0('');
    rmSync(path.join(svc.container().root, 'sbin/init'));
    const failed = await svc.start();
    expect(failed.code).to.equal(1);
    expect(failed.stderr).to.match(/start done in \S+ - ret 1 - logs in/);
    expect(failed.stderr).to.match(/lxc-start of \S+ failed \(ret 1\): \S/);
    expectGone();
  });

  it('ends a container that runs but never runs a command, and one that goes down meanwhile', async () => {
    svc.file0('', `rcmd = ${svc.script('never', 'exit 1')}\nstart_timeout = 2s\n`.replace('start_timeout = 2s\n', ''));
    svc.container().init('sleep 2; exit 0\n');
    const died = await svc.start();
    expect(died.stderr).to.match(/container#0: the container went down/);
    expectGone();
    svc.container().init('trap "exit 0" PWR\nwhile :; do sleep 60 & wait $!; done\n');
    svc.write(readFileSync(svc.file('services.d', 'svc1.conf'), 'utf8').replace('start_timeout = 20s', 'start_timeout = 1s'));
    const stuck = await svc.start();
    expect(stuck.code).to.equal(1);
    expect(stuck.stderr).to.match(/container \S+ to be operational/);
    expect(linesOf(stuck)).to.include('rollback: stop');
    expectGone();
  });

  it('ends a start that hangs before the container is up', async function () {
    this.timeout(60_000);
    svc.file0('');
    const hook = svc.script('hook', 'exec sleep 300');
    must('sh', '-c', `echo 'lxc.hook.pre-start = ${hook}' >>${svc.container().cf}`);
    svc.write(readFileSync(svc.file('services.d', 'svc1.conf'), 'utf8').replace('start_timeout = 20s', 'start_timeout = 2s'));
    const stuck = await svc.start();
    expect(stuck.code).to.equal(1);
    expect(stuck.stderr).to.match(/container \S+ did not come up in 2 s/);
    expectGone();
  });

  it('kills a container that does not end in time', async () => {
    svc.file0('');
    svc.container().init('trap "" PWR TERM INT\nwhile :; do sleep 60 & wait $!; done\n');
    expect((await svc.start()).code).to.equal(0);
    svc.write(readFileSync(svc.file('services.d', 'svc1.conf'), 'utf8').replace('stop_timeout = 10s', 'stop_timeout = 1s'));
    const stopped = await svc.stop();
    expect(stopped.code, stopped.stderr).to.equal(0);
    expect(linesOf(stopped)).to.include.members(['waited too long for shutdown', `lxc-stop --kill --name ${name()}`]);
    expectGone();
  });

  it('tells the truth when it is killed behind our back, by its init or by its monitor, and starts again', async () => {
    svc.file0('');
    for (const victim of ['pid', 'monitor'] as const) {
      expect((await svc.start()).code).to.equal(0);
      must('kill', '-KILL', String(svc.container()[victim]()));
      expect(await svc.states(), `after the end of its ${victim}`).to.deep.equal({ 'container#0': 'down' });
      expect(linesOf(await svc.stop()).filter((line) => line.startsWith('lxc'))).to.deep.equal([]);
    }
    expect((await svc.start()).code).to.equal(0);
  });

  it('cannot tell about a container whose monitor is stuck, and stops it all the same', async function () {
    this.timeout(60_000);
    svc.file0('[app#1]\ntype = simple\nencap = true\nstart = /bin/sleep 300\n');
    expect((await svc.start()).code).to.equal(0);
    must('kill', '-STOP', String(svc.container().monitor()));
    expect(await svc.states()).to.deep.equal({ 'container#0': 'undef', 'app#1': 'undef' });
    const stopped = await svc.stop();
    expect(stopped.stderr).to.match(/cannot be stopped by itself while container#0 is undef/);
    expect(stopped.code, stopped.stderr).to.equal(0);
    expectGone();
  });

  it('notes that LXC would start it at boot', async () => {
    svc.file0('');
    must('sh', '-c', `echo 'lxc.start.auto = 1' >>${svc.container().cf}`);
    expect((await svc.status()).resources['container#0']?.notes[0]?.text).to.match(/^container auto boot is on: lxc.start.auto in /);
  });
});

describeUnless(missing(lxcNeeds), 'real: container.lxc with a cable of a fixed name', () => {
  const end = `svt${process.pid}v`;
  const svc = useContainerService({
    net: ['lxc.net.0.type = veth', `lxc.net.0.veth.pair = ${end}`, 'lxc.net.0.flags = up', 'lxc.net.0.name = eth0'],
  });

  it('removes the cable that a dead container left, and starts', async () => {
    svc.file0('');
    expect((await svc.start()).code).to.equal(0);
    const { container } = svc;
    const holder = svc.spawn(['print', 'status']);
    await holder.done;
    must('sh', '-c', `nsenter --net=/proc/${container().pid()}/ns/net sleep 20 >/dev/null 2>&1 &`);
    must('kill', '-KILL', String(container().monitor()));
    expect(cables(), 'held by a process in its network').to.include(end);
    const again = await svc.start();
    expect(again.code, again.stderr).to.equal(0);
    expect(linesOf(again)[0]).to.equal(`ip link del dev ${end}`);
    expect((await svc.stop()).code).to.equal(0);
    must('sh', '-c', 'pkill -KILL -x -f "sleep 20" || true');
  });
});
