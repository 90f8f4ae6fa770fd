/** The mounts as the kernel tells them, read without the agent's own parser; and a block device with a filesystem. */
import { readFileSync } from 'node:fs';
import { must, tryTo } from '../support/command.ts';
import { attachLoop, makeImage } from '../support/loop.ts';
import { type Build, type Indifference, type Refusal, type Rig, section } from './rig.ts';

/** `type source` of every mount on this point, the first mounted first. */
export function mountedOn(point: string): readonly string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [type, source] = after.split(' ');
    return before.split(' ')[4] === point ? [`${type} ${source}`] : [];
  });
}

/** `up` when exactly this is mounted there, `down` when nothing is. */
export function mountTruth(point: string, wanted: string): string {
  const found = mountedOn(point);
  if (found.length === 0) return 'down';
  return found.length === 1 && found[0] === wanted ? 'up' : found.join(' under ');
}

export interface Kind {
  readonly type: 'ext4' | 'xfs' | 'btrfs';
  readonly sizeBytes: number;
}

/** A loop device with a filesystem, to be mounted below a folder that does not exist; with an owner, so that all steps are there. */
export function onDevice({ type, sizeBytes }: Kind, more: Partial<Rig> = {}): Build {
  return (home) => {
    const image = makeImage(home.path('disk.img'), sizeBytes);
    must(`mkfs.${type}`, '-q', image);
    const dev = attachLoop(image);
    const mnt = `${home.folder}/mnt`;
    return {
      text: section('fs#1', { type, dev, mnt, mnt_opt: 'noatime', user: 'root', group: 'adm', perm: '0750', check_read: 'true' }),
      truth: () => mountTruth(mnt, `${type} ${dev}`),
      takeAway: () => must('umount', mnt),
      tidy: () => tryTo('rmdir', mnt),
      indifferent: [
        {
          look: /^find -H /,
          lies: ['garbage', 'empty', 'truncated'],
          world: 'up',
          why: 'that the folder can be read is the answer, not what is in it',
        },
      ],
      ...more,
    };
  };
}

/** A loop device with nothing on it. */
export function onBlankDevice({ type, sizeBytes }: Kind): Build {
  return (home) => {
    const dev = attachLoop(makeImage(home.path('disk.img'), sizeBytes));
    return {
      text: section('fs#1', { type, dev, mnt: `${home.folder}/mnt` }),
      truth: () => signatureTruth(dev, type),
      takeAway: () => must('wipefs', '--all', '--quiet', dev),
    };
  };
}

/** By blkid's own low-level probe, past every cache: the driver asks wipefs. */
function signatureTruth(dev: string, type: string): string {
  if (!tryTo('blkid', '-p', dev)) return 'down';
  const found = must('blkid', '-p', '-s', 'TYPE', '-o', 'value', dev).trim();
  return found === type ? 'up' : `it holds ${found}`;
}

/** For worlds with another image, `other.img`, on another loop device. */
export const besideAnotherLoop: readonly Indifference[] = [
  ...(['up', 'down'] as const).map((world) => ({
    look: /^file \/sys\/block\/loop\d+\/loop\/backing_file$/,
    lies: ['empty'] as const,
    world,
    why: 'the kernel shows an empty one while it takes the device off its file: then it is over none',
  })),
  {
    look: /^stat \S+\/other\.img$/,
    lies: ['unreadable'],
    world: 'up',
    why: 'ours is found by its name; what the other one is does not matter',
  },
];

export const blockTools = ['losetup', 'mount', 'umount', 'wipefs', 'blkid'] as const;
export const blockFiles = ['/dev/loop-control'] as const;

export const foreignMount = {
  prepare: ({ home }) => {
    must('mkdir', '-p', `${home.folder}/mnt`);
    must('mount', '-t', 'ramfs', 'ramfs', `${home.folder}/mnt`);
  },
  says: /^ramfs \(ramfs\) is mounted on /,
} as const satisfies Refusal;

/** The refusals of every filesystem on a device. */
export const deviceRefusals = {
  'the device is not there': {
    text: ({ text }) => text.replace(/^dev = .*$/m, 'dev = /dev/svt-nothing'),
    says: /^\/dev\/svt-nothing does not exist$/,
    // The driver's start waits for a device that a volume group may still bring.
    alsoInVerb: false,
  },
  'something else is mounted there': foreignMount,
  'provision: it holds something else': {
    in: 'blank',
    verb: 'provision',
    prepare: ({ stage }) => void must('mkswap', String(stage.view.config['dev'])),
    says: /holds swap/,
    allow: 'overwrite-data',
  },
  'unprovision: it holds something else': {
    in: 'blank',
    verb: 'unprovision',
    prepare: ({ stage }) => void must('mkswap', String(stage.view.config['dev'])),
    says: /holds swap/,
    allow: 'overwrite-data',
  },
} as const satisfies Readonly<Record<string, Refusal>>;

/** Of a filesystem that may be mounted only once. */
export const mountedElsewhere = {
  prepare: ({ home, stage }) => {
    must('mkdir', home.path('other'));
    must('mount', String(stage.view.config['dev']), home.path('other'));
  },
  says: /is mounted on .*\/other/,
  allow: 'mounted-elsewhere',
} as const satisfies Refusal;
