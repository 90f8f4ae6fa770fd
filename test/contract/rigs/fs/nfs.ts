import { tryTo } from '../../../support/command.ts';
import { createNfsClient } from '../../../sim/nfs.ts';
import { foreignMount } from '../../mounts.ts';
import { type Rigs, section } from '../../rig.ts';

export const rigs: Rigs = {
  needs: { root: true, tools: ['mount', 'umount'] },
  cases: {
    'of a simulated server': (home) => {
      const client = createNfsClient();
      const mnt = `${home.folder}/mnt`;
      client.exports.add('nas:/export/svc1/');
      return {
        text: section('fs#1', { type: 'nfs', dev: 'nas:/export/svc1/', mnt, mnt_opt: 'noatime,vers=4.2' }),
        truth: () => {
          const there = client.mounts.filter(({ point }) => point === mnt).map(({ source }) => source);
          return there.length === 0 ? 'down' : there.join() === 'nas:/export/svc1/' ? 'up' : there.join();
        },
        takeAway: () => void client.mounts.splice(0),
        tidy: () => tryTo('rmdir', mnt),
        doors: (real) => client.doors(real),
        indirect: { 'mount.nfs': 'mount runs it' },
      };
    },
  },
  refusals: {
    'something else is mounted there': foreignMount,
    'it names no server': { text: ({ text }) => text.replace('nas:/export', '/export'), says: /is not SERVER:\/FOLDER$/ },
  },
};
