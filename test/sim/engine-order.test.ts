/** In which order the engine starts and stops, and what really runs together. */
import { expect } from 'chai';
import { createBarrier, doubleDriver } from '../support/doubles.ts';
import { useBench } from '../support/engine.ts';

const everyGroup = `
[DEFAULT]
nodes = node1
[app#10]
type = double
[app#2]
type = double
[task#1]
type = double
[container#0]
type = double
[share#1]
type = double
[fs#2]
type = double
mnt = /a
[fs#1]
type = double
mnt = /a/b
[vg#1]
type = double
[ip#1]
type = double
[sync#1]
type = promoter
optional = false
`;

const startOrder = ['ip#1', 'sync#1', 'vg#1', 'fs#2', 'fs#1', 'share#1', 'container#0', 'app#2', 'app#10'];

const verbed = (verb: string, rids: readonly string[]) => rids.map((rid) => `${verb} ${rid}`);

/** `count` apps in the parallel subset web. */
const webApps = (count: number) =>
  `[subset#app:web]\nparallel = true\n${Array.from({ length: count }, (_, at) => `[app#${at + 1}]\ntype = double\nsubset = web\n`).join('')}`;

describe('sim: engine: order', () => {
  const bench = useBench({
    drivers: (stage) => ({
      'vg.guarded': doubleDriver(stage, {
        implies: () => [{ rid: 'vg#1pr', type: 'vg.double', values: {}, order: 'before' }],
      }),
    }),
  });

  it('starts group by group, the index in natural order, filesystems by depth, promotions before vg', async () => {
    const { service, act, stage } = bench();
    service(everyGroup);
    const result = await act('start');
    expect(result.ok).to.equal(true);
    expect(stage.events).to.deep.equal(verbed('start', startOrder));
    expect(result.changes).to.equal(startOrder.length);
    expect(result.status?.avail).to.equal('up');
  });

  it('stops in the exact reverse', async () => {
    const { service, act, stage } = bench();
    service(everyGroup);
    await act('start');
    stage.events.length = 0;
    const result = await act('stop');
    expect(result.ok).to.equal(true);
    expect(stage.events).to.deep.equal(verbed('stop', startOrder.toReversed()));
    expect(result.status?.avail).to.equal('down');
  });

  it('changes nothing in a second start or stop', async () => {
    const { service, act, stage } = bench();
    service(everyGroup);
    await act('start');
    stage.events.length = 0;
    const again = await act('start');
    expect(again).to.deep.include({ ok: true, exit: 0, changes: 0 });
    expect(stage.events).to.deep.equal([]);
    expect(new Set(again.steps.map((step) => step.outcome))).to.deep.equal(new Set(['unchanged']));
  });

  it('walks resources without subset first, then the subsets by name', async () => {
    const { service, act, stage } = bench();
    service('[app#1]\ntype = double\nsubset = zeta\n[app#2]\ntype = double\nsubset = beta\n[app#3]\ntype = double\n');
    await act('start');
    expect(stage.events).to.deep.equal(verbed('start', ['app#3', 'app#2', 'app#1']));
  });

  it('runs a parallel subset together, and only it', async () => {
    const { service, act, stage } = bench();
    service(`${webApps(3)}[app#4]\ntype = double\n`);
    const startTogether = createBarrier(3);
    const stopTogether = createBarrier(3);
    for (const rid of ['app#1', 'app#2', 'app#3']) {
      stage.part(rid).on = (call) => (call === 'start' ? startTogether() : call === 'stop' ? stopTogether() : undefined);
    }
    expect((await act('start')).ok).to.equal(true);
    expect(stage.events[0]).to.equal('start app#4');
    expect((await act('stop')).ok).to.equal(true);
    expect(stage.events.at(-1)).to.equal('stop app#4');
  });

  it('waits for all of a parallel subset when one fails, and names every failure', async () => {
    const { service, act, stage } = bench();
    service(`${webApps(3)}[app#4]\ntype = double\nsubset = zeta\n`);
    const together = createBarrier(3);
    for (const rid of ['app#1', 'app#2', 'app#3']) stage.part(rid).on = (call) => (call === 'start' ? together() : undefined);
    stage.part('app#1').fails.start = { error: new Error('first is broken') };
    stage.part('app#3').fails.start = { error: new Error('third is broken') };
    const result = await act('start', { rollback: false });
    expect(result.exit).to.equal(1);
    expect(result.error?.message).to.match(/first is broken.*third is broken/);
    expect(stage.part('app#2').state).to.equal('up');
    expect(stage.events).not.to.include('start app#4');
    const byRid = Object.fromEntries(result.steps.map((step) => [step.rid, step.outcome]));
    expect(byRid).to.deep.equal({ 'app#1': 'failed', 'app#2': 'done', 'app#3': 'failed' });
  });

  it('says of each resource of a parallel subset what became of that very one', async () => {
    const { service, act, stage } = bench();
    service(webApps(2));
    const together = createBarrier(2);
    for (const rid of ['app#1', 'app#2']) stage.part(rid).on = (call) => (call === 'start' ? together() : undefined);
    stage.part('app#2').commands.start = [];
    const { steps } = await act('start');
    expect(Object.fromEntries(steps.map((step) => [step.rid, step.outcome]))).to.deep.equal({ 'app#1': 'done', 'app#2': 'unchanged' });
  });

  it('keeps what every resource of a parallel subset remembers', async () => {
    const { service, act, stage } = bench();
    service(webApps(8));
    const remember = async (call: string, at: object) => {
      if (call === 'start') await (at as { remember(key: string, value: string): Promise<void> }).remember('mark', 'made');
    };
    const rids = Array.from({ length: 8 }, (_, at) => `app#${at + 1}`);
    for (const rid of rids) stage.part(rid).on = remember;
    await act('start');
    const kept: string[] = [];
    for (const rid of rids) {
      stage.part(rid).on = async (call, at) => {
        if (call === 'status' && (await at.recall('mark')) === 'made') kept.push(rid);
      };
    }
    await bench().status();
    expect(kept.sort()).to.deep.equal(rids);
  });

  it('starts an implied resource before the one that brings it, stops it after, and selects it with it', async () => {
    const { service, act, stage } = bench();
    service('[vg#1]\ntype = guarded\n[vg#0]\ntype = double\n[fs#1]\ntype = double\n');
    await act('start');
    expect(stage.events).to.deep.equal(verbed('start', ['vg#0', 'vg#1pr', 'vg#1', 'fs#1']));
    stage.events.length = 0;
    await act('stop');
    expect(stage.events).to.deep.equal(verbed('stop', ['fs#1', 'vg#1', 'vg#1pr', 'vg#0']));
    stage.events.length = 0;
    await act('start', { rid: 'vg#1' });
    expect(stage.events).to.deep.equal(verbed('start', ['vg#1pr', 'vg#1']));
  });

  it('restarts: everything is stopped before anything is started', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\n[app#1]\ntype = double\n');
    await act('start');
    stage.events.length = 0;
    const result = await act('restart');
    expect(result.ok).to.equal(true);
    expect(stage.events).to.deep.equal(['stop app#1', 'stop fs#1', 'start fs#1', 'start app#1']);
  });
});
