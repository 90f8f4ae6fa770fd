/** For each sample of the vectors: arrays described as in it, and how they get into its state; nothing is printed that they are not. */
import type { ArrayConfig, GroupConfig, SimConfig } from './config.ts';
import type { Controls } from './controls.ts';

export interface SampleWorld {
  readonly config: SimConfig;
  /** The array that is asked. */
  readonly on: string;
  reach?(controls: Controls): Promise<void> | void;
}

const [one, two] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;

/** The document's pair; MYRCG or another name, made on `hp3par1`. */
function periodicPair(startText: string, group: Partial<GroupConfig> = {}, names: readonly [string, string] = [one, two]): SimConfig {
  const volumes = group.volumes ?? ['VV_SVC1_ROOT'];
  const ids = [31_110, 31_079] as const;
  const array = (index: 0 | 1): ArrayConfig => ({
    ...{ name: names[index], id: 12_345 + index, zone: 'Europe/Paris' },
    volumes: volumes.map((name, at) => ({ name, id: (idsOf(group)?.[index] ?? ids[index]) + at })),
  });
  return {
    arrays: [array(0), array(1)],
    groups: [{ name: 'MYRCG', from: names[0], to: names[1], mode: 'Periodic', periodMs: 300_000, volumes, ...group }],
    startMs: Date.parse(startText),
    timing: { syncMs: 1000 },
  };
}

function idsOf(group: Partial<GroupConfig>): readonly [number, number] | undefined {
  return group.name === 'RCG.SVCTEST1' ? [2706, 2718] : undefined;
}

const syncNow = (array: string, group: string) => async (controls: Controls) => void (await controls.run(array, `syncrcopy -w ${group}`));

/** Synced at a moment, then cut from it until the moment of the sample: the periodic group of the seed's relocation. */
function relocation(...lines: readonly (readonly [string, string])[]): SampleWorld {
  return {
    config: { ...periodicPair('2014-03-25T13:32:11+01:00'), quirks: { lastSyncTime: 'start' } },
    on: two,
    reach: async (controls) => {
      for (const [array, line] of lines) await controls.run(array, line);
    },
  };
}

const stopHere = [one, 'stoprcopygroup -f MYRCG'] as const;

/** An Alletra pair as in the captures: E18U31 made Intern_Automation … on D22U27. */
function alletra(
  asked: 'D22U27' | 'E18U31',
  group: GroupConfig,
  volumes: readonly (readonly [string, number, number])[],
  startText: string,
): SimConfig {
  const [here, there] = [`AlletraMP_${asked}`, asked === 'D22U27' ? 'AlletraMP_E18U31' : 'AlletraMP_D22U27'];
  const links = (target: string) => [
    { target, node: '0:4:3', address: '10.54.154.192' },
    { target, node: '1:4:3', address: '10.54.122.92' },
    { target: 'receive', node: '0:4:3', address: '10.54.154.192' },
    { target: 'receive', node: '1:4:3', address: '10.54.122.92' },
  ];
  const model = { model: 'HPE Alletra Storage MP', serial: 'CZ2D320BT1', zone: 'Asia/Kolkata' };
  const idOf = (name: string) => (name === 'AlletraMP_D22U27' ? 188_150 : 188_151);
  return {
    arrays: [
      {
        ...model,
        ...{ name: here, id: idOf(here), links: links(there), targets: { [there]: { id: asked === 'D22U27' ? 5 : 3 } } },
        volumes: volumes.map(([name, id]) => ({ name, id })),
      },
      { ...model, name: there, id: idOf(there), volumes: volumes.map(([name, , id]) => ({ name, id })) },
    ],
    groups: [group],
    startMs: Date.parse(startText),
    quirks: { style: '10.x' },
  };
}

const d22 = 'AlletraMP_D22U27';
const e18 = 'AlletraMP_E18U31';
const testRcg: GroupConfig = {
  name: 'Test-RCG',
  from: d22,
  to: e18,
  mode: 'Sync',
  policies: [],
  volumes: ['TestRC_VV1'],
  status: 'Stopped',
};
const stoppedAt = '2026-07-27T18:50:42+05:30';

const appTest: GroupConfig = {
  ...{ name: 'APP_Test', from: d22, to: e18, mode: 'Sync', ids: [13, 13], cpgs: ['SSD_r6', 'SSD_r6'], volumes: ['APP.test.vv'] },
  policies: ['auto_recover', 'auto_synchronize', 'active_active'],
};

/** Both groups of the detailed capture. */
function detailedPair(): SimConfig {
  const config = alletra(
    'D22U27',
    { ...testRcg, ids: [14, 14] },
    [
      ['TestRC_VV1', 4838, 554],
      ['APP.test.vv', 4754, 531],
    ],
    stoppedAt,
  );
  return { ...config, groups: [...config.groups, { ...appTest, sets: ['APP_Test', 'APP_Test'] }] };
}

/** Swapped once for good: what was made as primary here is secondary. */
const swapped = (array: string, peer: string, name: string, peerName: string) => async (controls: Controls) => {
  await controls.run(array, `setrcopygroup reverse -f -stopgroups -waittask ${name}`);
  await controls.run(peer, `startrcopygroup -wait ${peerName}`);
};

const single = (quotes: 'always' | 'needed', policies: readonly string[]): SimConfig => ({
  arrays: [
    { name: 'hp3par1', id: 101, volumes: [{ name: 'vv1', id: 101 }] },
    { name: 'hp3par2', id: 102, volumes: [{ name: 'vv1', id: 201 }] },
  ],
  groups: [{ name: 'SYNC1', from: 'hp3par1', to: 'hp3par2', mode: 'Sync', policies, volumes: ['vv1'] }],
  quirks: { quotes },
});

/** Two links as in the OpenSVC samples, and `receive` of the same ports. */
function linked(own: string, peer: string): SimConfig {
  const ports = [
    { node: '0:2:4', address: '20240002AC00992B' },
    { node: '1:2:3', address: '21230002AC00992B' },
  ];
  const links = [peer, 'receive'].flatMap((target) => ports.map((port) => ({ target, ...port })));
  return {
    arrays: [
      { name: own, id: 1, links },
      { name: peer, id: 2 },
    ],
    groups: [],
  };
}

const manyTargets: SimConfig = {
  arrays: [
    {
      ...{ name: 'hp3par1', id: 1 },
      targets: {
        hp3par2: { type: 'FC', options: '2FF70002AC00992B' },
        hp3par4: { policy: 'no_mirror_config' },
      },
    },
    ...[2, 3, 4].map((number) => ({ name: `hp3par${number}`, id: number })),
  ],
  groups: [],
};

const snapshots: SimConfig = {
  arrays: [
    {
      ...{ name: 'hp3par1', id: 1 },
      volumes: [
        { name: 'vv1', prov: 'tpvv', createdMs: Date.parse('2014-01-10T09:00:00+01:00') },
        { name: 'vv1.snap', prov: 'snp', copyOf: 'vv1', createdMs: Date.parse('2014-03-25T03:00:01+01:00') },
        { name: 'vv2', prov: 'full', createdMs: Date.parse('2014-01-10T09:01:00+01:00') },
      ],
    },
    { name: 'hp3par2', id: 2 },
  ],
  groups: [],
};

const failedOver = async (controls: Controls) => {
  controls.links(one, two, false);
  controls.elapse(10_000);
  await controls.run(two, 'setrcopygroup failover -f -waittask MYRCG.r12345');
};

const shashi: SimConfig = {
  arrays: [
    { name: 'CSSOS-SSA04', id: 121_649, zone: 'Asia/Kolkata', volumes: [{ name: 'dcv-hA0sW.RITxO52sfHr2Qkmg', id: 7330 }] },
    { name: 'CSSOS-SSA06', id: 121_650, zone: 'Asia/Kolkata', volumes: [{ name: 'dcv-hA0sW.RITxO52sfHr2Qkmg', id: 32_200 }] },
  ],
  groups: [
    {
      ...{ name: 'shashi-rcg01', from: 'CSSOS-SSA04', to: 'CSSOS-SSA06', mode: 'Sync' },
      ...{ policies: [], volumes: ['dcv-hA0sW.RITxO52sfHr2Qkmg'], status: 'Stopped' },
    },
  ],
  startMs: Date.parse('2018-09-14T12:16:24+05:30'),
};

const automation: GroupConfig = {
  ...{ name: 'Intern_Automation', from: d22, to: e18, mode: 'Sync', policies: [] },
  volumes: ['Automation1', 'Automation2', 'Automation3', 'Automation4'],
};

/** The links are gone, and the next task has the number of the vendor's example. */
function split(): SampleWorld {
  const config = periodicPair('2014-03-25T13:32:11+01:00');
  return {
    config: { ...config, arrays: config.arrays.map((array) => ({ ...array, nextTask: 2572 })) },
    on: two,
    reach: (controls) => controls.links(one, two, false),
  };
}

export const sampleWorlds: Readonly<Record<string, SampleWorld>> = {
  'csv-primary-started-periodic': {
    config: periodicPair('2014-03-25T16:12:47+01:00', { name: 'RCG.SVC1' }, ['hp3par0', one]),
    on: 'hp3par0',
    reach: syncNow('hp3par0', 'RCG.SVC1'),
  },
  'csv-secondary-started-periodic': { config: periodicPair('2014-03-25T16:12:47+01:00'), on: two, reach: syncNow(one, 'MYRCG') },
  'csv-secondary-stopped-periodic': relocation(stopHere),
  'csv-primary-stopped-after-reverse': relocation(stopHere, [two, 'setrcopygroup reverse -f -waittask MYRCG.r12345']),
  'csv-primary-rev-stopped-failover': { ...relocation(), reach: failedOver },
  'csv-secondary-rev-started-syncing': {
    ...relocation(),
    on: one,
    reach: async (controls) => {
      await failedOver(controls);
      controls.links(one, two, true);
      await controls.run(two, 'setrcopygroup recover -f MYRCG.r12345');
    },
  },
  'csv-options-empty-quoted': { config: alletra('D22U27', testRcg, [['TestRC_VV1', 4838, 554]], stoppedAt), on: d22 },
  'csv-options-empty-bare': {
    config: { ...alletra('D22U27', testRcg, [['TestRC_VV1', 4838, 554]], stoppedAt), quirks: { style: '10.x', quotes: 'needed' } },
    on: d22,
  },
  'csv-options-single-unquoted': { config: single('needed', ['auto_recover']), on: 'hp3par1' },
  'csv-header-kept': {
    config: {
      ...periodicPair('2014-03-05T10:19:42+01:00', { name: 'RCG.SVCTEST1', volumes: ['LXC.SVCTEST1.DATA01', 'LXC.SVCTEST1.DATA02'] }, [
        'baie-prod',
        'baie-pra',
      ]),
    },
    on: 'baie-prod',
  },
  'csv-links-split': { config: linked('baie', 'baie-pra'), on: 'baie', reach: (controls) => controls.links('baie', 'baie-pra', false) },
  'csv-links-joined-degraded': { config: linked(two, one), on: two, reach: (controls) => controls.link(two, '0:2:4', false) },
  'csv-targets-ready': {
    config: {
      arrays: [
        { name: 'baie', id: 1, targets: { 'baie-pra.cgr.fr': { type: 'FC', options: '2FF70002AC00992B' } } },
        { name: 'baie-pra.cgr.fr', id: 2 },
      ],
      groups: [],
    },
    on: 'baie',
  },
  'csv-targets-failed-and-failing': {
    config: manyTargets,
    on: 'hp3par1',
    reach: (controls) => {
      controls.links('hp3par1', 'hp3par2', false);
      controls.elapse(10_000);
      controls.links('hp3par1', 'hp3par3', false);
    },
  },
  'text-full-primary-rev-sync': {
    config: {
      ...alletra(
        'E18U31',
        automation,
        automation.volumes.map((name, at) => [name, 687 + at, 6199 + at] as const),
        '2026-07-27T18:00:00+05:30',
      ),
    },
    on: e18,
    reach: async (controls) => {
      await controls.run(e18, 'setrcopygroup reverse -f -stopgroups -current -waittask Intern_Automation.r188150');
      await controls.run(e18, 'startrcopygroup -wait Intern_Automation.r188150');
      controls.link(e18, '1:4:3', false);
    },
  },
  'text-groups-primary-stopped-sync': {
    config: alletra(
      'D22U27',
      { ...testRcg, volumes: ['TestRC_VV1', 'TestRC_VV2'] },
      [
        ['TestRC_VV1', 4838, 554],
        ['TestRC_VV2', 4839, 555],
      ],
      stoppedAt,
    ),
    on: d22,
  },
  'text-groups-primary-started-periodic': {
    config: {
      ...alletra(
        'D22U27',
        {
          ...{ name: 'APP1', from: d22, to: e18, mode: 'Periodic', periodMs: 300_000, volumes: ['vv.app1.data'] },
          policies: ['auto_recover', 'over_per_alert', 'auto_synchronize'],
        },
        [['vv.app1.data', 1201, 881]],
        '2026-10-09T23:39:24+05:30',
      ),
    },
    on: d22,
    reach: syncNow(d22, 'APP1'),
  },
  'text-groups-primary-rev-stopped-sync': {
    config: { ...shashi, quirks: { style: '10.x' } },
    on: 'CSSOS-SSA06',
    reach: async (controls) => void (await controls.run('CSSOS-SSA06', 'setrcopygroup failover -f -waittask shashi-rcg01.r121649')),
  },
  'text-groups-secondary-started-active-active': {
    config: alletra('D22U27', appTest, [['APP.test.vv', 4754, 531]], stoppedAt),
    on: d22,
    reach: swapped(d22, e18, 'APP_Test', 'APP_Test.r188150'),
  },
  'text-d-groups': { config: detailedPair(), on: d22, reach: swapped(d22, e18, 'APP_Test', 'APP_Test.r188150') },
  'text-targets': { config: alletra('D22U27', testRcg, [['TestRC_VV1', 4838, 554]], stoppedAt), on: d22 },
  'action-reverse-waittask': {
    config: periodicPair('2014-03-25T13:32:11+01:00'),
    on: two,
    reach: async (controls) => void (await controls.run(one, 'stoprcopygroup -f MYRCG')),
  },
  'action-failover-waittask': split(),
  'action-failover-nowait': split(),
  'action-syncrcopy-wait': { config: periodicPair('2014-03-25T13:30:35+01:00'), on: one },
  'action-syncrcopy-nowait': { config: periodicPair('2014-03-25T13:30:35+01:00', { name: 'Group1' }), on: one },
  'action-syncrcopy-not-started': { config: periodicPair('2014-03-25T13:30:35+01:00', { status: 'Stopped' }), on: one },
  'action-stop-ok': { config: periodicPair('2014-03-25T13:32:10+01:00'), on: one },
  'csv-showvv-showcols-snap': { config: snapshots, on: 'hp3par1' },
  'text-showsys': { config: alletra('D22U27', testRcg, [['TestRC_VV1', 4838, 554]], stoppedAt), on: d22 },
  'session-stdin-csv': {
    config: periodicPair('2014-03-25T16:12:47+01:00', {}, ['hp3par1', two]),
    on: 'hp3par1',
    reach: syncNow('hp3par1', 'MYRCG'),
  },
  'session-pty-csv': {
    config: {
      arrays: [
        {
          ...{ name: 'CSIM-EOS08_1611165', id: 1 },
          links: [
            { target: 'CSIM-EOS09', node: '0:3:1', address: '10.10.10.2' },
            { target: 'receive', node: '0:3:1', address: '10.10.10.1' },
          ],
        },
        { name: 'CSIM-EOS09', id: 2 },
      ],
      groups: [],
    },
    on: 'CSIM-EOS08_1611165',
  },
};
