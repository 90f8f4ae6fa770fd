/** Tasks, periods, and the facts that nobody could verify, both ways. */
import { expect } from 'chai';
import { one, two, here, take, seen, writable, makeBench, withBench, stop, reverse, failover, recover } from './bench.ts';

describe('hp3par simulator: tasks and periods', () => {
  it('a failed task says so, exits 1 and has changed nothing', () =>
    withBench(makeBench(), async (controls) => {
      await take(controls, stop);
      controls.taskFault('fail');
      const answer = await controls.run(two, reverse.slice(2));
      expect(answer).to.deep.equal({
        stdout:
          'setrcopygroup for reverse MYRCG.r12345\nreverse started with tasks: 2576\nWaiting for tasks to complete\nTask 2576 failed\n',
        stderr: '',
        exit: 1,
      });
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
      expect(await take(controls, '2 showtask -d 2576'))
        .to.match(/remote_copy_reverse.*failed/)
        .and.match(/Failed to switch target group/);
      await take(controls, reverse);
    }));

  it('a task whose links are cut meanwhile fails', () =>
    withBench(makeBench({}, { clock: 'manual' }), async (controls) => {
      await take(controls, stop);
      await take(controls, '2 setrcopygroup reverse -f MYRCG.r12345');
      controls.links(one, two, false);
      controls.elapse(10_000);
      expect(await take(controls, '2 showtask -d 2576'))
        .to.match(/failed/)
        .and.match(/not up and ready/);
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
    }));

  it('a slow task takes its time, a cancelled one does nothing', () =>
    withBench(makeBench({}, { clock: 'manual' }), async (controls) => {
      await take(controls, stop);
      controls.taskFault('slow', 1, 60_000);
      await take(controls, '2 setrcopygroup reverse -f MYRCG.r12345');
      controls.elapse(63_000);
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
      await take(controls, '2 canceltask -f 2576');
      controls.elapse(63_000);
      expect(seen(controls)).to.equal('Primary/Stopped Secondary/Stopped');
    }));

  it('a periodic group synchronizes at each period, and not while stopped', () =>
    withBench(makeBench({}, { startMs: Date.parse('2014-03-25T13:00:00Z') }), async (controls) => {
      const last = () => new Date(controls.state()[one]?.groups[here]?.lastSyncMs ?? 0).toISOString().slice(11, 19);
      controls.elapse(299_000);
      expect(last()).to.equal('13:00:00');
      controls.elapse(4000);
      expect(last()).to.equal('13:05:00');
      controls.elapse(300_000);
      expect(last()).to.equal('13:10:00');
      await take(controls, stop);
      controls.elapse(900_000);
      expect(last()).to.equal('13:10:00');
      await take(controls, '1 startrcopygroup MYRCG');
      controls.elapse(302_000);
      expect(last()).to.equal('13:30:03');
    }));

  it('says how far a synchronization is', () =>
    withBench(makeBench({}, { clock: 'manual', timing: { syncMs: 10_000 } }), async (controls) => {
      await take(controls, '1 syncrcopy MYRCG');
      controls.elapse(4700);
      expect(await take(controls, '1 showrcopy groups MYRCG')).to.include(',Syncing (47%),');
      expect(await take(controls, '2 showrcopy groups')).to.include(',Syncing (47%),');
      controls.elapse(5300);
      expect(await take(controls, '1 showrcopy groups MYRCG')).to.include(',Synced,');
    }));

  it('policies, period and mode are changed on both arrays', () =>
    withBench(makeBench(), async (controls) => {
      for (const words of ['pol no_auto_recover,auto_synchronize MYRCG', `period 10m ${two} MYRCG`])
        await take(controls, `1 setrcopygroup ${words}`);
      expect(await take(controls, '2 showrcopy groups')).to.include('"Period 10m, over_per_alert,auto_synchronize"');
      await take(controls, stop);
      await take(controls, `1 setrcopygroup mode sync ${two} MYRCG`);
      expect(await take(controls, '2 showrcopy groups')).to.include('Secondary,Sync,"over_per_alert,auto_synchronize"');
    }));
});

describe('hp3par simulator: what nobody could verify, both ways', () => {
  it('an old primary may go on when its links return', async () => {
    const bench = makeBench({}, { quirks: { returnedPrimary: 'primary' } });
    await withBench(bench, async (controls) => {
      for (const step of ['failed', failover, 'joined']) await take(controls, step);
      expect(`${seen(controls)}; ${writable(controls)}`).to.equal('Primary/Stopped Primary-Rev/Stopped; rw rw');
      await take(controls, recover);
      expect(writable(controls)).to.equal('ro rw');
    });
  });

  it('with auto_synchronize an array of OS 10.5 mirrors a failover, starts and renames by itself', () =>
    withBench(makeBench({ policies: ['auto_synchronize'] }, { quirks: { autoNatural: true } }), async (controls) => {
      await take(controls, failover);
      await take(controls, 'wait');
      expect(seen(controls)).to.equal('Secondary/Started Primary/Started');
      expect((await controls.run(two, recover.slice(2))).stdout).to.match(/not previously switched/);
    }));

  it('errors go to stderr, and exit 0', () =>
    withBench(makeBench({}, { quirks: { errorsOn: 'stderr', errorExit: 0 } }), async (controls) => {
      expect(await controls.run(two, reverse.slice(2))).to.deep.equal({
        stdout: '',
        stderr: 'Error: Remote copy group not stopped\n',
        exit: 0,
      });
    }));
});
