import { existsSync, rmSync } from 'node:fs';
import { type Rigs, section } from '../../rig.ts';

export const rigs: Rigs = {
  needs: {},
  cases: {
    'in the run folder': (home) => {
      const file = `${home.folder}/run/flags/svc1.fs#1`;
      return {
        text: section('fs#1', { type: 'flag' }),
        truth: () => (existsSync(file) ? 'up' : 'down'),
        takeAway: () => rmSync(file),
        tidy: () => rmSync(`${home.folder}/run/flags`, { recursive: true, force: true }),
      };
    },
  },
};
