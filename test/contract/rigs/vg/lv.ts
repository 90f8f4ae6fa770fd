import { mappedOf } from '../../../sim/block/lvm.ts';
import { doorsOf, oneGroup } from '../../block.ts';
import { type Build, type Rigs, section } from '../../rig.ts';

/** A volume beside another one that is always active. */
const inGroup: Build = () => {
  const { machine, group } = oneGroup('vg-a', ['data-1', 'other']);
  machine.run(['lvchange', '-a', 'y', 'vg-a/other']);
  const mapped = () => group.volumes.flatMap((volume) => mappedOf(machine, group, volume)?.name ?? []).sort();
  return {
    text: section('lv#1', { name: 'data-1', vg: 'vg-a' }),
    truth: () => {
      const names = mapped().join(' ');
      return names === 'vg--a-data--1 vg--a-other' ? 'up' : names === 'vg--a-other' ? 'down' : names;
    },
    takeAway: () => machine.removeMapped('vg--a-data--1'),
    doors: doorsOf(machine),
  };
};

const inEmptyGroup: Build = () => {
  const { machine, group } = oneGroup('vg_svc1', []);
  return {
    text: section('lv#1', { name: 'data', vg: 'vg_svc1', size: '10m' }),
    truth: () => (group.volumes.length === 0 ? 'down' : group.volumes.map(({ name }) => name).join() === 'data' ? 'up' : 'something else'),
    takeAway: () => void machine.run(['lvremove', '-f', 'vg_svc1/data']),
    doors: doorsOf(machine),
  };
};

export const rigs: Rigs = {
  needs: {},
  cases: { 'in a group': inGroup },
  blank: inEmptyGroup,
  refusals: {
    'there is no such volume': { text: ({ text }) => text.replace('data-1', 'none'), says: /^vg-a\/none does not exist/ },
    'there is no such group': {
      text: ({ text }) => text.replace('vg-a', 'vg_none'),
      says: /^there is no volume group vg_none here$/,
    },
    'provision: it has no size': {
      in: 'blank',
      verb: 'provision',
      text: ({ text }) => text.replace(/^size = .*\n/m, ''),
      says: /^size is not set/,
    },
  },
};
