import { blockFilesystem } from '../lib/block-filesystem.ts';
import { type BlockKeywords, blockKeywords } from '../lib/filesystem-keywords.ts';

const keywords = {
  ...blockKeywords,
  mnt_opt: { kind: 'string', text: 'Mount options of XFS, separated by commas.', example: 'noatime,logbsize=256k' },
  mkfs_opt: { kind: 'argv', text: 'Further arguments that provision gives to mkfs.xfs.', example: '-L data' },
} satisfies BlockKeywords;

/** XFS replays its log at mount; fsck.xfs does nothing by design, so there is no check before (storage-drivers.md). */
export default blockFilesystem({
  type: 'xfs',
  summary: 'An XFS filesystem; its log is replayed by the mount.',
  needs: [],
  keywords,
  mkfs: ({ device, options, sizeBytes }) => [
    'mkfs.xfs',
    '-q',
    ...(sizeBytes === undefined ? [] : ['-d', `size=${sizeBytes}`]),
    ...options,
    device,
  ],
});
