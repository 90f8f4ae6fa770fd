import { mkdirSync } from 'node:fs';
import { must, tryTo } from '../../../support/command.ts';
import { foreignMount, mountedOn } from '../../mounts.ts';
import { type Rigs, section } from '../../rig.ts';

export const rigs: Rigs = {
  needs: { root: true, tools: ['mount', 'umount', 'findmnt'] },
  cases: {
    'of a folder': (home) => {
      const dev = home.path('source', 'data');
      const mnt = `${home.folder}/mnt`;
      mkdirSync(dev);
      return {
        text: section('fs#1', { type: 'bind', dev, mnt, group: 'adm' }),
        truth: () => {
          if (mountedOn(mnt).length === 0) return 'down';
          const root = must('findmnt', '--noheadings', '--output', 'FSROOT', '--mountpoint', mnt).trim();
          return root.endsWith('/source/data') ? 'up' : `a mount of ${root}`;
        },
        takeAway: () => must('umount', mnt),
        tidy: () => tryTo('rmdir', mnt),
      };
    },
  },
  refusals: { 'something else is mounted there': foreignMount },
};
