/** One node of the lab: commands, files, LVM on its own disk, and what survives a pulled plug. */
import { expect } from 'chai';
import { useLab } from './lab.ts';
import { runMocha } from './mocha-inside.ts';

describe('lab: one node', function () {
  this.timeout(180_000);
  const lab = useLab({ nodes: ['node1'], disksMb: [256] });
  const node1 = () => lab().node('node1');

  it('runs commands with their exit status, both outputs and stdin', async () => {
    const result = await node1().run(['bash', '-c', 'cat; echo oops >&2; exit 3'], { input: 'a line\n' });
    expect(result).to.deep.equal({ code: 3, signal: null, stdout: 'a line\n', stderr: 'oops\n' });
    const failure = await node1().must(['ls', '/no such file']).then(String, String);
    expect(failure).to.match(/node1: ls \/no such file: exit 2\n.*No such file/s);
  });

  it('carries files there and back, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => (index * 7919) % 251));
    await node1().write('/tmp/bytes', bytes);
    expect((await node1().read('/tmp/bytes')).equals(bytes)).to.equal(true);
    expect((await node1().run(['cat', '/tmp/bytes'])).stdout.length).to.be.greaterThan(0);
    expect(await node1().read('/tmp/none').then(String, String)).to.match(/ENOENT/);
  });

  it('ends a command that takes too long, with all it started, and goes on', async () => {
    const late = node1().run(['bash', '-c', 'echo begun; sleep 777 & sleep 777'], { timeoutMs: 500 });
    expect(await late.then(String, String)).to.match(/did not end in 500 ms.*begun/s);
    expect((await node1().run(['pgrep', '-f', '^sleep 777'])).code).to.equal(1);
  });

  it('runs commands at the same time', async () => {
    const waiting = node1().start(['bash', '-c', 'until [ -e /tmp/go ]; do sleep 0.1; done; echo went']);
    await node1().must(['touch', '/tmp/go']);
    expect((await waiting.done).stdout).to.equal('went\n');
  });

  it('has device-mapper, LVM and ext4, the clock of the machine, cgroups and its own name', async () => {
    await node1().sh('pvcreate -q /dev/vdb; vgcreate -q vg1 /dev/vdb; lvcreate -q -y -n lv1 -L 100M vg1; mkfs.ext4 -q /dev/vg1/lv1');
    await node1().sh('mkdir /data; mount /dev/vg1/lv1 /data; echo kept >/data/file; umount /data; vgchange -q -a n vg1');
    expect(await node1().must(['dmsetup', 'ls'])).to.equal('No devices found');
    expect(await node1().must(['hostname'])).to.equal('node1');
    expect(Math.abs(Number(await node1().must(['date', '+%s'])) * 1000 - Date.now())).to.be.below(60_000);
    expect(await node1().sh('mkdir /sys/fs/cgroup/one; cat /sys/fs/cgroup/one/cgroup.procs; rmdir /sys/fs/cgroup/one')).to.equal('');
  });

  it('has svcmgr as a package would install it', async () => {
    const text = '[DEFAULT]\n\n[fs#1]\ntype = flag\n';
    await node1().sh('mkdir -p /etc/svcmgr/services.d');
    await node1().write('/etc/svcmgr/services.d/svc1.conf', text);
    await node1().must(['svcmgr', '-s', 'svc1', 'start']);
    expect(await node1().must(['svcmgr', '-s', 'svc1', 'print', 'status'])).to.match(/overall +up/);
    expect(await node1().must(['ls', '/run/svcmgr'])).not.to.equal('');
  });

  it('keeps what reached its disk when the plug is pulled, and loses the rest', async () => {
    await node1().sh('echo synced >/etc/synced; sync /etc/synced; sync; echo lost >/run/lost; echo lost >/etc/lost');
    await node1().pullPlug();
    expect(node1().isOn()).to.equal(false);
    expect(await node1().run(['true']).then(String, String)).to.match(/node1 is off/);
    await node1().boot();
    expect(await node1().must(['cat', '/etc/synced'])).to.equal('synced');
    expect((await node1().run(['cat', '/run/lost'])).code).to.equal(1);
    expect((await node1().run(['cat', '/etc/lost'])).stdout).not.to.equal('lost\n');
    expect(await node1().must(['svcmgr', '-s', 'svc1', 'print', 'status'])).to.match(/overall +down/);
    await node1().sh('vgchange -q -a y vg1; mount /dev/vg1/lv1 /data');
    expect(await node1().must(['cat', '/data/file'])).to.equal('kept');
    await node1().sh('umount /data; vgchange -q -a n vg1');
  });

  it('runs a mocha file of the project inside, and says what passed and failed', async () => {
    const result = await runMocha(node1(), ['test/lab/inside/machine.ts'], { env: { EXPECTED_NODE: 'node1' } });
    expect(result.failed.map(({ title }) => title)).to.deep.equal(['inside a node fails when it should']);
    expect(result.failed[0]?.message).to.match(/expected 1 to equal 2/);
    expect(result.passed).to.deep.equal(['inside a node is that node, with a kernel that can do more']);
    expect(JSON.parse((await node1().read('/run/lab/inside.json')).toString())).to.deep.equal({ node: 'node1' });
  });

  it('says at once, and why, that a kernel panicked under a command', async () => {
    const begun = Date.now();
    const cut = node1().run(['bash', '-c', 'echo c >/proc/sysrq-trigger; sleep 100']);
    expect(await cut.then(String, String)).to.match(/node1 went off.*sysrq triggered crash/is);
    expect(Date.now() - begun).to.be.below(50_000);
    expect(node1().isOn()).to.equal(false);
    await node1().boot();
    expect(await node1().must(['cat', '/etc/synced'])).to.equal('synced');
  });

  it('shuts down cleanly', async () => {
    await node1().must(['sh', '-c', 'echo written without a sync >/etc/lazy']);
    await node1().shutdown();
    expect(node1().isOn()).to.equal(false);
    await node1().boot();
    expect(await node1().must(['cat', '/etc/lazy'])).to.equal('written without a sync');
  });
});
