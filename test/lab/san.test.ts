/** Three nodes and one LUN: real SCSI-3 reservations, a fenced write, cables that are cut, a frozen node. */
import { openSync, readSync } from 'node:fs';
import { expect } from 'chai';
import { useLab } from './lab.ts';

/** Write exclusive, registrants only: what svcmgr reserves. */
const type = '--prout-type=5';

describe('lab: a san and two nodes', function () {
  this.timeout(180_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  const node1 = () => lab().node('node1');
  const node2 = () => lab().node('node2');
  const keys = async (node: ReturnType<typeof node1>) =>
    [...(await node.must(['sg_persist', '-n', '-k', '/dev/sda'])).matchAll(/^ +(0x\S+)$/gm)].map(([, key]) => key);

  it('shows both nodes the same disk, by two paths each', async () => {
    for (const node of [node1(), node2()]) {
      const names = await node.sh('cat /sys/block/sda/device/wwid /sys/block/sdb/device/wwid');
      expect(new Set(names.split('\n')).size).to.equal(1);
    }
    await node1().sh('printf "from node1" | dd of=/dev/sda bs=512 conv=sync oflag=direct');
    expect(await node2().sh('dd if=/dev/sdb bs=512 count=1 iflag=direct 2>/dev/null | tr -d "\\0"')).to.equal('from node1');
  });

  it('lets nodes log in to each other', async () => {
    expect(await node1().must(['ssh', '-o', 'BatchMode=yes', 'node2', 'hostname'])).to.equal('node2');
    expect(await node2().must(['ssh', '-o', 'BatchMode=yes', 'node1', 'hostname'])).to.equal('node1');
  });

  it('fences: a write of node1 fails after the preempt of node2, and is not on the disk', async () => {
    await node1().sh(
      `for path in sda sdb; do sg_persist -n --out --register-ignore --param-sark=0xa1 /dev/$path; done
       sg_persist -n --out --reserve --param-rk=0xa1 ${type} /dev/sda`,
    );
    const write = (text: string) =>
      node1().run(['bash', '-c', 'printf "$1" | dd of=/dev/sda bs=512 seek=8 conv=sync oflag=direct', 'bash', text]);
    expect((await write('before')).code).to.equal(0);
    await node2().sh(
      `sg_persist -n --out --register-ignore --param-sark=0xb2 /dev/sda
       sg_persist -n --out --preempt --param-sark=0xa1 --param-rk=0xb2 ${type} /dev/sda`,
    );
    expect(await keys(node2())).to.deep.equal(['0xb2']);
    const after = await write('after');
    expect(after.code).to.equal(1);
    expect(await node1().must(['dmesg'])).to.match(/reservation conflict/);
    expect(blockOf(lab().lunFile, 8)).to.equal('before');
    await node2().sh(
      `sg_persist -n --out --release --param-rk=0xb2 ${type} /dev/sda; sg_persist -n --out --register-ignore --param-rk=0xb2 /dev/sda`,
    );
  });

  it('keeps registrations over the power cut of a node', async () => {
    await node1().sh('sg_persist -n --out --register-ignore --param-sark=0xa1 /dev/sda');
    await node1().pullPlug();
    expect(await keys(node2())).to.deep.equal(['0xa1']);
    await node1().boot();
    await node1().sh(
      'sg_persist -n --out --register-ignore --param-rk=0xa1 /dev/sda || sg_persist -n --out --register-ignore --param-rk=0xa1 /dev/sda',
    );
  });

  for (const how of ['unplugged', 'silent'] as const) {
    it(`cuts the service network (${how}) and leaves the storage`, async () => {
      const reaches = async () => (await node1().run(['ping', '-c', '1', '-W', '3', 'node2'])).code === 0;
      expect(await reaches()).to.equal(true);
      await node1().cut('service', how);
      expect(await reaches()).to.equal(false);
      expect(await node1().must(['cat', '/sys/class/net/eth0/carrier'])).to.equal(how === 'silent' ? '1' : '0');
      await node1().sh('dd if=/dev/sda of=/dev/null bs=512 count=1 iflag=direct');
      await node1().restore('service');
      expect(await reaches()).to.equal(true);
    });
  }

  it('cuts the storage network: reads fail in time, and work again', async () => {
    const read = () => node1().run(['dd', 'if=/dev/sda', 'of=/dev/null', 'bs=512', 'count=1', 'iflag=direct'], { timeoutMs: 120_000 });
    await node1().cut('storage');
    expect((await read()).code).to.equal(1);
    expect((await node2().run(['dd', 'if=/dev/sda', 'of=/dev/null', 'bs=512', 'count=1', 'iflag=direct'])).code).to.equal(0);
    await node1().restore('storage');
    await node1().sh('until dd if=/dev/sda of=/dev/null bs=512 count=1 iflag=direct 2>/dev/null; do sleep 0.5; done', [], {
      timeoutMs: 120_000,
    });
  });

  it('freezes a node, which goes on as if nothing had been', async () => {
    const counting = node1().start(['bash', '-c', 'for ((i = 0; i < 30; i++)); do echo $i; sleep 0.1; done']);
    await node1().freeze();
    expect((await node2().run(['ping', '-c', '1', '-W', '2', 'node1'])).code).to.equal(1);
    await node1().thaw();
    expect((await counting.done).stdout.trim().split('\n').length).to.equal(30);
  });
});

/** A block of 512 bytes as it lies in the image, without the zeros that fill it. */
function blockOf(file: string, number: number): string {
  const block = Buffer.alloc(512);
  readSync(openSync(file, 'r'), block, 0, 512, number * 512);
  return block.toString('utf8').replace(/\0+$/, '');
}
