/** Rule 3 of the driver contract: what a failed start undoes, and what it never touches. */
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { cutAction } from '../support/cut-action.ts';
import { svc, textsOf, useBench } from '../support/engine.ts';

const four = '[ip#1]\ntype = double\n[vg#1]\ntype = double\n[fs#1]\ntype = double\n[app#1]\ntype = double\n';
const broken = () => ({ error: new SvcError('COMMAND', 'it broke') });

describe('sim: engine: rollback', () => {
  const bench = useBench();

  it('stops what this start brought up, newest first, the failing one included', async () => {
    const { service, act, stage } = bench();
    service(four);
    stage.part('app#1').fails.start = { ...broken(), late: true };
    const result = await act('start');
    expect(result).to.deep.include({ ok: false, exit: 1, notRolledBack: [] });
    expect(stage.events.slice(4)).to.deep.equal(['stop app#1', 'stop fs#1', 'stop vg#1', 'stop ip#1']);
    expect(result.status).to.include({ avail: 'down', overall: 'down' });
  });

  it('does not stop the failing one when it had changed nothing', async () => {
    const { service, act, stage } = bench();
    service(four);
    stage.part('app#1').fails.start = broken();
    await act('start');
    expect(stage.events.slice(4)).to.deep.equal(['stop fs#1', 'stop vg#1', 'stop ip#1']);
  });

  it('never touches what was up, or in any state but down, when the walk reached it', async () => {
    const { service, act, stage } = bench();
    service(`${four}[share#1]\ntype = double\n`);
    stage.set({ 'ip#1': 'up', 'vg#1': 'warn', 'share#1': 'undef' });
    stage.part('app#1').fails.start = broken();
    await act('start');
    expect(stage.events).to.include.members(['start vg#1', 'start share#1']);
    expect(stage.events.filter((event) => event.startsWith('stop'))).to.deep.equal(['stop fs#1']);
  });

  it('decides by the state at the moment the walk came, not by that of the beginning', async () => {
    const { service, act, stage } = bench();
    service(four);
    // Somebody else brings the filesystem up while the volume group is being started.
    stage.part('vg#1').on = (call) => {
      if (call === 'start') stage.set({ 'fs#1': 'up' });
    };
    stage.part('app#1').fails.start = broken();
    await act('start');
    expect(stage.events).not.to.include('stop fs#1');
    expect(stage.part('fs#1').state).to.equal('up');
  });

  it('leaves alone what was down and not changed', async () => {
    const { service, act, stage } = bench();
    service(four);
    stage.part('fs#1').commands.start = [];
    stage.part('app#1').fails.start = broken();
    await act('start');
    expect(stage.events).not.to.include('stop fs#1');
  });

  it('keeps a role change, and says so; keeps what is standby', async () => {
    const { service, act, stage } = bench();
    service(
      '[sync#1]\ntype = promoter\noptional = false\n[vg#1]\ntype = double\nstandby = true\n[fs#1]\ntype = double\n[app#1]\ntype = double\n',
    );
    stage.part('app#1').fails.start = broken();
    const result = await act('start');
    expect(stage.events).to.deep.equal(['start sync#1', 'start vg#1', 'start fs#1', 'start app#1', 'stop fs#1']);
    expect(textsOf(bench(), 'warn')).to.deep.equal(['sync#1: rollback: the role change is kept']);
    expect(result.notRolledBack).to.deep.equal([]);
  });

  it('is left out by --no-rollback and by rollback = false', async () => {
    const { service, act, stage } = bench();
    service(four);
    stage.part('app#1').fails.start = broken();
    const asked = await act('start', { rollback: false });
    expect(asked.exit).to.equal(1);
    expect(stage.events.filter((event) => event.startsWith('stop'))).to.deep.equal([]);
    stage.set({ 'ip#1': 'down', 'vg#1': 'down', 'fs#1': 'down' });
    service(`[DEFAULT]\nrollback = false\n${four}`);
    await act('start');
    expect(stage.events.filter((event) => event.startsWith('stop'))).to.deep.equal([]);
  });

  it('goes on past what it cannot stop, and names it', async () => {
    const { service, act, stage } = bench();
    service(four);
    stage.part('app#1').fails.start = broken();
    stage.part('fs#1').fails.stop = { error: new SvcError('COMMAND', 'target is busy') };
    stage.part('ip#1').stopTo = 'up';
    const result = await act('start');
    expect(stage.events.slice(4)).to.deep.equal(['stop fs#1', 'stop vg#1', 'stop ip#1']);
    expect(result.notRolledBack).to.deep.equal(['fs#1', 'ip#1']);
    expect(result.error?.message).to.equal('it broke');
    expect(textsOf(bench(), 'error')).to.deep.equal([
      'app#1: start failed: it broke',
      'fs#1: rollback: target is busy',
      'ip#1: rollback: ip#1 is up after stop',
    ]);
  });

  it('covers all of a parallel subset', async () => {
    const { service, act, stage } = bench();
    service(
      '[subset#fs:d]\nparallel = true\n[fs#1]\ntype = double\nsubset = d\n[fs#2]\ntype = double\nsubset = d\n[app#1]\ntype = double\n',
    );
    stage.part('fs#2').fails.start = { ...broken(), late: true };
    await act('start');
    expect(stage.events.filter((event) => event.startsWith('stop')).sort()).to.deep.equal(['stop fs#1', 'stop fs#2']);
  });

  it('undoes the start half of a restart, never a stop', async () => {
    const { service, act, stage } = bench();
    service(four);
    await act('start');
    stage.events.length = 0;
    stage.part('app#1').fails.start = broken();
    await act('restart');
    expect(stage.events.slice(8)).to.deep.equal(['stop fs#1', 'stop vg#1', 'stop ip#1']);
    stage.events.length = 0;
    delete stage.part('app#1').fails.start;
    stage.part('vg#1').fails.stop = broken();
    await act('start');
    stage.events.length = 0;
    expect((await act('stop')).exit).to.equal(1);
    expect(stage.events).to.deep.equal(['stop app#1', 'stop fs#1', 'stop vg#1']);
  });
});

describe('sim: engine: rollback of what an interrupted start had begun', () => {
  const bench = useBench();

  it('stops it too, newest first, though it was up when the second start came', async () => {
    const { service, act, stage } = bench();
    service(four);
    cutAction(bench().world, svc, 'start', { 'ip#1': 'down', 'vg#1': 'down' });
    stage.set({ 'ip#1': 'up', 'vg#1': 'up' });
    stage.part('app#1').fails.start = broken();
    const result = await act('start');
    expect(result.exit).to.equal(1);
    expect(stage.events).to.deep.equal(['start fs#1', 'start app#1', 'stop fs#1', 'stop vg#1', 'stop ip#1']);
    expect(result.status?.monitor.interrupted).to.equal(null);
  });

  it('not what it had found up, nor what a cut stop or another selection had changed', async () => {
    const { service, act, stage } = bench();
    service(four);
    cutAction(bench().world, svc, 'start', { 'ip#1': 'up', 'vg#1': 'warn' });
    stage.set({ 'ip#1': 'up', 'vg#1': 'up' });
    stage.part('app#1').fails.start = broken();
    await act('start');
    expect(stage.events.filter((event) => event.startsWith('stop'))).to.deep.equal(['stop fs#1']);
    stage.events.length = 0;
    cutAction(bench().world, svc, 'stop', { 'ip#1': 'down' });
    await act('start');
    expect(stage.events).not.to.include('stop ip#1');
  });

  it('leaves it to its own resume when this one was refused before it reached anything', async () => {
    const { service, act, stage } = bench();
    service(four);
    cutAction(bench().world, svc, 'start', { 'ip#1': 'down' });
    stage.set({ 'ip#1': 'up' });
    stage.part('app#1').refuses['start'] = [{ text: 'no' }];
    const refused = await act('start');
    expect(refused.exit).to.equal(5);
    expect(stage.events).to.deep.equal([]);
    expect(refused.status?.monitor.interrupted).to.include({ verb: 'start', rid: 'ip#1' });
    stage.part('app#1').refuses['start'] = [];
    stage.part('app#1').fails.start = broken();
    await act('start');
    expect(stage.events).to.include('stop ip#1');
  });

  it('names a resource that the file does not have any more, and still ends the action', async () => {
    const { service, act, stage } = bench();
    service('[app#1]\ntype = double\n');
    cutAction(bench().world, svc, 'start', { 'fs#7': 'down' });
    stage.part('app#1').fails.start = broken();
    const result = await act('start');
    expect(result.notRolledBack).to.deep.equal(['fs#7']);
    expect((await act('stop')).ok, 'the lock is free').to.equal(true);
  });
});
