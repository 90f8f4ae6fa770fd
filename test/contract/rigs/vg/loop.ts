import { existsSync, mkdirSync, statSync } from 'node:fs';
import { must, tryTo } from '../../../support/command.ts';
import { attachLoop, detachLoop, loopsOver, makeImage } from '../../../support/loop.ts';
import { besideAnotherLoop } from '../../mounts.ts';
import { type Rigs, section } from '../../rig.ts';

const sizeBytes = 8 * 1024 * 1024;

export const rigs: Rigs = {
  needs: { root: true, tools: ['losetup'], files: ['/dev/loop-control'] },
  cases: {
    'over an image': (home) => {
      const file = makeImage(home.path('disk.img'), sizeBytes);
      attachLoop(makeImage(home.path('other.img'), sizeBytes));
      return {
        text: section('vg#1', { type: 'loop', file, sector: '4096' }),
        truth: () => {
          const loops = loopsOver(file);
          return loops.length > 1 ? `attached ${loops.length} times` : loops.length === 1 ? 'up' : 'down';
        },
        takeAway: () => {
          for (const device of loopsOver(file)) detachLoop(device);
        },
        indifferent: besideAnotherLoop,
      };
    },
  },
  blank: (home) => {
    const file = `${home.folder}/images/disk.img`;
    return {
      text: section('vg#1', { type: 'loop', file, size: '8m' }),
      truth: () => (existsSync(file) ? (statSync(file).size === sizeBytes ? 'up' : `${statSync(file).size} bytes`) : 'down'),
      takeAway: () => must('rm', file),
      tidy: () => tryTo('rmdir', `${home.folder}/images`),
    };
  },
  refusals: {
    'the image is not there': {
      text: ({ text }) => text.replace('disk.img', 'none.img'),
      says: /does not exist/,
    },
    'the image is a folder': {
      text: ({ text }) => text.replace('disk.img', 'folder'),
      prepare: ({ home }) => mkdirSync(home.path('folder')),
      says: /is a directory, not an image file$/,
    },
    'provision: it holds something of another size': {
      in: 'blank',
      verb: 'provision',
      prepare: ({ home }) => void makeImage(home.path('images', 'disk.img'), 4096),
      says: /it is not resized$/,
    },
  },
};
