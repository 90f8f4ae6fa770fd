import { must } from '../../../support/command.ts';
import type { Home } from '../../../support/home.ts';
import { attachLoop, makeImage } from '../../../support/loop.ts';
import { lvmEnvironment, withEnvironment } from '../../../support/lvm.ts';
import type { GroupState, Machine } from '../../../sim/block/machine.ts';
import { doorsOf, dropGroup, groupTruth, oneGroup } from '../../block.ts';
import { type Build, type Rig, type Rigs, section } from '../../rig.ts';
import type { Stage } from '../../stage.ts';

const worlds = new WeakMap<object, { machine: Machine; group: GroupState }>();

/** The world that a rig was built with. */
function worldOf(rig: object): { machine: Machine; group: GroupState } {
  const world = worlds.get(rig);
  if (world === undefined) throw new Error('this rig has no simulated world');
  return world;
}

const onDisk: Build = () => {
  const { machine, group } = oneGroup();
  const rig = {
    text: section('vg#1', { name: group.name }),
    truth: () => groupTruth(machine, group),
    takeAway: () => dropGroup(machine, group),
    doors: doorsOf(machine),
  };
  worlds.set(rig, { machine, group });
  return rig;
};

/** Real LVM on a loop device; `lvm` runs its programs beside the driver. */
function realLvm(home: Home): { device: string; lvm: (...argv: readonly [string, ...string[]]) => string; doors: Required<Rig>['doors'] } {
  const device = attachLoop(makeImage(home.path('disk.img'), 16 * 1024 * 1024));
  const env = lvmEnvironment(home, [device]);
  const lvm = (...argv: readonly [string, ...string[]]): string =>
    must('env', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), ...argv);
  return { device, lvm, doors: (real) => withEnvironment(real, env) };
}

const realName = `svt-${process.pid}-vg`;

/** Without device-mapper in the kernel a group holds no volume: its tag is then what makes it up. */
const onLoop: Build = (home) => {
  const { device, lvm, doors } = realLvm(home);
  lvm('pvcreate', '-q', device);
  lvm('vgcreate', '-q', realName, device);
  const tags = (): string => lvm('vgs', '--noheadings', '-o', 'vg_tags', realName).trim();
  return {
    text: section('vg#1', { name: realName }),
    truth: () => (tags() === '' ? 'down' : tags() === 'node1' ? 'up' : `tags ${tags()}`),
    takeAway: () => lvm('vgchange', '-q', '--deltag', 'node1', realName),
    doors,
    indirect: { kpartx: 'only volumes have partitions' },
  };
};

const onBlankLoop: Build = (home) => {
  const { device, lvm, doors } = realLvm(home);
  return {
    text: section('vg#1', { name: realName, pvs: device, options: '--physicalextentsize 1m' }),
    truth: () => {
      const found = lvm('pvs', '--noheadings', '-o', 'pv_name,vg_name,vg_tags').trim().split(/\s+/).join(' ');
      if (found === '') return 'down';
      return found === `${device} ${realName}` ? 'up' : found;
    },
    takeAway: () => {
      lvm('vgremove', '-q', '-ff', realName);
      lvm('pvremove', '-q', device);
    },
    doors,
  };
};

/** Runs one of LVM's programs in the world of a rig, by its own environment. */
function lvmIn({ home, stage }: { home: Home; stage: Stage }, ...argv: readonly [string, ...string[]]): void {
  const device = String((stage.view.config['pvs'] as readonly string[])[0]);
  must('env', `LVM_SYSTEM_DIR=${home.folder}/lvm`, ...argv, ...(argv[0] === 'vgchange' ? [realName] : [device]));
}

export const rigs: Rigs = {
  needs: { root: true, tools: ['vgs', 'losetup'], files: ['/dev/loop-control'] },
  cases: { 'with volumes': onDisk },
  variants: { 'without volumes, real LVM': onLoop },
  blank: onBlankLoop,
  refusals: {
    'there is no such group': {
      text: ({ text }) => text.replace('vg_svc1', 'vg_none'),
      says: /^there is no volume group vg_none/,
      // The driver's start looks for it a while: its disk may just have been attached.
      alsoInVerb: false,
    },
    'it carries the tag of another node': {
      prepare: ({ rig }) => void worldOf(rig).group.tags.push('node2'),
      says: /^vg_svc1 belongs to another node: it carries the tag node2/,
      allow: 'foreign-tag',
    },
    'it is exported': {
      prepare: ({ rig }) => {
        worldOf(rig).group.exported = true;
      },
      says: /^vg_svc1 is exported$/,
    },
    'a disk is missing': {
      prepare: ({ rig }) => {
        worldOf(rig).group.disks.push('naa.gone');
        worldOf(rig).group.tags.push('node1');
      },
      says: /^1 of the 2 physical volumes of vg_svc1 is missing$/,
      allow: 'degraded',
    },
    'provision: the device holds something else': {
      in: 'blank',
      verb: 'provision',
      prepare: ({ stage }) => void must('mkswap', String((stage.view.config['pvs'] as readonly string[])[0])),
      says: /holds swap$/,
      allow: 'overwrite-data',
    },
    'provision: the device belongs to another group': {
      in: 'blank',
      verb: 'provision',
      prepare: (world) => lvmIn(world, 'vgcreate', '-q', `${realName}-other`),
      says: /belongs to the volume group svt-\d+-vg-other$/,
    },
    'provision: no device is named': {
      in: 'blank',
      verb: 'provision',
      text: ({ text }) => text.replace(/^pvs = .*\n/m, ''),
      says: /^pvs is not set/,
    },
    'unprovision: it carries the tag of another node': {
      in: 'blank',
      verb: 'unprovision',
      prepare: (world) => {
        lvmIn(world, 'vgcreate', '-q', realName);
        lvmIn(world, 'vgchange', '-q', '--addtag', 'node2');
      },
      says: /belongs to another node: it carries the tag node2/,
      allow: 'foreign-tag',
    },
  },
};
