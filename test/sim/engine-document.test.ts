/** The service of the HP 3PAR document, with doubles for its drivers: the tree of spec/status.md, byte for byte. */
import { expect } from 'chai';
import { renderTree } from '../../agent/cli/render/tree.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { doubleDriver, type Stage } from '../support/doubles.ts';
import { useBench } from '../support/engine.ts';

const service = 'svc1.opensvc.com';
const disks = '/dev/sdgq, /dev/sdax, /dev/sden, /dev/sdgi';

/** The sections of the document; `sync#i0` is implicit there and written out here, until the engine makes it. */
const file = `
[DEFAULT]
nodes = node1.opensvc.com
drpnodes = node2.opensvc.com
encapnodes = ${service}

[container#0]
type = lxc
name = ${service}

[vg#1]
type = lvm
name = vg_svc1
scsireserv = true

[fs#1]
type = ext4
dev = /dev/mapper/vg_svc1-rootdisk
mnt = /opt/${service}

[ip#1]
type = host
encap = true
ipname = ${service}
ipdev = eth0

[sync#i0]
type = rsync

[sync#1]
type = hp3par
array@nodes = baie.array1
array@drpnodes = baie.array2
rcg = MYRCG
mode = async
`;

const text = { kind: 'string', text: 'A keyword of the document.' } as const;
const keywords = (...names: readonly string[]): Keywords => Object.fromEntries(names.map((name) => [name, text]));

function drivers(stage: Stage) {
  const word = (config: Readonly<Record<string, unknown>>, name: string) => String(config[name]);
  return {
    'container.lxc': doubleDriver(stage, { keywords: keywords('name'), label: (config) => word(config, 'name') }),
    'vg.lvm': doubleDriver(stage, {
      keywords: keywords('name', 'scsireserv'),
      label: (config) => word(config, 'name'),
      implies: (config) => (config['scsireserv'] === 'true' ? [{ rid: 'vg#1pr', type: 'vg.scsireserv', values: {}, order: 'before' }] : []),
    }),
    'vg.scsireserv': doubleDriver(stage, { label: () => disks }),
    'fs.ext4': doubleDriver(stage, {
      keywords: keywords('dev', 'mnt'),
      label: (config) => `${word(config, 'dev')}@${word(config, 'mnt')}`,
    }),
    'ip.host': doubleDriver(stage, {
      keywords: keywords('ipname', 'ipdev'),
      label: (config) => `${word(config, 'ipname')}@${word(config, 'ipdev')}`,
    }),
    'sync.rsync': doubleDriver(stage, { methods: [], label: () => 'rsync svc config to drpnodes, nodes' }),
    'sync.hp3par': doubleDriver(stage, {
      promotes: true,
      keywords: keywords('array', 'rcg', 'mode'),
      label: (config) => `hp3par ${word(config, 'mode')} ${word(config, 'rcg')}`,
    }),
  };
}

const tree = (overall: string, sync: string, below: readonly string[] = []) =>
  [
    service,
    `overall                   ${overall}`,
    '|- avail                  up',
    `|  |- container#0    .... up       ${service}`,
    `|  |  '- ip#1        ...E up       ${service}@eth0`,
    `|  |- vg#1pr         .... up       ${disks}`,
    '|  |- vg#1           .... up       vg_svc1',
    `|  '- fs#1           .... up       /dev/mapper/vg_svc1-rootdisk@/opt/${service}`,
    `|- sync                   ${sync}`,
    '|  |- sync#i0        .... up       rsync svc config to drpnodes, nodes',
    `|  '- sync#1         .... ${sync.padEnd(8)} hp3par async MYRCG`,
    ...below,
    "'- hb                     n/a",
    '',
  ].join('\n');

const everything = ['container#0', 'ip#1', 'vg#1pr', 'vg#1', 'fs#1', 'sync#i0', 'sync#1'];

describe('sim: engine: the document of the HP 3PAR', () => {
  const bench = useBench({ drivers, node: 'node1.opensvc.com' });

  beforeEach(() => {
    bench().service(file, service);
    bench().stage.set(Object.fromEntries(everything.map((rid) => [rid, 'up' as const])));
  });

  it('is printed exactly when all is up', async () => {
    expect(renderTree(await bench().status(service))).to.equal(tree('up', 'up'));
  });

  it('is printed exactly when the replication is stopped', async () => {
    Object.assign(bench().stage.part('sync#1'), {
      state: 'warn',
      notes: [
        { level: 'warn', text: 'rcopy group status is not Started (Stopped)', mend: `svcmgr -s ${service} sync resume --rid sync#1` },
      ],
    });
    // The specification shows no "since" line: the state began at a time that nobody knows.
    const document = await bench().status(service);
    const undated = Object.fromEntries(Object.entries(document.resources).map(([rid, one]) => [rid, { ...one, since: null }]));
    const under = (line: string) => `|                                  ${line}`;
    const rows = [
      under('# rcopy group status is not Started (Stopped)'),
      under('# mend: svcmgr -s svc1.opensvc.com sync resume --rid sync#1'),
    ];
    expect(renderTree({ ...document, resources: undated }, { width: 120 })).to.equal(tree('warn', 'warn', rows));
    const wrapped = ['# rcopy group status is not Started', '(Stopped)', '# mend: svcmgr -s svc1.opensvc.com sync', 'resume --rid sync#1'];
    expect(renderTree({ ...document, resources: undated })).to.equal(tree('warn', 'warn', wrapped.map(under)));
  });

  it('shows what is inside the container as down when the container is, and the application side as it is', async () => {
    bench().stage.set({ 'container#0': 'down' });
    const { resources, avail } = await bench().status(service);
    expect(resources['ip#1']).to.include({ status: 'down', container: 'container#0' });
    expect(avail).to.equal('warn');
  });

  it('starts and stops in the order of the document, what is inside the container after it and before it', async () => {
    const { stage, actOn } = bench();
    for (const rid of everything) stage.set({ [rid]: 'down' });
    expect((await actOn(service, 'start')).ok).to.equal(true);
    expect(stage.events).to.deep.equal(['start sync#1', 'start vg#1pr', 'start vg#1', 'start fs#1', 'start container#0', 'start ip#1']);
    stage.events.length = 0;
    expect((await actOn(service, 'stop')).ok).to.equal(true);
    expect(stage.events).to.deep.equal(['stop ip#1', 'stop container#0', 'stop fs#1', 'stop vg#1', 'stop vg#1pr', 'stop sync#1']);
  });
});
