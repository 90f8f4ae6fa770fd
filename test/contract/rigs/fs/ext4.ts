import { must, tryTo } from '../../../support/command.ts';
import { attachLoop, loopsOver, makeImage } from '../../../support/loop.ts';
import {
  blockFiles,
  blockTools,
  besideAnotherLoop,
  deviceRefusals,
  type Kind,
  mountedElsewhere,
  mountedOn,
  onBlankDevice,
  onDevice,
} from '../../mounts.ts';
import { type Build, type Rigs, section } from '../../rig.ts';

const kind: Kind = { type: 'ext4', sizeBytes: 16 * 1024 * 1024 };

/** A plain image: mount(8) makes the loop device, and the kernel takes it away with the mount. */
const onImage: Build = (home) => {
  const image = makeImage(home.path('disk.img'), kind.sizeBytes);
  must('mkfs.ext4', '-q', image);
  attachLoop(makeImage(home.path('other.img'), kind.sizeBytes));
  const mnt = `${home.folder}/mnt`;
  return {
    text: section('fs#1', { type: 'ext4', dev: image, mnt }),
    truth: () => {
      const loops = loopsOver(image);
      const mounts = mountedOn(mnt);
      if (loops.length === 0 && mounts.length === 0) return 'down';
      return loops.length === 1 && mounts.join() === `ext4 ${loops[0]}` ? 'up' : `loops ${loops.join()}, mounts ${mounts.join()}`;
    },
    takeAway: () => must('umount', mnt),
    tidy: () => tryTo('rmdir', mnt),
    indifferent: besideAnotherLoop,
  };
};

export const rigs: Rigs = {
  needs: { root: true, tools: ['mkfs.ext4', 'e2fsck', ...blockTools], files: blockFiles },
  cases: { 'on a device': onDevice(kind), 'on an image': onImage },
  blank: onBlankDevice(kind),
  refusals: { ...deviceRefusals, 'the device is mounted elsewhere': mountedElsewhere },
};
