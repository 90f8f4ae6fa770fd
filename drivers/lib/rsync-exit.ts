/** What an exit code of rsync means (rsync(1) "EXIT VALUES"). Pure. */
import { errorNumbers } from './rsync-output.ts';

export interface RsyncVerdict {
  /** `partial`: other items may still be tried; `lost`: nothing more will come through to this node. */
  readonly kind: 'ok' | 'partial' | 'failed' | 'lost';
  /** Empty when there is nothing to say. */
  readonly text: string;
}

const ok: RsyncVerdict = { kind: 'ok', text: '' };

const meanings: Readonly<Record<number, RsyncVerdict>> = {
  0: ok,
  1: { kind: 'failed', text: 'wrong use of rsync: an option it does not know' },
  2: { kind: 'failed', text: 'the two rsync do not understand each other' },
  3: { kind: 'failed', text: 'a file could not be selected' },
  4: { kind: 'failed', text: 'the other rsync cannot do what is asked of it' },
  5: { kind: 'lost', text: 'the other side ended before the transfer began' },
  6: { kind: 'failed', text: 'rsync could not write its log file' },
  10: { kind: 'lost', text: 'the connection was lost' },
  11: { kind: 'failed', text: 'a file could not be read or written' },
  12: { kind: 'lost', text: 'the connection was lost in the middle' },
  13: { kind: 'failed', text: 'rsync could not write its messages' },
  14: { kind: 'failed', text: 'rsync could not reach its other half' },
  20: { kind: 'lost', text: 'rsync was ended by a signal' },
  21: { kind: 'failed', text: 'rsync lost track of its children' },
  22: { kind: 'failed', text: 'rsync had not enough memory' },
  23: { kind: 'partial', text: 'some files were not copied' },
  24: { kind: 'ok', text: 'some files vanished while they were copied' },
  25: { kind: 'partial', text: 'more was to be deleted than is allowed; the rest is still there' },
  30: { kind: 'lost', text: 'no data came through for too long' },
  35: { kind: 'lost', text: 'no answer to the connection' },
  126: { kind: 'failed', text: 'rsync cannot be run there' },
  127: { kind: 'failed', text: 'rsync is not installed there' },
  255: { kind: 'lost', text: 'ssh could not connect, or lost the connection' },
};

const noSpace = 28;
const overQuota = 122;
const readOnly = 30;

/** @param stderr its error numbers tell a full disk from other faults of files */
export function verdictOf(exitCode: number, stderr: string): RsyncVerdict {
  const numbers = errorNumbers(stderr);
  const isFault = exitCode !== 0 && exitCode !== 24;
  if (isFault && numbers.has(noSpace)) return { kind: 'failed', text: 'no space left on the device there' };
  if (isFault && numbers.has(overQuota)) return { kind: 'failed', text: 'the disk quota there is used up' };
  if (isFault && numbers.has(readOnly)) return { kind: 'failed', text: 'the filesystem there is read-only' };
  const known = meanings[exitCode];
  if (known !== undefined) return known;
  return exitCode > 128 && exitCode < 160
    ? { kind: 'lost', text: `rsync was ended by signal ${exitCode - 128}` }
    : { kind: 'failed', text: `rsync ended with ${exitCode}` };
}
