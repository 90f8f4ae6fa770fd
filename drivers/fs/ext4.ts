import type { Note, Observe } from '../../agent/driver/contract.ts';
import { blockFilesystem } from '../lib/block-filesystem.ts';
import { checkExt, mkfsExtArgv, parseErrorsCount } from '../lib/e2fs.ts';
import { type BlockKeywords, blockKeywords } from '../lib/filesystem-keywords.ts';
import type { Mount } from '../lib/mountinfo.ts';

const keywords = {
  ...blockKeywords,
  mnt_opt: { kind: 'string', text: 'Mount options of ext4, separated by commas.', example: 'defaults,discard' },
  mkfs_opt: { kind: 'argv', text: 'Further arguments that provision gives to mkfs.ext4.', example: '-m 0 -L data' },
} satisfies BlockKeywords;

/** The kernel counts what it finds broken; a count stays until the next full check. */
async function health(at: Observe<BlockKeywords>, mount: Mount): Promise<readonly Note[]> {
  const folder = await at.local.resolve(`/sys/dev/block/${mount.device}`);
  const name = folder?.slice(folder.lastIndexOf('/') + 1);
  const text = name === undefined ? undefined : await at.local.file(`/sys/fs/ext4/${name}/errors_count`);
  const count = text === undefined ? 0 : parseErrorsCount(text);
  if (count === 0) return [];
  return [{ level: 'warn', text: `the kernel has found ${count} errors in this filesystem`, mend: `stop it, then e2fsck ${mount.source}` }];
}

export default blockFilesystem({
  type: 'ext4',
  summary: 'An ext4 filesystem: checked with e2fsck -p, then mounted.',
  needs: ['e2fsck'],
  keywords,
  prepare: checkExt,
  health,
  mkfs: ({ device, options, sizeBytes }) => mkfsExtArgv('ext4', device, options, sizeBytes),
});
