/** What stands on the volumes of a group, what keeps them busy, and whose the group is: vg.lvm through the engine on a simulated node. */
import { expect } from 'chai';
import lv from '../../../drivers/vg/lv.ts';
import lvm from '../../../drivers/vg/lvm.ts';
import scsireserv from '../../../drivers/vg/scsireserv.ts';
import { doubleDriver } from '../../support/doubles.ts';
import { type Bench, createBench } from '../../support/engine.ts';
import { type Home, makeHome } from '../../support/home.ts';
import { Lun } from './lun.ts';
import { makeUuid, makeVolume, mappedOf } from './lvm.ts';
import { createMachine, createSan, type GroupState, type Machine } from './machine.ts';

const service = '[DEFAULT]\nnodes = node1 node2\n[vg#1]\nname = vg-a\n';

describe('sim: volumes of a group', () => {
  let machine: Machine;
  let group: GroupState;
  let lun: Lun;
  let home: Home;
  let bench: Bench;
  beforeEach('build a node', async () => {
    const san = createSan();
    lun = new Lun('naa.1');
    group = {
      name: 'vg-a',
      uuid: makeUuid(),
      tags: [],
      exported: false,
      disks: [lun.wwid],
      volumes: [makeVolume('lv-1', { partitions: [1, 2] })],
    };
    san.groups.push(group);
    machine = createMachine(san, 'node1');
    machine.addPath('sda', lun, '3:0:0:1').fresh = false;
    home = makeHome();
    bench = await createBench(home, {
      doors: (real) => machine.doors(real),
      drivers: (stage) => ({
        'vg.lv': lv,
        'vg.lvm': lvm,
        'vg.scsireserv': scsireserv,
        'vg.crypt': { ...doubleDriver(stage), devices: async () => ({ uses: [], gives: ['/dev/mapper/secret'] }) },
      }),
    });
    bench.service(service);
  });
  afterEach('remove it', () => home.remove());

  const changes = () =>
    bench.lines.flatMap(({ level, text }) => (level === 'info' && /^(vgchange|kpartx|dmsetup|sg_persist) /.test(text) ? [text] : []));
  /** The group is up, and all that was announced so far forgotten. */
  const started = async (): Promise<string> => {
    expect((await bench.act('start')).ok).to.equal(true);
    (bench.lines as unknown[]).splice(0);
    const [volume] = group.volumes;
    const mapped = volume === undefined ? undefined : mappedOf(machine, group, volume);
    if (mapped === undefined) throw new Error('the volume is not active');
    return mapped.kernel;
  };

  it('go up and down with their group as a dry-run says, also with a section of their own', async () => {
    bench.service(`${service}[lv#1]\nname = lv-1\nvg = vg-a\n`);
    for (const verb of ['start', 'stop'] as const) {
      const taken = async (dryRun: boolean) => {
        (bench.lines as unknown[]).splice(0);
        expect((await bench.act(verb, { dryRun })).ok).to.equal(true);
        return bench.lines.flatMap(({ text }) => /\b(?:vgchange|lvchange|kpartx) .*/.exec(text)?.[0].replace(/ \(assumed\)$/, '') ?? []);
      };
      const planned = await taken(true);
      expect(planned).to.deep.equal(await taken(false));
      expect(planned.at(-1)).to.equal(verb === 'start' ? 'vgchange -a y vg-a' : 'vgchange --deltag @node1 vg-a');
    }
  });

  it('lose their partition maps, and before them what stands on these', async () => {
    await started();
    machine.run(['kpartx', '-a', '/dev/vg-a/lv-1']);
    const part = machine.mapped.find(({ name }) => name === 'vg--a-lv--1p1');
    machine.addMapped({ name: 'stacked', uuid: 'CRYPT-1', slaves: [part?.kernel ?? ''] });
    expect((await bench.act('stop')).ok).to.equal(true);
    expect(changes()).to.deep.equal([
      'dmsetup remove stacked',
      'kpartx -d /dev/vg-a/lv-1',
      'vgchange -a n vg-a',
      'vgchange --deltag @node1 vg-a',
    ]);
    expect(machine.mapped).to.deep.equal([]);
  });

  it('are left alone when another group stands on them', async () => {
    const below = await started();
    machine.addMapped({ name: 'vg2-lv', uuid: 'LVM-other', slaves: [below] });
    const { error } = await bench.act('stop');
    expect(error?.code).to.equal('REFUSED');
    expect(error?.message).to.match(/vg2-lv stands on lv-1: it belongs to another volume group/);
    expect(changes()).to.deep.equal([]);
    expect(group.tags).to.deep.equal(['node1']);
  });

  it('are left alone when another resource manages what stands on them', async () => {
    bench.service(`${service}[vg#2]\ntype = crypt\n`);
    const below = await started();
    machine.addMapped({ name: 'secret', uuid: 'CRYPT-2', slaves: [below] });
    const { error } = await bench.act('stop', { rid: 'vg#1' });
    expect(error?.message).to.match(/secret stands on lv-1: vg#2 manages it/);
    expect(changes()).to.deep.equal([]);
  });

  it('are tried three times when somebody has one open; then the tag stays', async () => {
    await started();
    const [mapped] = machine.mapped;
    if (mapped !== undefined) mapped.open = true;
    const { error } = await bench.act('stop');
    expect(error?.message).to.match(/vgchange -a n vg-a: still active: lv-1: Logical volume vg-a\/lv-1 in use/);
    expect(changes().filter((text) => text === 'vgchange -a n vg-a').length).to.equal(3);
    expect(group.tags).to.deep.equal(['node1']);
  }).timeout(30_000);

  it('are taken over when the node of the tag says that it is down, and not otherwise', async () => {
    group.tags = ['node2'];
    bench.peers.node('node2').fault = 'unreachable';
    const refused = (await bench.act('start', { allow: ['peer-unreachable'] })).error;
    expect(refused?.facts['allow']).to.deep.equal(['foreign-tag']);
    expect(group.tags).to.deep.equal(['node2']);
    bench.peers.node('node2').fault = undefined;
    expect((await bench.act('start')).ok).to.equal(true);
    expect(group.tags).to.deep.equal(['node1']);
  });

  it('say that their group carries the tag of another node while it is active here', async () => {
    await started();
    group.tags = ['node2'];
    const { resources } = await bench.status();
    expect(resources['vg#1']?.status).to.equal('warn');
    expect(resources['vg#1']?.notes[0]).to.deep.equal({
      level: 'error',
      text: 'it is active here and carries the tag of another node: node2',
    });
  });

  it('take the disk without aborting the commands of the other node, where that is wanted', async () => {
    bench.service(`${service}scsireserv = true\nno_preempt_abort = true\n`);
    lun.register('node2:1:0', 0xb2n, 'ignore');
    lun.reserve('node2:1:0', 0xb2n, 5);
    expect((await bench.act('start', { allow: ['foreign-reservation'] })).ok).to.equal(true);
    expect(changes().filter((text) => text.includes('preempt'))).to.deep.equal([
      'sg_persist -n --out --preempt --param-sark=0xb2 --param-rk=0x238170552475005 --prout-type=5 /dev/sda',
    ]);
    expect(lun.mayWrite('node2:1:0')).to.equal(false);
  });
});
