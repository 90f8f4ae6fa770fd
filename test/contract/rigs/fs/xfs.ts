import { blockFiles, blockTools, deviceRefusals, type Kind, mountedElsewhere, onBlankDevice, onDevice } from '../../mounts.ts';
import type { Rigs } from '../../rig.ts';

/** The least that mkfs.xfs takes is 300 MiB; sparse. */
const kind: Kind = { type: 'xfs', sizeBytes: 320 * 1024 * 1024 };

export const rigs: Rigs = {
  needs: { root: true, tools: ['mkfs.xfs', ...blockTools], files: blockFiles },
  cases: { 'on a device': onDevice(kind) },
  blank: onBlankDevice(kind),
  refusals: { ...deviceRefusals, 'the device is mounted elsewhere': mountedElsewhere },
};
