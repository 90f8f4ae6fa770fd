/** Which resources an action touches: options of the command line, and what a resource or its service says of itself. */
import { existsSync } from 'node:fs';
import { expect } from 'chai';
import { lockFile } from '../../agent/engine/service-lock.ts';
import { svc, textsOf, useBench } from '../support/engine.ts';

const plain = `
[ip#1]
type = double
[fs#1]
type = double
tags = data
[fs#2]
type = double
tags = data slow
subset = far
[app#1]
type = double
tags = slow
`;

describe('sim: engine: selection', () => {
  const bench = useBench();

  const started = async (options: Record<string, string>): Promise<readonly string[]> => {
    const { act, stage } = bench();
    stage.events.length = 0;
    stage.set({ 'ip#1': 'down', 'fs#1': 'down', 'fs#2': 'down', 'app#1': 'down' });
    await act('start', options);
    return stage.events.map((event) => event.replace('start ', ''));
  };

  it('by rid, group, type, tag, subset, and what all of them agree on', async () => {
    bench().service(plain);
    expect(await started({ rid: 'app#1' })).to.deep.equal(['app#1']);
    expect(await started({ rid: ' app#1 , ip#1' })).to.deep.equal(['ip#1', 'app#1']);
    expect(await started({ rid: 'fs' })).to.deep.equal(['fs#1', 'fs#2']);
    expect(await started({ rid: 'fs.double' })).to.deep.equal(['fs#1', 'fs#2']);
    expect(await started({ tag: 'data' })).to.deep.equal(['fs#1', 'fs#2']);
    expect(await started({ tag: 'data+slow' })).to.deep.equal(['fs#2']);
    expect(await started({ subset: 'far' })).to.deep.equal(['fs#2']);
    expect(await started({ rid: 'fs', tag: 'slow' })).to.deep.equal(['fs#2']);
  });

  it('up to and down to a resource', async () => {
    const { service, act, stage } = bench();
    service(plain);
    expect(await started({ upto: 'fs#1' })).to.deep.equal(['ip#1', 'fs#1']);
    expect(await started({ upto: 'fs' })).to.deep.equal(['ip#1', 'fs#1', 'fs#2']);
    await act('start');
    stage.events.length = 0;
    await act('stop', { downto: 'fs#2' });
    expect(stage.events).to.deep.equal(['stop app#1', 'stop fs#2']);
  });

  it('is NOT_FOUND when nothing matches, before anything is locked or written', async () => {
    const { service, refusal, journal, home } = bench();
    service(plain);
    for (const option of [{ rid: 'fs#9' }, { tag: 'none' }, { subset: 'none' }, { upto: 'vg#1' }, { rid: 'ip', tag: 'data' }]) {
      expect((await refusal('start', option)).code, JSON.stringify(option)).to.equal('NOT_FOUND');
    }
    expect((await bench().refusal('start', { rid: 'fs#1', upto: 'a', downto: 'b' })).code).to.equal('CONFIG');
    expect(await journal()).to.deep.equal([]);
    expect(existsSync(lockFile(home.path('run'), svc))).to.equal(false);
  });

  it('is NOT_FOUND for a service that is not there, with the nearest name', async () => {
    const { service, actOn } = bench();
    service(plain);
    const error = await actOn('svc2', 'start').catch((thrown: unknown) => thrown);
    expect(error).to.have.property('code', 'NOT_FOUND');
    expect(error).to.have.property('hint', 'did you mean svc1?');
  });

  it('says UNSUPPORTED when none of the named resources can do it, and nothing to do when the service has none', async () => {
    const { service, refusal, act, stage } = bench();
    service(`${plain}[task#1]\ntype = double\n`);
    expect((await refusal('run', { rid: 'fs#1' })).code).to.equal('UNSUPPORTED');
    expect((await refusal('start', { rid: 'task#1' })).code).to.equal('UNSUPPORTED');
    expect((await act('start', { rid: 'task,ip' })).ok).to.equal(true);
    stage.events.length = 0;
    expect((await act('run')).ok).to.equal(true);
    expect(stage.events).to.deep.equal(['run task#1']);
  });
});

describe('sim: engine: what resources say of themselves', () => {
  const bench = useBench();

  it('ignores and logs the failure of an optional resource', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\noptional = true\n[app#1]\ntype = double\n');
    stage.part('fs#1').fails.start = { error: new Error('no disk') };
    const result = await act('start');
    expect(result).to.include({ ok: true, exit: 0 });
    expect(result.steps.map((step) => step.outcome)).to.deep.equal(['ignored', 'done']);
    expect(textsOf(bench(), 'warn')).to.deep.equal(['fs#1: start failed, ignored because optional: no disk']);
    expect(result.status).to.include({ avail: 'up', optional: 'down' });
  });

  it('runs the other tasks after one that failed, and fails all the same; a task that is not optional ends the walk', async () => {
    const { service, act, stage } = bench();
    stage.part('task#1').fails.run = { error: new Error('exit 3') };
    service('[task#1]\ntype = double\n[task#2]\ntype = double\n');
    const all = await act('run');
    expect(all.steps.map((step) => step.outcome)).to.deep.equal(['failed', 'done']);
    expect(all).to.deep.include({ ok: false, exit: 1 });
    expect(all.error?.message).to.match(/exit 3/);
    service('[task#1]\ntype = double\noptional = false\n[task#2]\ntype = double\n');
    const counted = await act('run');
    expect(counted.exit).to.equal(1);
    expect(counted.steps.map((step) => step.outcome)).to.deep.equal(['failed']);
  });

  it('leaves a disabled resource alone: no look, no action, n/a, and says so', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\ndisable = true\n[app#1]\ntype = double\n');
    const result = await act('start');
    expect(stage.events).to.deep.equal(['start app#1']);
    expect(stage.looks).not.to.include('fs#1');
    expect(result.status?.resources['fs#1']).to.deep.include({ status: 'n/a' });
    expect(result.status?.avail).to.equal('up');
    expect(textsOf(bench(), 'info')).to.include('fs#1: left alone: disabled');
  });

  it('does nothing for a disabled service, and expects nothing of it', async () => {
    const { service, act, stage, home } = bench();
    const mark = home.path('trigger-ran');
    service(`[DEFAULT]\ndisable = true\npre_start = /bin/touch ${mark}\n[app#1]\ntype = double\n`);
    const result = await act('start');
    expect(result).to.include({ ok: true, changes: 0 });
    expect(stage.events).to.deep.equal([]);
    expect(stage.looks).to.deep.equal([]);
    expect(result.status?.overall).to.equal('n/a');
    expect(await bench().world.doors.statFile(mark)).to.equal(undefined);
    expect(await bench().world.doors.readText(home.path('var/services/svc1/expected'))).to.equal(undefined);
  });

  it('starts standby resources, leaves them up in a stop, and stops one that is named', async () => {
    const { service, act, stage } = bench();
    service('[vg#1]\ntype = double\nstandby = true\n[app#1]\ntype = double\n');
    await act('start');
    const stopped = await act('stop');
    expect(stage.events).to.deep.equal(['start vg#1', 'start app#1', 'stop app#1']);
    expect(stopped.ok).to.equal(true);
    expect(stopped.status?.resources['vg#1']?.status).to.equal('stdby up');
    await act('stop', { rid: 'vg#1' });
    expect(stage.events.at(-1)).to.equal('stop vg#1');
    stage.events.length = 0;
    await act('boot');
    expect(stage.events).to.deep.equal(['start vg#1']);
    await act('shutdown');
    expect(stage.events.at(-1)).to.equal('stop vg#1');
  });

  it('holds start_requires against what the walk has reached, and stop_requires too', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\n[app#1]\ntype = double\nstart_requires = fs#1(up)\n');
    expect((await act('start')).ok).to.equal(true);
    stage.set({ 'fs#1': 'down', 'app#1': 'down' });
    stage.events.length = 0;
    const refused = await act('start', { rid: 'app#1' });
    expect(refused).to.include({ ok: false, exit: 1 });
    expect(refused.error?.code).to.equal('REFUSED');
    expect(refused.error?.message).to.equal('app#1: fs#1 is down, must be up');
    expect(stage.events).to.deep.equal([]);
    service('[fs#1]\ntype = double\nstop_requires = app#1(down)\n[app#1]\ntype = double\n');
    stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    expect((await act('stop', { rid: 'fs#1' })).error?.message).to.equal('fs#1: app#1 is up, must be down');
    expect((await act('stop')).ok).to.equal(true);
    expect((await act('stop')).ok, 'what is down needs nothing').to.equal(true);
  });

  it('names what cannot do the verb when nothing of the standby kind is left', async () => {
    const { service, act } = bench();
    service('[vg#1]\ntype = double\nstandby = true\n');
    const result = await act('stop');
    expect(result).to.include({ ok: true, changes: 0 });
    expect(textsOf(bench(), 'info')).to.include('vg#1: left alone: standby stays up: shutdown, or stop --rid vg#1, stops it');
  });
});
