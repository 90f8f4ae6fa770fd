import { existsSync, rmSync } from 'node:fs';
import { script } from '../../programs.ts';
import { type Build, type Rigs, section } from '../../rig.ts';

const task: Build = (home) => {
  const done = home.path('done');
  const command = script(home, 'task', `[ -n "$LEVEL" ] && touch "${done}"\n`);
  const text = section('task#1', { type: 'host', command, check: 'last_run', environment: 'LEVEL=1' });
  return {
    text,
    truth: () => (existsSync(done) ? 'up' : 'down'),
    takeAway: () => rmSync(done),
    // The state is how the last run ended, whatever has become of its work.
    says: { down: 'n/a', gone: 'up' },
    failing: { text: text.replace('LEVEL=1', 'LEVEL='), says: /the last run failed: exit 1/ },
  };
};

export const rigs: Rigs = {
  needs: { tools: ['bash', 'touch'] },
  cases: { 'with its last run as state': task },
  refusals: {
    'it must be confirmed': {
      verb: 'run',
      text: ({ text }) => `${text}confirmation = true\n`,
      says: /only when it is confirmed$/,
      allow: 'confirmation',
    },
  },
};
