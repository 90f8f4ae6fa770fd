/** vg.lvm, vg.scsireserv and fs.ext4 on real device-mapper, LVM and reservations, by the command line on two nodes. */
import { expect } from 'chai';
import { useLab } from '../lab/lab.ts';
import type { Command } from '../lab/channel.ts';
import type { LabNode } from '../lab/node.ts';

const service = `[DEFAULT]
nodes = node1 node2

[vg#1]
type = vg
name = vg_svc1
pvs = /dev/mapper/lun
scsireserv = true

[lv#1]
name = data
vg = vg_svc1
size = 64m

[fs#1]
type = ext4
dev = /dev/mapper/vg_svc1-data
mnt = /srv/svc1
mnt_opt = noatime

[sync#1]
type = rsync
src = /srv/svc1/files/
dst = /srv/copy
target = nodes
snap = true
bwlimit = 400
`;

function nodeFile(name: string): string {
  const peer = name === 'node1' ? 'node2' : 'node1';
  const login = 'key = /root/.ssh/id_ed25519\nknown_hosts = /root/.ssh/known_hosts\n';
  // Emulated, the agent of a peer needs longer for an answer.
  return `[node]\nname = ${name}\npeer_timeout = 60s\nstatus_timeout = 60s\n\n[host#${peer}]\naddress = 10.77.0.${peer === 'node1' ? 1 : 2}\n${login}`;
}

interface Shown {
  readonly avail: string;
  readonly resources: Readonly<
    Record<string, { readonly status: string; readonly label: string; readonly notes: readonly { readonly text: string }[] }>
  >;
}

describe('lab: volume groups and reservations', function () {
  this.timeout(240_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');
  const svcmgr = (node: LabNode, ...words: readonly string[]) => node.run(['svcmgr', '-s', 'svc1', ...words], { timeoutMs: 120_000 });
  const must = async (node: LabNode, ...words: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await svcmgr(node, ...words);
    expect(code, `${node.name}: ${words.join(' ')}\n${stdout}${stderr}`).to.equal(0);
    return `${stdout}${stderr}`;
  };
  const status = async (node: LabNode): Promise<Shown> =>
    JSON.parse(await node.must(['svcmgr', '-s', 'svc1', 'print', 'status', '--format', 'json'])) as Shown;
  const states = async (node: LabNode) => {
    const { resources } = await status(node);
    return Object.fromEntries(Object.entries(resources).map(([rid, one]) => [rid, one.status]));
  };
  const keys = async (node: LabNode) =>
    [...(await node.must(['sg_persist', '-n', '-k', '/dev/sdb'])).matchAll(/^ +(0x\S+)$/gm)].map(([, key]) => key);
  const tags = async (node: LabNode) => (await node.must(['vgs', '--noheadings', '-o', 'vg_tags', 'vg_svc1'])).trim();
  const holder = async (node: LabNode) => /Key=(0x\S+)/.exec(await node.sh('sg_persist -n -r /dev/sda || sg_persist -n -r /dev/sda'))?.[1];
  /** The changes that an action printed, without times. */
  const changesIn = (text: string) =>
    text
      .split('\n')
      .flatMap(
        (line) => /(?:sg_persist|vgchange|kpartx|dmsetup|e2fsck|mount|umount|lvcreate|lvchange|pvcreate|vgcreate) .*/.exec(line)?.[0] ?? [],
      );
  const snapshots = (node: LabNode) => node.sh(`lvs --noheadings -o lv_name -S 'origin="data"' vg_svc1 | tr -d ' '`);
  const snapshotMounts = (node: LabNode) => node.sh(`grep -o '/run/svcmgr/[^ ]*[.]snap[^ ]*' /proc/mounts || true`);
  /** A copy of `files` is under way, from a snapshot that is mounted. */
  const startCopy = async (node: LabNode): Promise<Command> => {
    const copy = node.start(['svcmgr', '-s', 'svc1', 'sync', 'update', '--rid', 'sync#1'], { timeoutMs: 120_000 });
    copy.done.catch(() => undefined);
    const early = copy.done.then(({ stdout, stderr }) => expect.fail(`the copy ended early\n${stdout}${stderr}`));
    const under = node.sh(`until pgrep -x rsync >/dev/null && grep -q '[.]snap/srv/svc1 ' /proc/mounts; do sleep 0.1; done`);
    await Promise.race([under, early]);
    return copy;
  };
  const cutCopy = async (node: LabNode): Promise<void> => {
    const copy = await startCopy(node);
    copy.signal('SIGKILL');
    expect((await copy.done).signal).to.equal('SIGKILL');
    expect(await snapshots(node)).to.equal('data.snap.sync.1');
    expect(await snapshotMounts(node)).not.to.equal('');
  };

  before('the service on both nodes', async function () {
    this.timeout(240_000);
    for (const node of [node1(), node2()]) {
      await node.must(['mkdir', '-p', '/etc/svcmgr/services.d']);
      await node.write('/etc/svcmgr/svcmgr.conf', nodeFile(node.name));
      await node.write('/etc/svcmgr/services.d/svc1.conf', service);
    }
  });

  it('provisions reservation, group, volume and filesystem', async () => {
    await must(node1(), 'provision');
    expect(await states(node1())).to.include({ 'vg#1': 'up', 'vg#1pr': 'up', 'lv#1': 'up', 'fs#1': 'up' });
    expect(await tags(node1())).to.equal('node1');
    expect((await keys(node1())).length).to.equal(2);
    await node1().sh('echo hello >/srv/svc1/word && sync');
  });

  it('shows the paths below the map as the label of the reservation', async () => {
    const { resources } = await status(node1());
    expect(resources['vg#1pr']?.label).to.equal('/dev/sda, /dev/sdb');
  });

  it('stops with the commands of the document, the tag last of the group, and leaves nothing', async () => {
    const key = await holder(node1());
    const planned = changesIn(await must(node1(), 'stop', '--dry-run'));
    const changes = changesIn(await must(node1(), 'stop'));
    expect(changes).to.deep.equal(planned);
    expect(changes).to.deep.equal([
      'umount /srv/svc1',
      'kpartx -d /dev/vg_svc1/data',
      'lvchange -a n vg_svc1/data',
      'vgchange --deltag @node1 vg_svc1',
      `sg_persist -n --out --release --param-rk=${key} --prout-type=5 /dev/sda`,
      `sg_persist -n --out --register-ignore --param-rk=${key} /dev/sda`,
      `sg_persist -n --out --register-ignore --param-rk=${key} /dev/sdb`,
    ]);
    expect(await keys(node1())).to.deep.equal([]);
    expect(await tags(node1())).to.equal('');
    expect((await states(node1()))['vg#1']).to.equal('down');
  });

  it('starts on the other node as its dry-run said', async () => {
    const planned = changesIn(await must(node2(), 'start', '--dry-run'));
    const changes = changesIn(await must(node2(), 'start'));
    expect(changes).to.deep.equal(planned);
    expect(changes[0]).to.match(/^sg_persist -n --out --register-ignore --param-sark=0x\d+ \/dev\/sda$/);
    expect(await node2().must(['cat', '/srv/svc1/word'])).to.match(/^hello$/m);
    expect(await tags(node1())).to.equal('node2');
  });

  it('refuses while the other node has it, whatever that node answers', async () => {
    await node1().cut('service');
    const refused = await svcmgr(node1(), 'start');
    expect(refused.code, refused.stderr).to.equal(5);
    expect(refused.stderr).to.match(/is reserved by 0x\d+/);
    expect(refused.stderr, 'the reservation decides').not.to.match(/allow peer-unreachable/);
    expect(await holder(node2())).not.to.equal(undefined);
  });

  it('takes over when that is allowed; the other node cannot write and says so', async () => {
    await must(node1(), 'start', '--allow', 'foreign-reservation');
    await node1().restore('service');
    expect(await node1().must(['cat', '/srv/svc1/word'])).to.match(/^hello$/m);
    const wrote = await node2().run(['bash', '-c', 'echo no >/srv/svc1/late && sync /srv/svc1/late']);
    expect(wrote.code).not.to.equal(0);
    // The first refused write loses the journal, the next one finds that out.
    await node2().sh(`until dmesg | grep -q 'Detected aborted journal'; do echo no >/srv/svc1/late || sleep 0.1; done 2>/dev/null`);
    const shown = await status(node2());
    expect(shown.resources['vg#1pr']?.status).to.equal('down');
    expect(shown.resources['vg#1pr']?.notes.map(({ text }) => text).join()).to.match(/reservation of this node was taken away/);
    expect(shown.resources['fs#1']?.status).to.equal('warn');
  });

  it('lets the loser stop, without touching what is not its own any more', async () => {
    await must(node2(), 'stop');
    expect(await tags(node1())).to.equal('node1');
    expect((await keys(node1())).length).to.equal(2);
    expect(await states(node1())).to.include({ 'vg#1': 'up', 'vg#1pr': 'up', 'fs#1': 'up' });
  });

  it('copies files as they were at one moment, from a snapshot that is gone afterwards', async () => {
    await node1().sh(`mkdir /srv/svc1/files && cd /srv/svc1/files
      dd if=/dev/urandom of=first bs=64K count=64 status=none; echo before >word; sync`);
    const copy = await startCopy(node1());
    await node1().sh('echo after >/srv/svc1/files/word');
    const { code, stderr } = await copy.done;
    expect(code, stderr).to.equal(0);
    expect(await node2().must(['cat', '/srv/copy/word'])).to.equal('before');
    expect((await node2().must(['sha256sum', '/srv/copy/first'])).slice(0, 64)).to.equal(
      (await node1().must(['sha256sum', '/srv/svc1/files/first'])).slice(0, 64),
    );
    expect(await snapshots(node1())).to.equal('');
    expect(await snapshotMounts(node1())).to.equal('');
    expect(await states(node1())).to.include({ 'vg#1': 'up', 'lv#1': 'up', 'fs#1': 'up', 'sync#1': 'up' });
  });

  it('removes the snapshot of a copy that was killed with the next one', async () => {
    await node1().sh('dd if=/dev/urandom of=/srv/svc1/files/first bs=64K count=64 status=none; sync');
    await cutCopy(node1());
    await must(node1(), 'sync', 'update', '--rid', 'sync#1');
    expect(await node2().must(['cat', '/srv/copy/word'])).to.equal('after');
    expect(await snapshots(node1())).to.equal('');
    expect(await snapshotMounts(node1())).to.equal('');
  });

  it('can be stopped and moved with the snapshot of a copy that was killed; the other node removes it', async () => {
    await node1().sh('dd if=/dev/urandom of=/srv/svc1/files/first bs=64K count=64 status=none; sync');
    await cutCopy(node1());
    await must(node1(), 'stop');
    expect(await snapshotMounts(node1())).to.equal('');
    expect(await states(node1())).to.include({ 'vg#1': 'down', 'lv#1': 'down', 'fs#1': 'down' });
    await must(node2(), 'start');
    expect(await snapshots(node2())).to.equal('data.snap.sync.1');
    await must(node2(), 'sync', 'update', '--rid', 'sync#1');
    expect(await node1().must(['cat', '/srv/copy/word'])).to.equal('after');
    expect(await snapshots(node2())).to.equal('');
    await must(node2(), 'stop');
    await must(node1(), 'start');
  });

  it('removes partition maps and what is stacked on a volume', async () => {
    await must(node1(), 'stop', '--rid', 'fs#1');
    await node1().sh(`printf 'label: dos\\n,16M,83\\n,,83\\n' | sfdisk --no-reread --force /dev/vg_svc1/data >/dev/null
      kpartx -a -n /dev/vg_svc1/data 2>/dev/null || kpartx -a /dev/vg_svc1/data
      dmsetup create stacked --table "0 2048 linear /dev/mapper/vg_svc1-data1 0"`);
    expect(await node1().sh('dmsetup ls | wc -l')).to.equal('5');
    const changes = changesIn(await must(node1(), 'stop'));
    expect(changes.slice(0, 3)).to.deep.equal(['dmsetup remove stacked', 'kpartx -d /dev/vg_svc1/data', 'lvchange -a n vg_svc1/data']);
    expect(await node1().sh('dmsetup ls')).to.match(/^lun\b.*$/);
  });

  it('unprovisions all of it', async () => {
    await must(node1(), 'unprovision', '--confirm', 'svc1', '--allow', 'overwrite-data');
    expect((await node1().run(['vgs', 'vg_svc1'])).code).to.equal(5);
    expect(await keys(node1())).to.deep.equal([]);
  });
});
