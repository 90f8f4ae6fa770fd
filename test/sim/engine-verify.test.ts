/** A start and a stop are believed only when a look says so. */
import { expect } from 'chai';
import type { State } from '../../agent/driver/contract.ts';
import { useBench } from '../support/engine.ts';

describe('sim: engine: verify', () => {
  const bench = useBench();
  const one = '[app#1]\ntype = double\n';

  const startInto = async (state: State) => {
    const { service, act, stage } = bench();
    service(one);
    stage.set({ 'app#1': 'down' });
    stage.part('app#1').startTo = state;
    return act('start', { rollback: false });
  };
  const stopInto = async (state: State, from: State = 'up') => {
    const { service, act, stage } = bench();
    service(one);
    stage.set({ 'app#1': from });
    stage.part('app#1').stopTo = state;
    return act('stop');
  };

  it('accepts up, warn and n/a after a start', async () => {
    for (const state of ['up', 'warn', 'n/a'] as const) expect(await startInto(state), state).to.include({ ok: true, exit: 0 });
  });

  it('fails a start that leaves down or undef', async () => {
    const down = await startInto('down');
    expect(down).to.include({ ok: false, exit: 1 });
    expect(down.error?.message).to.equal('app#1 is down after start');
    const undef = await startInto('undef');
    expect(undef).to.include({ ok: false, exit: 1 });
    expect(undef.error?.message).to.match(/^cannot tell the state of app#1: /);
  });

  it('accepts down, warn and n/a after a stop', async () => {
    for (const state of ['down', 'warn', 'n/a'] as const) expect(await stopInto(state), state).to.include({ ok: true, exit: 0 });
  });

  it('fails a stop that leaves up or undef', async () => {
    const up = await stopInto('up');
    expect(up).to.include({ ok: false, exit: 1 });
    expect(up.error?.message).to.equal('app#1 is up after stop');
    expect(await stopInto('undef')).to.include({ ok: false, exit: 1 });
  });

  it('fails a stop whose driver found nothing to do while the resource stays up', async () => {
    bench().stage.part('app#1').commands.stop = [];
    const result = await stopInto('up');
    expect(result).to.include({ ok: false, exit: 1, changes: 0 });
    expect(result.error?.message).to.equal('app#1 is up after stop');
  });

  it('tells the notes of the state it found', async () => {
    const { service, act, stage } = bench();
    service(one);
    stage.part('app#1').startTo = 'down';
    stage.part('app#1').notes = [{ level: 'error', text: 'port 80 is taken' }];
    expect((await act('start')).error?.message).to.equal('app#1 is down after start: port 80 is taken');
  });

  it('looks again: a driver that cannot tell before the stop may be able to after it', async () => {
    const { service, act, stage } = bench();
    service(one);
    stage.set({ 'app#1': 'undef' });
    expect((await act('stop')).ok).to.equal(true);
  });

  it('does not look a second time at what was down and stayed untouched', async () => {
    const { service, act, stage } = bench();
    service(one);
    stage.part('app#1').commands.stop = [];
    stage.looks.length = 0;
    await act('stop');
    expect(stage.looks.length, 'at the beginning, when reached, at the end').to.equal(3);
  });
});
