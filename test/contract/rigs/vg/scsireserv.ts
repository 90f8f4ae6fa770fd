import type { Machine } from '../../../sim/block/machine.ts';
import { doorsOf, node1Key, oneDisk } from '../../block.ts';
import { type Build, type Indifference, type Rigs, section } from '../../rig.ts';

const worlds = new WeakMap<object, Machine>();

function worldOf(rig: object): Machine {
  const world = worlds.get(rig);
  if (world === undefined) throw new Error('this rig has no simulated world');
  return world;
}

const key2 = 0xbeefn;

interface Kind {
  readonly dev?: string;
  readonly vendor?: string;
  readonly model?: string;
  readonly more?: Readonly<Record<string, string>>;
  readonly prepare?: (machine: Machine) => void;
  /** Registrations that the disk keeps of this node. */
  readonly registered?: number;
}

/** A disk on two paths, reserved or not. */
function disk(
  { dev = '/dev/sda', vendor, model, more = {}, prepare, registered = 2 }: Kind,
  indifferent: readonly Indifference[],
  indirect: Readonly<Record<string, string>> = {},
): Build {
  return () => {
    const { machine, lun } = oneDisk({ ...(vendor === undefined ? {} : { vendor }), ...(model === undefined ? {} : { model }) });
    prepare?.(machine);
    const rig = {
      text: section('vg#1pr', { type: 'scsireserv', devs: dev, ...more }),
      truth: () => {
        const keys = [...lun.registrations.values()];
        if (keys.length === 0 && lun.held === undefined) return 'down';
        const held = lun.held?.key === node1Key && lun.held.type === 5;
        const isOurs = keys.length === registered && keys.every((key) => key === node1Key);
        return held && isOurs ? 'up' : `held by ${lun.held?.key.toString(16)}, keys ${keys.map((key) => key.toString(16)).join()}`;
      },
      takeAway: () => {
        lun.registrations.clear();
        lun.held = undefined;
      },
      doors: doorsOf(machine),
      indifferent,
      indirect,
    };
    worlds.set(rig, machine);
    return rig;
  };
}

const text = ['garbage', 'empty', 'truncated'] as const;

/** Of a look at the disk's own words: what they say only matters where they say something known. */
function unread(look: RegExp, why: string, lies: readonly ('garbage' | 'empty' | 'truncated')[] = text): readonly Indifference[] {
  return (['up', 'down'] as const).map((world) => ({ look, lies, world, why }));
}

function joinPaths(machine: Machine): void {
  machine.addMap('mpatha', ['sda', 'sdb']);
}

const otherPath: Indifference = {
  look: /^sg_persist -n -[kr] \/dev\/sda$/,
  lies: ['failing'],
  world: 'down',
  why: 'the other path answers',
};
const maker = unread(/^file \/sys\/block\/sda\/device\/(vendor|model)$/, 'only the name of an array that counts otherwise would matter');
const mapKind = unread(/^file \/sys\/block\/dm-0\/dm\/uuid$/, 'what it stands on is the same disk', ['garbage']);
const settings = unread(/^file \/etc\/multipath\.conf$/, 'sg_persist on each path says the same');
const paths = unread(
  /^file \/sys\/block\/sd[abcd]\/device\/wwid$/,
  'without it a path counts as a disk of its own; whether we hold it the disk says',
);
const array: readonly Indifference[] = [
  { look: /^file \/sys\/block\/sda\/device\/model$/, lies: ['truncated'], world: 'up', why: 'what is cut are the blanks behind it' },
  ...maker.filter(({ world }) => world === 'down'),
];

export const rigs: Rigs = {
  needs: {},
  cases: { 'on two paths': disk({}, [...maker, ...paths, otherPath]) },
  variants: {
    'on a multipath map': disk({ dev: '/dev/mapper/mpatha', prepare: joinPaths }, [...maker, ...mapKind, otherPath]),
    'on a multipath map whose keys multipathd keeps': disk(
      {
        dev: '/dev/mapper/mpatha',
        prepare: (machine) => {
          joinPaths(machine);
          machine.files.set('/etc/multipath.conf', 'defaults {\n\treservation_key file\n}\n');
        },
      },
      [...maker, ...mapKind, ...settings],
      { sg_persist: 'mpathpersist takes its place' },
    ),
    'on a 3PAR volume, which keeps a key for each adapter': disk(
      {
        vendor: '3PARdata',
        model: 'VV',
        prepare: (machine) => {
          const [lun] = machine.san.luns;
          if (lun === undefined) return;
          lun.initiatorOf = (nexus) => nexus.split(':').slice(0, 2).join(':');
          for (const [name, address] of [
            ['sdc', '3:0:1:1'],
            ['sdd', '4:0:1:1'],
          ] as const)
            machine.addPath(name, lun, address).fresh = false;
        },
      },
      [...array, ...paths, otherPath],
    ),
  },
  refusals: {
    'another node holds it': {
      prepare: ({ rig }) => {
        const [lun] = worldOf(rig).san.luns;
        lun?.register('node2:5:0', key2, 'ignore');
        lun?.reserve('node2:5:0', key2, 5);
      },
      says: /^\/dev\/sda is reserved by 0xbeef \(no node of the service knows this key\)$/,
      allow: 'foreign-reservation',
    },
    'another node is registered and could write': {
      prepare: ({ rig }) => void worldOf(rig).san.luns[0]?.register('node2:5:0', key2, 'ignore'),
      says: /^\/dev\/sda has a registration by 0xbeef/,
      allow: 'foreign-reservation',
    },
  },
};
