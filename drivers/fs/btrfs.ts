import { blockFilesystem } from '../lib/block-filesystem.ts';
import { btrfsHealth, isWantedSubvolume } from '../lib/btrfs.ts';
import { type BlockKeywords, blockKeywords } from '../lib/filesystem-keywords.ts';

const keywords = {
  ...blockKeywords,
  mnt_opt: {
    kind: 'string',
    text: 'Mount options of btrfs, separated by commas; `subvol=` chooses the part to mount.',
    example: 'subvol=data,noatime',
  },
  mkfs_opt: { kind: 'argv', text: 'Further arguments that provision gives to mkfs.btrfs, other devices among them.', example: '-L data' },
} satisfies BlockKeywords;

export default blockFilesystem({
  type: 'btrfs',
  summary: 'A btrfs filesystem or one subvolume of it, on one or more devices.',
  needs: ['btrfs'],
  keywords,
  manyMounts: true,
  isWantedPart: isWantedSubvolume,
  // The kernel must know every device of the filesystem before one of them is mounted.
  prepare: async (at) => {
    await at.local.change(['btrfs', 'device', 'scan']);
  },
  health: (at, mount) => btrfsHealth(at.local, mount),
  mkfs: ({ device, options, sizeBytes }) => [
    'mkfs.btrfs',
    '-q',
    ...(sizeBytes === undefined ? [] : ['-b', String(sizeBytes)]),
    ...options,
    device,
  ],
});
