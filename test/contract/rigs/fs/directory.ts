import { rmSync, statSync, writeFileSync } from 'node:fs';
import { type Rigs, section } from '../../rig.ts';

export const rigs: Rigs = {
  needs: { root: true },
  cases: {
    'with an owner': (home) => {
      const path = `${home.folder}/spool/in`;
      return {
        text: section('fs#1', { type: 'directory', path, user: 'nobody', group: 'adm', perm: '2750' }),
        truth: () => {
          const stat = statSync(path, { throwIfNoEntry: false });
          if (stat === undefined) return 'down';
          const mode = (stat.mode & 0o7777).toString(8);
          return mode === '2750' && stat.uid === 65534 && stat.gid === 4 ? 'up' : `mode ${mode}, owner ${stat.uid}:${stat.gid}`;
        },
        takeAway: () => rmSync(`${home.folder}/spool`, { recursive: true }),
        // A folder that is as wanted has nothing to say: stop leaves it.
        says: { up: 'n/a' },
      };
    },
  },
  refusals: {
    'a file is there': {
      prepare: ({ home }) => writeFileSync(home.path('spool', 'in'), ''),
      says: /is a file, not a folder$/,
    },
  },
};
