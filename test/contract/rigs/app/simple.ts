import { killAll, processTruth, script } from '../../programs.ts';
import { type Build, type Rigs, section } from '../../rig.ts';

/** Runs in the foreground under a name of its own. */
const foreground = (pidFile: string) => `echo $$ >"${pidFile}"\nexec -a "$0.worker" sleep 1000\n`;

const ended: Build = (home) => {
  const start = script(home, 'server', foreground(home.path('pid')));
  const worker = `${start}.worker`;
  return {
    text: section('app#1', { type: 'simple', start, timeout: '5s', environment: 'LEVEL=1', limit_nofile: '64' }),
    truth: () => processTruth(worker),
    takeAway: () => killAll(worker),
    undo: () => killAll(worker),
  };
};

const checked: Build = (home) => {
  const rig = ended(home);
  const check = script(home, 'check', `echo checked; kill -0 "$(cat "${home.path('pid')}")" 2>/dev/null\n`);
  const stop = script(home, 'stop', `kill "$(cat "${home.path('pid')}")"\n`);
  return {
    ...rig,
    text: `${rig.text}check = ${check}\nstop = ${stop}\n`,
    indifferent: [
      { look: /\/bin\/check$/, lies: ['garbage', 'empty', 'truncated'], world: 'up', why: 'the exit code answers, not what it prints' },
    ],
    dispensable: { [stop]: 'TERM does it too' },
  };
};

export const rigs: Rigs = {
  needs: { tools: ['bash', 'sleep'] },
  cases: { 'ended by TERM': ended },
  // A start takes a third of a second: the program must stay alive.
  variants: { 'with a check and a stop command': checked },
  refusals: {
    'processes of a former start are left': {
      text: ({ text }) => text.replace('/bin/server\n', '/bin/parent\n'),
      prepare: async ({ home, stage }) => {
        const parent = script(home, 'parent', `"${home.folder}/bin/server" & wait\n`);
        await stage.act('start');
        killAll(parent);
      },
      says: /^processes of a former start are left/,
    },
  },
};
