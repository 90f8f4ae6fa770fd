/** e2fsprogs: the check before a mount and what its exit code means (e2fsck(8)). */
import type { Act, Argv } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { lastLines } from './last-lines.ts';
import { everyExit } from './retcodes.ts';

/** A preen run prints nothing while it works; this is silence, not duration. */
const fsckIdleMs = 1_800_000;

export function e2fsckArgv(device: string): Argv {
  return ['e2fsck', '-p', device];
}

const meanings: readonly (readonly [bit: number, meaning: string])[] = [
  [2, 'errors were corrected and the machine should be rebooted'],
  [4, 'errors are left uncorrected'],
  [8, 'it could not work on the device'],
  [16, 'wrong arguments'],
  [32, 'it was cancelled'],
  [128, 'a library is missing'],
];

/** Undefined when the filesystem may be mounted: 0 clean, 1 corrected. Every other code refuses the mount. */
export function e2fsckRefusal(exitCode: number): string | undefined {
  if (exitCode === 0 || exitCode === 1) return undefined;
  const parts = meanings.filter(([bit]) => (exitCode & bit) !== 0).map(([, meaning]) => meaning);
  return parts.length === 0 ? `unknown exit code ${exitCode}` : parts.join(', ');
}

/** Checks and repairs what is safe to repair. Never -y: a person decides about the rest. */
export async function checkExt<T extends Keywords>(at: Act<T>, device: string): Promise<void> {
  const result = await at.local.change(e2fsckArgv(device), { okCodes: everyExit, idleTimeoutMs: fsckIdleMs });
  const refusal = e2fsckRefusal(result.exitCode);
  if (refusal === undefined) return;
  // The rollback of this start takes down what lies below: whoever repairs needs it back.
  const isBelow = at.resources.some((resource) => resource.type.startsWith('vg.'));
  const back = isBelow ? `; if it is gone, svcmgr -s ${at.service} start --upto vg brings it back` : '';
  throw new SvcError(
    'COMMAND',
    `e2fsck -p ${device}: exit ${result.exitCode}, ${refusal}: ${lastLines(`${result.stdout}\n${result.stderr}`)}`,
    {
      hint: `look at it, then repair it by hand: e2fsck ${device}${back}`,
      facts: { exitCode: result.exitCode, device },
    },
  );
}

/** `mkfs.ext4` counts its size in KiB when it ends in k. */
export function mkfsExtArgv(type: string, device: string, options: readonly string[], sizeBytes: number | undefined): Argv {
  return [`mkfs.${type}`, '-q', ...options, device, ...(sizeBytes === undefined ? [] : [`${Math.floor(sizeBytes / 1024)}k`])];
}

/** /sys/fs/ext4/<device>/errors_count */
export function parseErrorsCount(text: string): number {
  if (!/^\d+\n$/.test(text)) throw new SvcError('COMMAND', `errors_count is not a number: ${text}`, { facts: { line: text } });
  return Number(text);
}
