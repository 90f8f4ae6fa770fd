import { killAll, processTruth, script } from '../../programs.ts';
import { type Build, type Rigs, section } from '../../rig.ts';

/** A start script as they are: leaves a daemon and returns; stop waits for its end (a zombie has ended: it has no words). */
const launcher = (pidFile: string) => `
alive() { [ -s "${pidFile}" ] && grep -qs worker "/proc/$(cat "${pidFile}")/cmdline"; }
case "$1" in
  start) alive && exit 0; ( exec -a "$0.worker" sleep 1000 </dev/null >/dev/null 2>&1 ) & echo $! >"${pidFile}"; until alive; do sleep 0.01; done ;;
  stop) alive || exit 0; kill "$(cat "${pidFile}")"; while alive; do sleep 0.02; done; rm "${pidFile}" ;;
  check) echo checked; alive ;;
  info) echo "version: 1" ;;
esac
`;

function build(keywords: Readonly<Record<string, string>>): Build {
  return (home) => {
    const file = script(home, 'launcher', launcher(home.path('pid')));
    const worker = `${file}.worker`;
    return {
      text: section('app#1', { type: 'forking', script: file, start: 'true', stop: 'true', ...keywords }),
      truth: () => processTruth(worker),
      takeAway: () => killAll(worker),
      undo: () => killAll(worker),
    };
  };
}

const anyPrint = { lies: ['garbage', 'empty', 'truncated'] } as const;

const checked: Build = (home) => ({
  ...build({ check: 'true', info: 'true', environment: 'LEVEL=1' })(home),
  indifferent: [
    { look: /\/launcher check$/, ...anyPrint, world: 'up', why: 'the exit code answers, not what it prints' },
    { look: /\/launcher check$/, ...anyPrint, world: 'down', why: 'the exit code answers, not what it prints' },
    { look: /\/launcher info$/, ...anyPrint, world: 'up', why: 'facts of the application itself; the check tells the state' },
  ],
});

/** Without a check only processes that live, or that were there and are gone, tell anything. */
const unchecked: Build = (home) => ({ ...build({})(home), says: { down: 'n/a', gone: 'down' } });

export const rigs: Rigs = {
  needs: { tools: ['bash', 'sleep'] },
  cases: { 'with a check': checked, 'without a check': unchecked },
};
