/** For each sample of the vectors: the arrays that are in its state; nothing is printed that they are not. */
import {
  alletra,
  appTest,
  automation,
  d22,
  detailedPair,
  e18,
  failedOver,
  linked,
  manyTargets,
  one,
  periodicPair,
  relocation,
  shashi,
  single,
  snapshots,
  split,
  stopHere,
  stoppedAt,
  swapped,
  syncNow,
  testRcg,
  two,
  type SampleWorld,
} from './sample-arrays.ts';

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
