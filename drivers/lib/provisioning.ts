/** Making and removing a filesystem. Nothing is ever written over data that is not ours without `--allow overwrite-data`. */
import type { Act, Argv, Blocker, Observe } from '../../agent/driver/contract.ts';
import { SvcError } from '../../agent/errors.ts';
import { pathForCommands, waitForDevice } from './block-device.ts';
import { type Device, findDevice } from './device.ts';
import { usesOfDevice } from './device-users.ts';
import type { BlockKeywords } from './filesystem-keywords.ts';
import { readSignatures, type Signature, wipeArgv } from './signatures.ts';

export interface Maker {
  readonly type: string;
  mkfs(target: MkfsTarget): Argv;
}

export interface MkfsTarget {
  readonly device: string;
  readonly options: readonly string[];
  readonly sizeBytes: number | undefined;
}

/** Remembered while mkfs runs; what a crash leaves behind may look like a filesystem. */
const unfinished = 'mkfs_unfinished';

/** mkfs of a large device may be silent for long. */
const mkfsIdleMs = 1_800_000;

/** Does the device hold a complete filesystem of this type? */
export async function isProvisioned(at: Observe<BlockKeywords>, type: string): Promise<boolean> {
  const { path } = await findDevice(at.local, at.config.dev);
  if (path === undefined || (await at.recall(unfinished)) !== undefined) return false;
  return (await readSignatures(at.local, path)).some((signature) => signature.type === type);
}

export async function provisionBlockers(
  at: Observe<BlockKeywords>,
  type: string,
  device: Device,
  verb: 'provision' | 'unprovision',
  others: readonly string[],
): Promise<readonly Blocker[]> {
  if (others.length > 0) return [{ text: `${at.config.dev} is mounted on ${others.join(', ')}` }];
  if (device.path === undefined) return [];
  const text = await overwriteReason(at, type, await readSignatures(at.local, device.path), verb);
  return text === undefined ? [] : [{ text, allow: 'overwrite-data' }];
}

/** Why the operator must agree first; undefined when nothing of value can be lost. */
async function overwriteReason(
  at: Observe<BlockKeywords>,
  type: string,
  signatures: readonly Signature[],
  verb: 'provision' | 'unprovision',
): Promise<string | undefined> {
  if (signatures.length === 0) return undefined;
  const isOurs = signatures.every((signature) => signature.type === type);
  if (!isOurs) return `${at.config.dev} holds ${describe(signatures)}, not ${type}`;
  if (verb === 'unprovision' || (await at.recall(unfinished)) === undefined) return undefined;
  return `a former mkfs of ${at.config.dev} was interrupted and its filesystem may be incomplete (a start that mounts it settles this)`;
}

function describe(signatures: readonly Signature[]): string {
  return signatures.map(({ type, label }) => (label === undefined ? type : `${type} "${label}"`)).join(', ');
}

/** Makes the filesystem unless the device holds one of this type already. */
export async function provisionFilesystem(at: Act<BlockKeywords>, maker: Maker): Promise<void> {
  const device = await waitForDevice(at, await findDevice(at.local, at.config.dev));
  const path = await pathForCommands(at, device);
  // In a dry-run the device may be one that a provision before would have made.
  const isThere = device.numbers.length > 0 || device.bareImage;
  const signatures = isThere || !at.dryRun ? await readSignatures(at.local, device.path ?? path) : [];
  const reason = await overwriteReason(at, maker.type, signatures, 'provision');
  if (reason === undefined && signatures.length > 0) {
    at.log.info(`${at.config.dev} holds ${describe(signatures)} already`);
    return;
  }
  if (reason !== undefined) mustAllow(at, reason);
  await mustBeUnused(at, device);
  if (signatures.length > 0) await at.local.change(wipeArgv(path));
  await at.remember(unfinished, path);
  const { mkfs_opt: options = [], size: sizeBytes } = at.config;
  await at.local.change(maker.mkfs({ device: path, options, sizeBytes }), { idleTimeoutMs: mkfsIdleMs });
  await at.forget(unfinished);
}

/** Removes every signature, so that the data is not found any more; the caller has unmounted it. */
export async function unprovisionFilesystem(at: Act<BlockKeywords>, type: string): Promise<void> {
  const device = await findDevice(at.local, at.config.dev);
  if (device.path === undefined) {
    at.log.info(`${at.config.dev} is not there: nothing to remove`);
    return;
  }
  const signatures = await readSignatures(at.local, device.path);
  if (signatures.length > 0) {
    const reason = await overwriteReason(at, type, signatures, 'unprovision');
    if (reason !== undefined) mustAllow(at, reason);
    if (!at.dryRun) await mustBeUnused(at, device);
    await at.local.change(wipeArgv(device.path));
  }
  await at.forget(unfinished);
}

/** A filesystem that mounts is complete, whoever made it. */
export async function settleProvision(at: Act<BlockKeywords>): Promise<void> {
  if ((await at.recall(unfinished)) !== undefined) await at.forget(unfinished);
}

function mustAllow(at: Act<BlockKeywords>, reason: string): void {
  if (!at.allows('overwrite-data')) throw new SvcError('REFUSED', reason, { hint: '--allow overwrite-data destroys it' });
}

async function mustBeUnused(at: Act<BlockKeywords>, device: Device): Promise<void> {
  const uses = await usesOfDevice(at.local, device);
  if (uses.length > 0) throw new SvcError('REFUSED', `${at.config.dev} is in use: ${uses.join(', ')}`);
}
