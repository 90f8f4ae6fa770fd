/** The storage of the HP 3PAR document's service, by the real drivers through the real engine, on two simulated nodes. */
import { expect } from 'chai';
import lvm from '../../../drivers/vg/lvm.ts';
import scsireserv from '../../../drivers/vg/scsireserv.ts';
import { documentLog, everyPath, tagLast } from '../../support/document-log.ts';
import { type Bench, createBench, textsOf } from '../../support/engine.ts';
import { doubleDriver } from '../../support/doubles.ts';
import { type Home, makeHome } from '../../support/home.ts';
import { skipSuite } from '../../support/skip.ts';
import { missingVectors } from '../../support/vectors.ts';
import { Lun } from './lun.ts';
import { makeUuid, makeVolume } from './lvm.ts';
import { createMachine, createSan, type GroupState, type Machine } from './machine.ts';

const service = `[DEFAULT]
nodes = node1.opensvc.com
drpnodes = node2.opensvc.com

[vg#1]
type = vg
vgname = vg_svc1
scsireserv = true

[fs#1]
type = double
`;

interface Site {
  readonly machine: Machine;
  readonly home: Home;
  readonly bench: Bench;
}

const nodes = { node1: ['sdgq', 'sdax', 'sden', 'sdgi'], node2: ['sdfi', 'sdej', 'sddk', 'sdgh'] } as const;
type Node = keyof typeof nodes;

const keys = { node1: '0x238170552475005', node2: '0x238170551488311' } as const;

/** Four paths through two adapters each, as in the document; `map` joins them. */
async function createSites(): Promise<{ lun: Lun; group: GroupState; site: (node: Node) => Site; end: () => void }> {
  const san = createSan();
  const lun = new Lun('naa.60002ac0');
  const group: GroupState = {
    name: 'vg_svc1',
    uuid: makeUuid(),
    tags: [],
    exported: false,
    disks: [lun.wwid],
    volumes: [makeVolume('rootdisk')],
  };
  lun.signatures = ['LVM2_member'];
  san.luns.push(lun);
  san.groups.push(group);
  const sites = new Map<Node, Site>();
  for (const node of ['node1', 'node2'] as const) {
    const machine = createMachine(san, node);
    const names = nodes[node];
    for (const [at, name] of names.entries()) machine.addPath(name, lun, `${3 + (at % 2)}:0:${at}:1`).fresh = at === 0;
    machine.addMap('360002ac0', names);
    const home = makeHome();
    const bench = await createBench(home, {
      node: `${node}.opensvc.com`,
      doors: (real) => machine.doors(real),
      drivers: (stage) => ({ 'vg.lvm': lvm, 'vg.scsireserv': scsireserv, 'fs.double': doubleDriver(stage) }),
    });
    bench.service(service);
    sites.set(node, { machine, home, bench });
  }
  const site = (node: Node): Site => {
    const found = sites.get(node);
    if (found === undefined) throw new Error(`no ${node}`);
    return found;
  };
  return {
    lun,
    group,
    site,
    end: () => {
      for (const { home } of sites.values()) home.remove();
    },
  };
}

describe('sim: the storage of the HP 3PAR document', () => {
  let sites: Awaited<ReturnType<typeof createSites>>;
  beforeEach('build two sites', async () => {
    sites = await createSites();
  });
  afterEach('remove them', () => sites.end());

  /** Every change that an action has announced, as the console shows it. */
  const changesOf = async (node: Node, act: (bench: Bench) => Promise<{ ok: boolean }>): Promise<readonly string[]> => {
    const { bench } = sites.site(node);
    const from = bench.lines.length;
    const result = await act(bench);
    expect(result.ok, JSON.stringify(result)).to.equal(true);
    return bench.lines
      .slice(from)
      .flatMap(({ rid, text, level }) => (level === 'info' && /^(sg_persist|vgchange|kpartx) /.test(text) ? [`${rid} ${text}`] : []));
  };

  const started = (node: Node) => {
    const [first, ...others] = nodes[node];
    return [
      ...[first, ...others].map((path) => `vg#1pr sg_persist -n --out --register-ignore --param-sark=${keys[node]} /dev/${path}`),
      `vg#1pr sg_persist -n --out --reserve --param-rk=${keys[node]} --prout-type=5 /dev/${first}`,
      `vg#1 vgchange --addtag @${node}.opensvc.com vg_svc1`,
      'vg#1 vgchange -a y vg_svc1',
    ];
  };

  it('starts with the commands of the document, in its order', async () => {
    expect(await changesOf('node2', (bench) => bench.act('start'))).to.deep.equal(started('node2'));
  });

  it('stops with them too, but keeps the tag until the volumes are down', async () => {
    await changesOf('node1', (bench) => bench.act('start'));
    const [first, ...others] = nodes.node1;
    expect(await changesOf('node1', (bench) => bench.act('stop'))).to.deep.equal([
      'vg#1 kpartx -d /dev/vg_svc1/rootdisk',
      'vg#1 vgchange -a n vg_svc1',
      'vg#1 vgchange --deltag @node1.opensvc.com vg_svc1',
      `vg#1pr sg_persist -n --out --release --param-rk=${keys.node1} --prout-type=5 /dev/${first}`,
      ...[first, ...others].map((path) => `vg#1pr sg_persist -n --out --register-ignore --param-rk=${keys.node1} /dev/${path}`),
    ]);
    expect(sites.lun.registrations.size).to.equal(0);
    expect(sites.group.tags).to.deep.equal([]);
  });

  it('gives the commands of its log line by line, but for two named corrections', async function () {
    const reason = missingVectors('hp3par-outputs.json');
    if (reason !== undefined) skipSuite(this, reason);
    const storage = ['VG#1PR', 'VG#1'];
    const commands = (lines: readonly string[]) => lines.filter((line) => !line.includes(' output: '));
    const inCapitals = (lines: readonly string[]) => lines.map((line) => line.replace(/^\S+/, (rid) => rid.toUpperCase()));
    expect(inCapitals(await changesOf('node2', (bench) => bench.act('start')))).to.deep.equal(commands(documentLog('start', storage)));
    await changesOf('node2', (bench) => bench.act('stop'));
    await changesOf('node1', (bench) => bench.act('start'));
    const paths = nodes.node1.map((name) => `/dev/${name}`);
    const stopped = inCapitals(await changesOf('node1', (bench) => bench.act('stop')));
    expect(stopped).to.deep.equal(commands(everyPath(tagLast(documentLog('stop', storage)), paths)));
  });

  it('goes from one site to the other and back', async () => {
    for (const node of ['node1', 'node2', 'node1'] as const) {
      expect(await changesOf(node, (bench) => bench.act('start'))).to.deep.equal(started(node));
      expect((await sites.site(node).bench.status()).avail).to.equal('up');
      await changesOf(node, (bench) => bench.act('stop'));
      expect((await sites.site(node).bench.status()).avail).to.equal('down');
    }
  });

  it('shows the paths as the document does, the reservation right before its group', async () => {
    await changesOf('node1', (bench) => bench.act('start'));
    const { resources } = await sites.site('node1').bench.status();
    expect(resources['vg#1pr']).to.deep.include({ status: 'up', label: '/dev/sdgq, /dev/sdax, /dev/sden, /dev/sdgi', group: 'vg' });
    expect(resources['vg#1']).to.deep.include({ status: 'up', label: 'vg_svc1' });
    const { resources: there } = await sites.site('node2').bench.status();
    expect(there['vg#1pr']).to.deep.include({ status: 'down', label: '/dev/sdfi, /dev/sdej, /dev/sddk, /dev/sdgh' });
    expect(there['vg#1pr']?.notes.map(({ text }) => text)).to.deep.equal([`/dev/mapper/360002ac0: reserved by ${keys.node1}`]);
  });

  it('refuses while the other node holds it, and takes over both reservation and tag when that is allowed', async () => {
    await changesOf('node1', (bench) => bench.act('start'));
    const node2 = sites.site('node2').bench;
    const refused = (await node2.act('start')).error;
    expect(refused?.code).to.equal('REFUSED');
    expect(refused?.facts['allow']).to.deep.equal(['foreign-reservation']);
    expect(sites.lun.held?.key).to.equal(BigInt(keys.node1));
    const changes = await changesOf('node2', (bench) => bench.act('start', { allow: ['foreign-reservation'] }));
    expect(changes.slice(4)).to.deep.equal([
      `vg#1pr sg_persist -n --out --preempt-abort --param-sark=${keys.node1} --param-rk=${keys.node2} --prout-type=5 /dev/sdfi`,
      'vg#1 vgchange --deltag @node1.opensvc.com vg_svc1',
      'vg#1 vgchange --addtag @node2.opensvc.com vg_svc1',
      'vg#1 vgchange -a y vg_svc1',
    ]);
    expect(sites.site('node1').machine.paths.some((path) => sites.lun.mayWrite(path.nexus))).to.equal(false);
  });

  it('lets the reservation decide when the other node cannot be asked', async () => {
    const { bench } = sites.site('node2');
    bench.peers.node('node1.opensvc.com').fault = 'unreachable';
    expect(await changesOf('node2', (one) => one.act('start'))).to.deep.equal(started('node2'));
    expect(textsOf(bench, 'warn').join()).to.match(/node1\.opensvc\.com.*; the SCSI reservation of .* decides/);
  });

  it('tells the node that lost it so at once', async () => {
    await changesOf('node1', (bench) => bench.act('start'));
    await changesOf('node2', (bench) => bench.act('start', { allow: ['foreign-reservation'] }));
    const { resources, avail } = await sites.site('node1').bench.status();
    expect(avail).to.equal('warn');
    expect(resources['vg#1pr']?.status).to.equal('down');
    expect(resources['vg#1pr']?.notes[0]).to.deep.include({ level: 'error' });
    expect(resources['vg#1pr']?.notes[0]?.text).to.match(
      /^\/dev\/mapper\/360002ac0: the reservation of this node was taken away \(now 0x238170551488311 holds it\)/,
    );
    expect(resources['vg#1']?.status).to.equal('warn');
    expect(resources['vg#1']?.notes.map(({ text }) => text)).to.include(
      'it is active here and carries the tag of another node: node2.opensvc.com',
    );
    // What it stops then is its own alone.
    await changesOf('node1', (bench) => bench.act('stop'));
    expect(sites.lun.held?.key).to.equal(BigInt(keys.node2));
    expect(sites.group.tags).to.deep.equal(['node2.opensvc.com']);
  });

  it('leaves nothing of its own when the activation fails', async () => {
    const { machine, bench } = sites.site('node1');
    const activate = sites.group.volumes;
    const [volume] = activate.splice(0);
    activate.push({ ...(volume ?? makeVolume('rootdisk')), stuck: true });
    const result = await bench.act('start');
    expect(result.ok).to.equal(false);
    expect(result.error?.message).to.match(/vgchange -a y vg_svc1: not active: rootdisk/);
    expect([sites.lun.held, sites.lun.registrations.size, sites.group.tags, machine.mapped.length]).to.deep.equal([undefined, 0, [], 1]);
  }).timeout(30_000);

  it('takes back at boot what its own crash left, and nothing else', async () => {
    const { machine, bench } = sites.site('node1');
    await changesOf('node1', (one) => one.act('start'));
    expect(await changesOf('node1', (one) => one.act('boot')), 'while it is up').to.deep.equal([]);
    machine.removeMapped('vg_svc1-rootdisk');
    machine.files.set('/proc/sys/kernel/random/boot_id', '11111111-2222-3333-4444-555555555555\n');
    bench.stage.set({ 'fs#1': 'down' });
    const changes = await changesOf('node1', (one) => one.act('boot'));
    expect(changes[0]).to.equal('vg#1 vgchange --deltag @node1.opensvc.com vg_svc1');
    expect(changes.length).to.equal(6);
    expect([sites.lun.registrations.size, sites.lun.held, sites.group.tags]).to.deep.equal([0, undefined, []]);
    await changesOf('node2', (one) => one.act('start'));
    expect(await changesOf('node1', (one) => one.act('boot')), 'while the other node has it').to.deep.equal([]);
  });

  it('makes the paths and the map writable first, where that is wanted and the disk is the primary now', async () => {
    const { machine, bench } = sites.site('node2');
    const [map] = machine.mapped;
    const protect = (): void => {
      for (const path of machine.paths) path.readOnly = true;
      if (map !== undefined) map.readOnly = true;
    };
    protect();
    const refused = (await bench.act('start')).error;
    expect(refused?.message).to.match(/^\/dev\/sdfi is read-only/);
    expect(sites.lun.registrations.size).to.equal(0);
    bench.service(service.replace('scsireserv = true', 'scsireserv = true\npromote_rw = true'));
    await changesOf('node2', (one) => one.act('start'));
    const changes = textsOf(bench, 'info').filter((text) => /blockdev|multipath/.test(text));
    expect(changes).to.deep.equal([
      ...nodes.node2.map((path) => `vg#1pr: blockdev --setrw /dev/${path}`),
      'vg#1pr: multipath -r 360002ac0',
    ]);
    expect(map?.readOnly).to.equal(false);
  });

  it('gives up where the disk stays write-protected, as the secondary of its array', async () => {
    const { machine, bench } = sites.site('node2');
    sites.lun.writeProtected = true;
    for (const path of machine.paths) path.readOnly = true;
    bench.service(service.replace('scsireserv = true', 'scsireserv = true\npromote_rw = true'));
    const result = await bench.act('start');
    expect(result.error?.message).to.match(/^\/dev\/sdfi stays read-only/);
    expect(sites.lun.registrations.size).to.equal(0);
  }).timeout(60_000);

  it('refuses a start whose dry-run shows what the real one would do', async () => {
    const { bench } = sites.site('node1');
    const result = await bench.act('start', { dryRun: true });
    expect(result.ok).to.equal(true);
    expect(textsOf(bench, 'info').filter((text) => /sg_persist|vgchange/.test(text)).length).to.equal(7);
    expect(sites.lun.registrations.size).to.equal(0);
  });
});
