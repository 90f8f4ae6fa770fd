/** Devices that the kernel holds read-only: a disk that was the secondary of its array until now (storage-drivers.md §3 promote_rw). */
import type { Act, Reader } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import type { Lun } from './scsi-luns.ts';
import { codeOf } from './error-code.ts';

const waitMs = { setrw: 1_000, rescan: 20_000, every: 200 } as const;

export async function isReadOnly(reader: Reader, kernel: string): Promise<boolean> {
  const text = await reader.file(`/sys/block/${kernel}/ro`);
  if (text !== undefined && text !== '0\n' && text !== '1\n')
    throw new SvcError('COMMAND', `/sys/block/${kernel}/ro holds ${JSON.stringify(text)}`);
  return text === '1\n';
}

/**
 * Makes every path writable: `blockdev --setrw`; a disk that says itself that it is write protected is asked again (rescan) until
 * it is not. Then the map over the paths is loaded anew, or it stays read-only.
 */
export async function makeWritable<T extends Keywords>(at: Act<T>, luns: readonly Lun[]): Promise<void> {
  for (const lun of luns) {
    for (const path of lun.paths) {
      if (await isReadOnly(at.local, path.kernel)) await promotePath(at, path.kernel);
    }
    if (lun.map !== undefined && (await isReadOnly(at.local, lun.map.kernel))) {
      await at.local.change(['multipath', '-r', lun.map.name]);
      await becomesWritable(at, lun.map.kernel, waitMs.rescan);
    }
  }
}

async function promotePath<T extends Keywords>(at: Act<T>, kernel: string): Promise<void> {
  await at.local.change(['blockdev', '--setrw', `/dev/${kernel}`]);
  if (await isWritableSoon(at, kernel)) return;
  const rescan = `/sys/block/${kernel}/device/rescan`;
  if ((await at.local.stat(rescan)) !== undefined) await at.local.change(['tee', rescan], { input: '1\n' });
  await becomesWritable(at, kernel, waitMs.rescan);
}

async function isWritableSoon<T extends Keywords>(at: Act<T>, kernel: string): Promise<boolean> {
  try {
    await becomesWritable(at, kernel, waitMs.setrw);
    return true;
  } catch (error) {
    if (codeOf(error) !== 'REFUSED') throw error;
    return false;
  }
}

async function becomesWritable<T extends Keywords>(at: Act<T>, kernel: string, timeoutMs: number): Promise<void> {
  const probe = async (): Promise<true | undefined> => ((await isReadOnly(at.local, kernel)) ? undefined : true);
  try {
    await at.poll(probe, { timeoutMs, intervalMs: waitMs.every, what: `/dev/${kernel} to be writable`, assume: true });
  } catch (error) {
    if (codeOf(error) !== 'TIMEOUT') throw error;
    throw new SvcError('REFUSED', `/dev/${kernel} stays read-only: the disk itself is write protected`, {
      hint: 'is it the secondary of its array? make it the primary first',
      cause: error,
    });
  }
}
