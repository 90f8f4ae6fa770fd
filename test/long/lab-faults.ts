/**
 * Filesystems whose disk fails, hangs, is slow, full or gone, and one that comes from another node: on device-mapper targets, a disk that is
 * taken out, and a real NFS server. Meanwhile another service must be served on time.
 */
import { expect } from 'chai';
import { useLab } from '../lab/lab.ts';

const service = `[fs#1]
type = ext4
dev = /dev/mapper/faulty
mnt = /srv/data
check_read = true
stat_timeout = 3s

[fs#2]
type = tmpfs
mnt = /srv/data/inner
size = 1m
`;

const nfsService = `[fs#1]
type = nfs
dev = node2:/export/svc1
mnt = /srv/nfs
mnt_opt = vers=4.2,soft,timeo=20,retrans=1
stat_timeout = 3s
check_read = true
`;

const goneService = `[fs#1]
type = ext4
dev = /dev/vdc
mnt = /srv/gone
check_read = true
stat_timeout = 3s
`;

const otherService = `[fs#1]
type = tmpfs
mnt = /srv/other
size = 1m
`;

interface Shown {
  readonly avail: string;
  readonly resources: Readonly<
    Record<
      string,
      {
        readonly status: string;
        readonly notes: readonly { readonly level: string; readonly text: string }[];
        readonly facts: Readonly<Record<string, unknown>>;
      }
    >
  >;
}

describe('lab: filesystems in trouble', function () {
  this.timeout(240_000);
  const lab = useLab({ nodes: ['node1', 'node2'], disksMb: [128, 64] });
  const node = () => lab().node('node1');
  const svcmgr = (name: string, ...words: readonly string[]) => node().run(['svcmgr', '-s', name, ...words], { timeoutMs: 120_000 });
  const must = async (name: string, ...words: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await svcmgr(name, ...words);
    expect(code, `${words.join(' ')}\n${stdout}${stderr}`).to.equal(0);
  };
  const status = async (name: string): Promise<Shown> =>
    JSON.parse(await node().must(['svcmgr', '-s', name, 'print', 'status', '--format', 'json'])) as Shown;
  const notesOf = (shown: Shown, rid: string) => shown.resources[rid]?.notes.map(({ text }) => text).join('; ') ?? '';
  /** Puts another table under the device that is in use. */
  const become = (table: string) =>
    node().sh(`dmsetup suspend --nolockfs faulty && dmsetup load faulty --table "$1" && dmsetup resume faulty`, [table]);
  /** The other service is stopped, started and looked at. @returns how long that took */
  const otherGoesOn = async (): Promise<number> => {
    const begun = Date.now();
    await must('other', 'stop');
    await must('other', 'start');
    expect((await status('other')).avail).to.equal('up');
    return Date.now() - begun;
  };
  let quietMs = 0;
  /** Emulated, on a busy machine, times vary; a wait for the disk in trouble would be far longer. */
  const otherIsOnTime = async (): Promise<void> => {
    expect(await otherGoesOn()).to.be.below(3 * quietMs);
  };
  const timed = async <V>(work: () => Promise<V>): Promise<{ readonly ms: number; readonly value: V }> => {
    const begun = Date.now();
    const value = await work();
    return { ms: Date.now() - begun, value };
  };
  /** What was written is out of the journal too, else it stays in memory. */
  const forgetAll = () => node().sh('fsfreeze -f /srv/data && fsfreeze -u /srv/data && blockdev --flushbufs /dev/mapper/faulty');
  let sectors = '';
  const good = () => `0 ${sectors} linear /dev/vdb 0`;

  before('a disk that can be made to fail', async () => {
    for (const [name, text] of [
      ['data', service],
      ['nfs', nfsService],
      ['gone', goneService],
      ['other', otherService],
    ] as const) {
      await node().must(['mkdir', '-p', '/etc/svcmgr/services.d']);
      await node().write(`/etc/svcmgr/services.d/${name}.conf`, text);
    }
    sectors = (await node().must(['blockdev', '--getsz', '/dev/vdb'])).trim();
    await node().sh(
      'modprobe dm-mod; modprobe dm-delay; mkfs.ext4 -q -E lazy_itable_init=0 /dev/vdb; mkfs.ext4 -q /dev/vdc; dmsetup create faulty --table "$1"',
      [good()],
    );
    await must('other', 'start');
    quietMs = await otherGoesOn();
  });

  beforeEach('all is well', async () => {
    await become(good());
    await must('data', 'start');
    expect((await status('data')).avail).to.equal('up');
  });

  afterEach('end of the trouble', async () => {
    await become(good());
    await node().sh('rm -f /srv/data/fill*');
    await svcmgr('data', 'stop');
    await node().sh('e2fsck -fy /dev/mapper/faulty >/dev/null || [ $? -le 1 ]');
  });

  it('says that the kernel found errors or made it read-only after an I/O error, and can be stopped', async () => {
    await become(`0 ${sectors} error`);
    await node().run(['bash', '-c', 'for i in 1 2 3; do echo x >/srv/data/file$i; sync /srv/data/file$i; done']);
    const shown = await status('data');
    expect(shown.resources['fs#1']?.status).to.equal('warn');
    // Newer kernels (6.1.113 on) refuse writes then, and show no sign of it among the options.
    expect(notesOf(shown, 'fs#1')).to.match(/read-only|cannot be read|stopped this filesystem|has found \d+ errors/);
    await otherIsOnTime();
    await must('data', 'stop');
    expect((await node().must(['cat', '/proc/self/mountinfo'])).includes('/srv/data')).to.equal(false);
  });

  it('says within its limit that a slow disk does not answer, and looks at the others meanwhile', async () => {
    await forgetAll();
    await become(`0 ${sectors} delay /dev/vdb 0 20000`);
    const [{ ms, value: shown }] = await Promise.all([timed(() => status('data')), otherIsOnTime()]);
    expect(ms).to.be.below(60_000);
    expect(shown.resources['fs#2']?.status).to.equal('up');
    expect(['warn', 'undef']).to.include(shown.resources['fs#1']?.status);
    expect(notesOf(shown, 'fs#1')).to.match(/does not answer within 3 s|no answer/);
  });

  it('gives an answer while the disk is suspended, and gives up a stop in time that the disk completes later', async () => {
    await forgetAll();
    await node().sh('dmsetup suspend --nolockfs faulty');
    const shown = await status('data');
    expect(shown.resources['fs#2']?.status).to.equal('up');
    expect(['warn', 'undef']).to.include(shown.resources['fs#1']?.status, notesOf(shown, 'fs#1'));
    const [{ ms, value: stopped }] = await Promise.all([timed(() => svcmgr('data', 'stop', '--timeout', '10s')), otherIsOnTime()]);
    expect(stopped.code, stopped.stderr).not.to.equal(0);
    expect(ms).to.be.within(10_000, 60_000);
    await node().sh('dmsetup resume faulty');
    await must('data', 'stop');
    expect((await status('data')).avail).to.equal('down');
  });

  it('is up on a full disk, which can be stopped and started', async () => {
    // What the first one reserved for itself is free again after it.
    await node().sh('for i in 1 2 3; do dd if=/dev/zero of=/srv/data/fill$i bs=4K 2>/dev/null || sync; done');
    expect((await node().run(['dd', 'if=/dev/zero', 'of=/srv/data/fill4', 'bs=64K', 'count=4'])).code).to.equal(1);
    const shown = await status('data');
    expect(shown.resources['fs#1']?.status, notesOf(shown, 'fs#1')).to.equal('up');
    expect(shown.resources['fs#1']?.facts['free_percent']).to.equal(0);
    await otherIsOnTime();
    await must('data', 'stop');
    await must('data', 'start');
  });

  it('says that the disk of a mounted filesystem was taken out, stops, refuses to start, and starts when it is back', async () => {
    await must('gone', 'start');
    const plug = await node().sh('basename "$(readlink -f /sys/block/vdc/device)"');
    await node().sh(`echo "$1" >/sys/bus/virtio/drivers/virtio_blk/unbind`, [plug]);
    const { ms, value: shown } = await timed(() => status('gone'));
    expect(ms).to.be.below(60_000);
    expect(shown.resources['fs#1']?.status).to.equal('warn');
    expect(notesOf(shown, 'fs#1')).to.match(/is gone/);
    await otherIsOnTime();
    await must('gone', 'stop');
    expect((await node().must(['cat', '/proc/self/mountinfo'])).includes('/srv/gone')).to.equal(false);
    const refused = await svcmgr('gone', 'start');
    expect(refused.code, refused.stderr).to.equal(5);
    expect(refused.stderr).to.match(/\/dev\/vdc does not exist/);
    await node().sh(`echo "$1" >/sys/bus/virtio/drivers/virtio_blk/bind`, [plug]);
    await must('gone', 'start');
    expect((await status('gone')).avail).to.equal('up');
    await must('gone', 'stop');
  });

  it('unmounts what is stacked and what lies below first', async () => {
    await node().sh('mkdir -p /srv/data/deep && mount -t tmpfs deep /srv/data/deep && mount -t tmpfs over /srv/data/deep');
    await must('data', 'stop');
    expect((await node().must(['cat', '/proc/self/mountinfo'])).includes('/srv/data')).to.equal(false);
  });

  it('mounts from an NFS server of another node, and tells when that is gone', async () => {
    await lab()
      .node('node2')
      .sh(
        `modprobe nfsd; mkdir -p /export/svc1 /var/lib/nfs/sm /run/rpcbind && mount -t tmpfs export /export && mkdir /export/svc1 && echo word >/export/svc1/word
         mountpoint -q /proc/fs/nfsd || mount -t nfsd nfsd /proc/fs/nfsd
         exportfs -i -o rw,no_root_squash,fsid=0,insecure 10.77.0.1:/export
         exportfs -i -o rw,no_root_squash,fsid=1,insecure 10.77.0.1:/export/svc1
         rpc.mountd --no-nfs-version 2 --no-nfs-version 3 && rpc.nfsd --no-nfs-version 3 --no-udp 2`,
      );
    await node().write('/etc/svcmgr/services.d/nfs.conf', nfsService.replace('/export/svc1', '/svc1'));
    await must('nfs', 'start');
    expect(await node().must(['cat', '/srv/nfs/word'])).to.match(/^word$/m);
    expect((await status('nfs')).avail).to.equal('up');
    await node().cut('service');
    const shown = await status('nfs');
    await otherIsOnTime();
    expect(['warn', 'undef']).to.include(shown.resources['fs#1']?.status, notesOf(shown, 'fs#1'));
    await node().restore('service');
    await must('nfs', 'stop');
    expect((await status('nfs')).avail).to.equal('down');
  });
});
