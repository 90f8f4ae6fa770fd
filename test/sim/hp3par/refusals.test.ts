/** What a pair of arrays refuses: in words, and without changing anything. */
import { expect } from 'chai';
import {
  one,
  two,
  take,
  seen,
  makeBench,
  withBench,
  metro,
  stop,
  reverse,
  failover,
  startTwo,
  recover,
  restore,
  sync,
  type Step,
} from './bench.ts';
import type { GroupConfig } from './config.ts';

/** Steps, the command that is refused, and its words. */
const refused: readonly (readonly [readonly Step[], string, RegExp, Partial<GroupConfig>?])[] = [
  [[], '1 showrcopy groups NOSUCH', /Error: group matching NOSUCH does not exist on the system/],
  [[], '1 stoprcopygroup -f NOSUCH', /does not exist/],
  [[], '1 stoprcopygroup -f', /no group name/],
  [[], '2 stoprcopygroup -f MYRCG', /does not exist/],
  [[], '2 stoprcopygroup -f MYRCG.r12345', /not primary on this system/],
  [[stop], stop, /not started/],
  [[], '1 startrcopygroup MYRCG', /already started/],
  [[stop], '2 startrcopygroup -wait MYRCG.r12345', /-wait is only valid on the primary/],
  [['failed'], '1 startrcopygroup MYRCG', /not up and ready/],
  [['failed', failover, 'joined'], '1 startrcopygroup MYRCG', /failsafe/],
  [[stop], '1 syncrcopy -w MYRCG', /Group isn't started/],
  [[], '2 syncrcopy -w MYRCG.r12345', /-w is only valid there/],
  [['cut'], '1 syncrcopy -w MYRCG', /not up and ready/],
  [[], reverse, /Remote copy group not stopped/],
  [['failed'], reverse, /not up and ready/],
  [[stop], '2 setrcopygroup reverse -f -local MYRCG.r12345', /-local needs/],
  [[stop], '2 setrcopygroup reverse -f -natural -current MYRCG.r12345', /exclude each other/],
  [[stop], '2 setrcopygroup reverse -f -local -current MYRCG.r12345', /is primary on target/],
  [['failed', failover, 'joined'], reverse, /primary on both systems/],
  [[], failover, /Remote copy group not stopped/],
  [[stop], '1 setrcopygroup failover -f MYRCG', /is Primary on this system/],
  [['failed', failover], failover, /is Primary-Rev on this system/],
  [['failed'], failover, /never synchronized/, { sync: 'New' }],
  [[stop], recover, /not previously switched/],
  [[stop, reverse], restore, /not previously switched/],
  [['failed', failover], recover, /not up and ready/],
  [['failed', failover], restore, /not up and ready/],
  [['kill 1', failover, 'revive 1', recover], recover, /Remote copy group not stopped/],
  [[], '1 setrcopygroup switchover -f MYRCG', /not synchronous/],
  [[], '1 setrcopygroup switchover -f MYRCG', /path_management/, sync],
  [[], '2 setrcopygroup switchover -f MYRCG.r12345', /is Secondary on this system/, metro],
  [[stop], '1 setrcopygroup switchover -f MYRCG', /isn't started/, metro],
  [[], '1 setrcopygroup override -f MYRCG', /not in failsafe/],
  [['failed', failover, 'joined'], '1 setrcopygroup override -f MYRCG', /primary on both systems/],
  [[], '1 setrcopygroup frobnicate -f MYRCG', /invalid subcommand/],
  [[], '1 setrcopygroup reverse -f -fast MYRCG', /invalid option -fast/],
  [[], '1 setrcopygroup period 10s hp3par2.opensvc.com MYRCG', /invalid period/],
  [[], '1 setrcopygroup period 5m nosuch MYRCG', /Could not find target nosuch \./],
  [[], '1 setrcopygroup pol auto_everything MYRCG', /invalid policy/],
  [[], '1 setrcopygroup mode sync hp3par2.opensvc.com MYRCG', /not stopped/],
  [[], '1 removercopygroup -f MYRCG', /not stopped/],
  [[], '1 showtask -d 9999', /Task 9999 does not exist/],
  [[], '1 waittask 9999', /Task 9999 does not exist/],
  [[], '1 updatevv -f', /no vv names specified/],
  [[], '1 updatevv -f VV_SVC1_ROOT', /not a snapshot/],
  [[], '1 rm -rf', /invalid command name/],
];

describe('hp3par simulator: refusals', () => {
  for (const [steps, command, words, group] of refused) {
    it(`${command}${steps.length > 0 ? ` after ${steps.join(', ')}` : ''}${group === undefined ? '' : ` (${JSON.stringify(group)})`}`, () =>
      withBench(makeBench(group), async (controls) => {
        for (const step of steps) await take(controls, step);
        const before = structuredClone(controls.state());
        const answer = await controls.run(command.startsWith('1') ? one : two, command.slice(2));
        expect(answer).to.deep.include({ exit: 1, stderr: '' });
        expect(answer.stdout)
          .to.match(words)
          .and.match(/^Error: /m);
        expect(controls.state()).to.deep.equal(before);
      }));
  }

  it('a group that a task holds is busy on both arrays, until the task is over', () =>
    withBench(makeBench(), async (controls) => {
      await take(controls, stop);
      await take(controls, '2 setrcopygroup reverse -f MYRCG.r12345');
      for (const step of ['1 startrcopygroup MYRCG', reverse]) {
        expect((await controls.run(step.startsWith('1') ? one : two, step.slice(2))).stdout).to.match(/is busy with task 2576/);
      }
      expect(await take(controls, '2 waittask 2576')).to.equal('Task 2576 done\n');
      expect(seen(controls)).to.equal('Secondary/Stopped Primary/Stopped');
    }));

  it('what was just promoted is started later', () =>
    withBench(makeBench({}, { timing: { promotingMs: 5000 } }), async (controls) => {
      for (const step of [stop, reverse]) await take(controls, step);
      expect((await controls.run(two, startTwo.slice(2))).stdout).to.match(/currently being promoted.*could be retried later/);
      controls.elapse(5000);
      await take(controls, startTwo);
    }));

  it('a target has started groups of one mode only', () =>
    withBench(makeBench(), async (controls) => {
      await take(controls, '1 creatercopygroup OTHER hp3par2.opensvc.com:sync');
      expect((await controls.run(one, 'startrcopygroup OTHER')).stdout).to.match(/has no volumes/);
      await take(controls, '1 admitrcopyvv VV_SVC1_ROOT OTHER hp3par2.opensvc.com:VV_SVC1_ROOT');
      expect((await controls.run(one, 'startrcopygroup OTHER')).stdout).to.match(/already has a started group of mode Periodic, MYRCG/);
    }));
});
