/** Asks an array what its remote copy groups are, and what time it thinks it is. */
import type { Observe, Reader } from '../../../agent/driver/contract.ts';
import type { Keywords } from '../../../agent/driver/keywords.ts';
import { SvcError } from '../../../agent/errors.ts';
import { codeOf } from '../error-code.ts';
import { type ArrayClock, parseShowdate } from './array-time.ts';
import { errorIn } from './outputs.ts';
import { groupIn, type NamedGroup, parseRcopy, type Rcopy } from './rcopy.ts';

/** Commands of the array that only look. */
export const arrayReads = [['showrcopy'], ['showdate'], ['showsys'], ['showtask']] as const;

/** Less than a look at a resource may take, so that a hanging array is named as what hangs. */
const askMs = 8000;
/** Many groups with many volumes. */
const mostBytes = 16 * 1024 * 1024;

export interface Answer {
  readonly rcopy: Rcopy;
  /** Undefined: it does not say. */
  readonly clock: ArrayClock | undefined;
}

/** Everything about its groups in one question, and its clock. */
export async function askArray(array: Reader): Promise<Answer> {
  const [rcopy, clock] = await Promise.all([askRcopy(array), askClock(array)]);
  return { rcopy, clock };
}

async function askRcopy(array: Reader): Promise<Rcopy> {
  const { stdout, truncated } = await array.read(['showrcopy'], { timeoutMs: askMs, maxBytes: mostBytes });
  const said = errorIn(stdout);
  if (said !== undefined) throw new SvcError('COMMAND', `showrcopy: ${said.message}`);
  const rcopy = parseRcopy(stdout);
  if (truncated || rcopy.system === undefined) throw new SvcError('COMMAND', 'showrcopy: the answer is not whole');
  return rcopy;
}

/** An array that does not tell its time has no clock we know; one that does not answer has no answer at all. */
async function askClock(array: Reader): Promise<ArrayClock | undefined> {
  const ourMs = Date.now();
  try {
    return parseShowdate((await array.read(['showdate'], { timeoutMs: askMs })).stdout, ourMs);
  } catch (error) {
    if (codeOf(error) === 'COMMAND') return undefined;
    throw error;
  }
}

/** What came of a question, kept as it is for all that ask in the same round: also that nothing came. */
export type Kept = { readonly answer: Answer } | { readonly error: unknown };

/** One question for every service of a round. @throws what the question ended with */
export async function sharedAnswer<T extends Keywords>(at: Observe<T>, array: string): Promise<Answer> {
  const ask = (): Promise<Kept> =>
    at.shared(`array ${array}`, async () => {
      try {
        return { answer: await askArray(at.on({ array, near: true })) };
      } catch (error) {
        // Whoever asked was cancelled: that is no answer for the others.
        at.signal.throwIfAborted();
        return { error };
      }
    });
  // The one who asked first may have been cut off meanwhile.
  const kept = await ask().catch(() => {
    at.signal.throwIfAborted();
    return ask();
  });
  if ('error' in kept) throw kept.error;
  return kept.answer;
}

/**
 * The group, or undefined when the array itself says that it does not exist: that it was not in a list is not enough, which may have
 * been cut.
 */
export async function groupNamed(array: Reader, rcopy: Rcopy, rcg: string): Promise<NamedGroup | undefined> {
  const listed = groupIn(rcopy, rcg);
  if (listed !== undefined) return listed;
  const { command, stdout, stderr } = await array.read(['showrcopy', 'groups', rcg], { timeoutMs: askMs, okCodes: anyCode });
  const said = errorIn(stdout) ?? errorIn(stderr);
  if (said?.code === 'GROUP_ABSENT') return undefined;
  if (said !== undefined) throw new SvcError('COMMAND', `${command}: ${said.message}`);
  const found = groupIn(parseRcopy(stdout), rcg);
  if (found === undefined)
    throw new SvcError('COMMAND', 'unable to fetch rcg status: the array neither shows the group nor says that it does not exist');
  return found;
}

/** What an array does with its exit code is not known: the words decide. */
export const anyCode = Array.from({ length: 256 }, (_, code) => code);
