import { blockFiles, blockTools, deviceRefusals, type Kind, onBlankDevice, onDevice } from '../../mounts.ts';
import type { Rigs } from '../../rig.ts';

const kind: Kind = { type: 'btrfs', sizeBytes: 128 * 1024 * 1024 };

/** Several mounts of one btrfs are normal (subvolumes), so a mount elsewhere is no refusal. */
export const rigs: Rigs = {
  needs: { root: true, tools: ['mkfs.btrfs', 'btrfs', ...blockTools], files: blockFiles },
  cases: { 'on a device': onDevice(kind) },
  blank: onBlankDevice(kind),
  refusals: deviceRefusals,
};
