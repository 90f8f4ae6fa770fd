import { must, tryTo } from '../../../support/command.ts';
import { foreignMount, mountTruth } from '../../mounts.ts';
import { type Rigs, section } from '../../rig.ts';

export const rigs: Rigs = {
  needs: { root: true, tools: ['mount', 'umount'] },
  cases: {
    'with a size and an owner': (home) => {
      const mnt = `${home.folder}/mnt`;
      return {
        text: section('fs#1', { type: 'tmpfs', mnt, size: '1m', mnt_opt: 'noexec', user: 'root', perm: '0700' }),
        truth: () => mountTruth(mnt, 'tmpfs tmpfs'),
        takeAway: () => must('umount', mnt),
        tidy: () => tryTo('rmdir', mnt),
      };
    },
  },
  refusals: { 'something else is mounted there': foreignMount },
};
