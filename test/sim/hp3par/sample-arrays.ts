/** Arrays as in the samples of the vectors, and how they get into a state; sample-worlds.ts says which sample needs which. */
import type { ArrayConfig, GroupConfig, SimConfig } from './config.ts';
import type { Controls } from './controls.ts';

export interface SampleWorld {
  readonly config: SimConfig;
  /** The array that is asked. */
  readonly on: string;
  reach?(controls: Controls): Promise<void> | void;
}

export const [one, two] = ['hp3par1.opensvc.com', 'hp3par2.opensvc.com'] as const;

/** The document's pair; MYRCG or another name, made on `hp3par1`. */
export function periodicPair(
  startText: string,
  group: Partial<GroupConfig> = {},
  names: readonly [string, string] = [one, two],
): SimConfig {
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

export function idsOf(group: Partial<GroupConfig>): readonly [number, number] | undefined {
  return group.name === 'RCG.SVCTEST1' ? [2706, 2718] : undefined;
}

export const syncNow = (array: string, group: string) => async (controls: Controls) =>
  void (await controls.run(array, `syncrcopy -w ${group}`));

/** Synced at a moment, then cut from it until the moment of the sample: the periodic group of the seed's relocation. */
export function relocation(...lines: readonly (readonly [string, string])[]): SampleWorld {
  return {
    config: { ...periodicPair('2014-03-25T13:32:11+01:00'), quirks: { lastSyncTime: 'start' } },
    on: two,
    reach: async (controls) => {
      for (const [array, line] of lines) await controls.run(array, line);
    },
  };
}

export const stopHere = [one, 'stoprcopygroup -f MYRCG'] as const;

/** An Alletra pair as in the captures: E18U31 made Intern_Automation … on D22U27. */
export function alletra(
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

export const d22 = 'AlletraMP_D22U27';
export const e18 = 'AlletraMP_E18U31';
export const testRcg: GroupConfig = {
  name: 'Test-RCG',
  from: d22,
  to: e18,
  mode: 'Sync',
  policies: [],
  volumes: ['TestRC_VV1'],
  status: 'Stopped',
};
export const stoppedAt = '2026-07-27T18:50:42+05:30';

export const appTest: GroupConfig = {
  ...{ name: 'APP_Test', from: d22, to: e18, mode: 'Sync', ids: [13, 13], cpgs: ['SSD_r6', 'SSD_r6'], volumes: ['APP.test.vv'] },
  policies: ['auto_recover', 'auto_synchronize', 'active_active'],
};

/** Both groups of the detailed capture. */
export function detailedPair(): SimConfig {
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
export const swapped = (array: string, peer: string, name: string, peerName: string) => async (controls: Controls) => {
  await controls.run(array, `setrcopygroup reverse -f -stopgroups -waittask ${name}`);
  await controls.run(peer, `startrcopygroup -wait ${peerName}`);
};

export const single = (quotes: 'always' | 'needed', policies: readonly string[]): SimConfig => ({
  arrays: [
    { name: 'hp3par1', id: 101, volumes: [{ name: 'vv1', id: 101 }] },
    { name: 'hp3par2', id: 102, volumes: [{ name: 'vv1', id: 201 }] },
  ],
  groups: [{ name: 'SYNC1', from: 'hp3par1', to: 'hp3par2', mode: 'Sync', policies, volumes: ['vv1'] }],
  quirks: { quotes },
});

/** Two links as in the OpenSVC samples, and `receive` of the same ports. */
export function linked(own: string, peer: string): SimConfig {
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

export const manyTargets: SimConfig = {
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

export const snapshots: SimConfig = {
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

export const failedOver = async (controls: Controls) => {
  controls.links(one, two, false);
  controls.elapse(10_000);
  await controls.run(two, 'setrcopygroup failover -f -waittask MYRCG.r12345');
};

export const shashi: SimConfig = {
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

export const automation: GroupConfig = {
  ...{ name: 'Intern_Automation', from: d22, to: e18, mode: 'Sync', policies: [] },
  volumes: ['Automation1', 'Automation2', 'Automation3', 'Automation4'],
};

/** The links are gone, and the next task has the number of the vendor's example. */
export function split(): SampleWorld {
  const config = periodicPair('2014-03-25T13:32:11+01:00');
  return {
    config: { ...config, arrays: config.arrays.map((array) => ({ ...array, nextTask: 2572 })) },
    on: two,
    reach: (controls) => controls.links(one, two, false),
  };
}
