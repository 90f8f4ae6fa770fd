/** Time limits and cancellation: nothing waits for ever, and what was begun is undone. */
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { withDeadline, withFirmDeadline } from '../../agent/engine/deadline.ts';
import { errorOf, useBench } from '../support/engine.ts';

const two = '[fs#1]\ntype = double\n[app#1]\ntype = double\n';

describe('sim: engine: limits', function () {
  this.timeout(40_000);
  const bench = useBench();

  it('start_timeout ends a start that hangs, and what it had changed is stopped', async () => {
    const { service, act, stage } = bench();
    service(`${two}start_timeout = 50ms\n`);
    stage.part('app#1').hangs.start = 'until abort';
    const result = await act('start');
    expect(result).to.include({ ok: false, exit: 1 });
    expect(result.error?.code).to.equal('TIMEOUT');
    expect(result.error?.message).to.equal('start: no answer in 0.05 s');
    expect(stage.events).to.deep.equal(['start fs#1', 'start app#1', 'stop app#1', 'stop fs#1']);
  });

  it('start_timeout and stop_timeout of the service count where the resource says none', async () => {
    const { service, act, stage } = bench();
    service(`[DEFAULT]\nstart_timeout = 50ms\nstop_timeout = 60ms\n[app#1]\ntype = double\n`);
    stage.part('app#1').hangs.start = 'until abort';
    expect((await act('start')).error?.message).to.equal('start: no answer in 0.05 s');
    stage.set({ 'app#1': 'up' });
    stage.part('app#1').hangs.stop = 'until abort';
    expect((await act('stop')).error?.message).to.equal('stop: no answer in 0.06 s');
  });

  it('start_timeout ends a command that runs; a task is bounded by its own limits, not by stop_timeout', async () => {
    const { service, act, stage } = bench();
    service('[app#1]\ntype = double\nstart_timeout = 50ms\n[task#1]\ntype = double\noptional = false\nstop_timeout = 50ms\n');
    stage.part('app#1').commands.start = [['/bin/sleep', '600']];
    const started = await act('start');
    expect(started.error?.message).to.equal('start: no answer in 0.05 s');
    stage.part('task#1').commands.run = [['/bin/sleep', '0.3']];
    expect((await act('run')).ok).to.equal(true);
  });

  it('hold also for a driver that ignores its signal; it changes nothing any more', async () => {
    const { service, act, stage } = bench();
    service(`${two}start_timeout = 50ms\n`);
    let late: Promise<unknown> = Promise.resolve();
    stage.part('app#1').hangs.start = 'for ever';
    stage.part('app#1').on = (call, at) => {
      if (call !== 'start') return;
      late = new Promise((resolve) => {
        at.signal.addEventListener('abort', () =>
          setImmediate(() =>
            resolve(errorOf((at as never as { local: { change(argv: string[]): Promise<unknown> } }).local.change(['/bin/true']))),
          ),
        );
      });
    };
    const result = await act('start');
    expect(result.error?.code).to.equal('TIMEOUT');
    expect(((await late) as SvcError).code).to.equal('TIMEOUT');
    expect(stage.part('fs#1').state).to.equal('down');
  });

  it('--timeout ends the whole action and undoes it', async () => {
    const { service, act, stage } = bench();
    service(two);
    stage.part('app#1').hangs.start = 'until abort';
    const result = await act('start', { timeoutMs: 400 });
    expect(result).to.include({ ok: false, exit: 1 });
    expect(result.error?.message).to.equal('start: no answer in 0.4 s');
    expect(stage.events.slice(2)).to.deep.equal(['stop app#1', 'stop fs#1']);
  });

  it('status_timeout of the resource, else of the node, bounds a look', async () => {
    const { service, status, stage } = bench();
    service(`[fs#1]\ntype = double\nstatus_timeout = 50ms\n[app#1]\ntype = double\n`);
    stage.part('fs#1').hangs.status = 'for ever';
    stage.part('app#1').state = 'up';
    const { resources, overall } = await status();
    expect(resources['fs#1']?.status).to.equal('undef');
    expect(resources['fs#1']?.notes).to.deep.equal([{ level: 'error', text: 'no answer in 0.05 s' }]);
    expect(resources['app#1']?.status).to.equal('up');
    expect(overall).to.equal('warn');
  });

  it('no second look at a resource begins while the first one hangs', async () => {
    const { service, act, stage } = bench();
    service(`[fs#1]\ntype = double\nstatus_timeout = 600ms\n`);
    stage.part('fs#1').hangs.status = 'for ever';
    const result = await act('start', { rollback: false });
    expect(stage.looks).to.deep.equal(['fs#1']);
    expect(result.error?.message).to.equal('cannot tell the state of fs#1: the look before still waits for its answer');
  });

  it('a look that answers just after it was aborted does not spoil the next one', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\n');
    const interrupt = new AbortController();
    const late: { answer?: () => void } = {};
    stage.part('fs#1').on = (call) => {
      if (call !== 'status' || stage.part('fs#1').state !== 'up' || late.answer !== undefined) return;
      setImmediate(() => interrupt.abort(new SvcError('CANCELLED', 'aborted by SIGINT')));
      return new Promise<void>((answer) => {
        late.answer = answer;
      });
    };
    const acting = act('start', {}, interrupt.signal);
    interrupt.signal.addEventListener('abort', () => setTimeout(() => late.answer?.(), 20));
    const result = await acting;
    expect(result).to.deep.include({ exit: 130, notRolledBack: [] });
    expect(result.status?.avail).to.equal('down');
  });

  it('an abort is CANCELLED with exit 130, and the rollback goes on with a signal of its own', async () => {
    const { service, act, stage } = bench();
    service(two);
    const interrupt = new AbortController();
    stage.part('app#1').hangs.start = 'until abort';
    stage.part('app#1').on = (call) => {
      if (call === 'start') setImmediate(() => interrupt.abort(new SvcError('CANCELLED', 'aborted by SIGINT')));
    };
    const alive: boolean[] = [];
    stage.part('fs#1').on = (call, at) => {
      if (call === 'stop') alive.push(!at.signal.aborted);
    };
    const result = await act('start', {}, interrupt.signal);
    expect(result).to.include({ ok: false, exit: 130 });
    expect(result.error?.message).to.equal('aborted by SIGINT');
    expect(stage.events).to.include.members(['stop app#1', 'stop fs#1']);
    expect(alive).to.deep.equal([true]);
    expect(result.status?.avail).to.equal('down');
    expect((await bench().journal()).find((record) => record.kind === 'end')).to.include({ result: 'aborted', code: 'CANCELLED' });
  });

  it('an abort nobody gave a reason for is CANCELLED too, also while an optional resource runs', async () => {
    const { service, act, stage } = bench();
    service('[app#1]\ntype = double\noptional = true\n[app#2]\ntype = double\n');
    const interrupt = new AbortController();
    stage.part('app#1').hangs.start = 'until abort';
    stage.part('app#1').on = (call) => {
      if (call === 'start') setImmediate(() => interrupt.abort());
    };
    const result = await act('start', {}, interrupt.signal);
    expect(result.exit).to.equal(130);
    expect(stage.events).not.to.include('start app#2');
  });

  it('an abort before anything ran leaves nothing, not even a lock', async () => {
    const { service, act, stage } = bench();
    service(two);
    const error = await errorOf(act('start', {}, AbortSignal.abort(new SvcError('CANCELLED', 'too late'))));
    expect(error.code).to.equal('CANCELLED');
    expect(stage.events).to.deep.equal([]);
    expect((await act('start', { waitMs: 0 })).ok).to.equal(true);
  });
});

describe('sim: engine: deadline', () => {
  const never = () => new Promise<never>(() => undefined);
  const { signal } = new AbortController();

  it('takes a month for a month, not for a millisecond', async () => {
    const monthMs = 31 * 24 * 3_600_000;
    expect(await withDeadline(signal, monthMs, 'work', () => new Promise((resolve) => setTimeout(resolve, 20, 'done')))).to.equal('done');
  });

  it('does not count the time in which the work holds it', async () => {
    const slow = () => new Promise<string>((resolve) => setTimeout(resolve, 120, 'done'));
    expect(await withDeadline(signal, 40, 'work', (_signal, clock) => clock.hold(slow))).to.equal('done');
    const after = withDeadline(signal, 40, 'work', async (_signal, clock) => {
      await clock.hold(slow);
      return never();
    });
    expect((await errorOf(after)).code).to.equal('TIMEOUT');
  });

  it('takes an answer that is no promise, and an error before the first await', async () => {
    expect(await withDeadline(signal, 1000, 'work', (() => 'plain') as never)).to.equal('plain');
    const broken = withFirmDeadline(signal, 1000, 'work', 10, () => {
      throw new SvcError('COMMAND', 'at once');
    });
    expect((await errorOf(broken)).message).to.equal('at once');
  });

  it('gives up on work that never settles after its grace', async () => {
    expect((await errorOf(withFirmDeadline(signal, 10, 'work', 10, never))).code).to.equal('TIMEOUT');
  });

  it('leaves no listener on the signal of the action, and warns of none', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => void warnings.push(warning);
    process.on('warning', note);
    await Promise.all(
      Array.from({ length: 40 }, () => withDeadline(signal, 1000, 'work', () => new Promise((resolve) => setImmediate(resolve)))),
    );
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).to.deep.equal([]);
  });
});
