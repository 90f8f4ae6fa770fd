import { existsSync, renameSync } from 'node:fs';
import { lxcNeeds, makeContainer } from '../../../support/lxc.ts';
import type { Home } from '../../../support/home.ts';
import { type Build, type Rigs, section } from '../../rig.ts';

const quick = { start_timeout: '20s', stop_timeout: '5s' };

function inHome(home: Home, keywords: (made: ReturnType<typeof makeContainer>) => Readonly<Record<string, string>>) {
  const made = makeContainer(home.path('ct', '.'), home.folder.slice(-6));
  const words = { RUNNING: 'up', STOPPED: 'down' } as Readonly<Record<string, string>>;
  return {
    text: section('container#0', { type: 'lxc', name: made.name, cf: made.cf, ...quick, ...keywords(made) }),
    truth: () => {
      const state = made.state();
      return words[state] ?? state;
    },
    takeAway: () => made.kill(),
    undo: () => made.remove(),
    indifferent: (['up', 'down'] as const).map((world) => ({
      look: /^file \S+\/ct\/config$/,
      lies: ['garbage', 'empty', 'truncated'] as const,
      world,
      why: 'LXC reads it, at the next start; here it only tells whether LXC would start it at boot',
    })),
  };
}

const plain: Build = (home) => inHome(home, () => ({}));

const withRootfs: Build = (home) => inHome(home, ({ root }) => ({ rootfs: root }));

export const rigs: Rigs = {
  needs: lxcNeeds,
  cases: { 'with a configuration file': plain, 'with a root folder of its own': withRootfs },
  refusals: {
    'the configuration file is not there': {
      text: ({ text }) => text.replace(/^cf = (.*)$/m, 'cf = $1.none'),
      says: /^configuration file \S+\.none is not there$/,
    },
    'the root folder is not there': {
      prepare: ({ home }) => void (existsSync(home.path('ct', 'root')) && renameSync(home.path('ct', 'root'), home.path('ct', 'gone'))),
      says: /^root folder \S+ is not there$/,
    },
  },
};
