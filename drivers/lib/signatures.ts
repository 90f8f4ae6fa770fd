/** What is on a device: wipefs(8) in its listing form. It sees filesystems, RAID, LVM and partition tables alike. */
import type { Argv, Reader, ReadPrefix } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';

export interface Signature {
  /** `ext4`, `xfs`, `LVM2_member`, `gpt` … */
  readonly type: string;
  readonly offset: string;
  readonly uuid: string | undefined;
  readonly label: string | undefined;
}

/** `--no-act` stands first: with it wipefs writes nothing whatever follows. */
export const signatureReads = [['wipefs', '--no-act']] as const satisfies readonly ReadPrefix[];

/** Every signature on a device or image file; COMMAND when it cannot be read. */
export async function readSignatures(reader: Reader, device: string): Promise<readonly Signature[]> {
  return parseSignatures((await reader.read(['wipefs', '--no-act', '--json', device])).stdout);
}

/** Removes every signature. The data itself stays, but nothing finds it any more. */
export function wipeArgv(device: string): Argv {
  return ['wipefs', '--all', device];
}

/** `wipefs --json`; util-linux before 2.38 prints nothing at all when there is no signature. */
export function parseSignatures(text: string): readonly Signature[] {
  if (text.trim() === '') return [];
  const list = (parseJson(text) as { signatures?: unknown } | null)?.signatures;
  if (!Array.isArray(list)) throw notUnderstood(text);
  return list.map((item: unknown) => parseSignature(item));
}

function parseSignature(item: unknown): Signature {
  const { type, offset, uuid, label } = (item ?? {}) as Record<string, unknown>;
  if (typeof type !== 'string' || typeof offset !== 'string') throw notUnderstood(JSON.stringify(item));
  return { type, offset, uuid: typeof uuid === 'string' ? uuid : undefined, label: typeof label === 'string' ? label : undefined };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SvcError('COMMAND', `wipefs printed no JSON: ${text.slice(0, 200)}`, { cause });
  }
}

function notUnderstood(line: string): SvcError {
  return new SvcError('COMMAND', `wipefs output is not understood: ${line.slice(0, 200)}`, { facts: { line } });
}
