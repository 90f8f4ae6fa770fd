/** What lives in a container, with doubles for drivers: when it is asked, in which order it acts, what ends with its container. */
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { doubleDriver } from '../support/doubles.ts';
import { errorOf, svc, textsOf, useBench } from '../support/engine.ts';

const inside = (rid: string, more = '') => `[${rid}]\ntype = double\nencap = true\n${more}`;
const file = `${inside('app#1')}${inside('ip#1')}${inside('fs#1', 'mnt = /srv\n')}
[container#0]
type = double

[app#2]
type = double

[fs#2]
type = double
`;

describe('sim: engine: what lives in a container', () => {
  const bench = useBench({
    drivers: (stage) => ({
      'app.tool': doubleDriver(stage, { needs: ['svcmgr-no-such-tool'] }),
      'ip.linked': { ...doubleDriver(stage), inNetworkOf: () => 'container#0' },
    }),
  });
  const events = () => bench().stage.events.splice(0);
  const all = ['container#0', 'app#1', 'ip#1', 'fs#1', 'app#2', 'fs#2'];
  const setAll = (state: 'up' | 'down') => bench().stage.set(Object.fromEntries(all.map((rid) => [rid, state])));
  const resultsOf = async () =>
    Object.fromEntries(Object.entries((await bench().status()).resources).map(([rid, one]) => [rid, one.status]));

  it('starts after the containers in the order of groups, before the applications outside; a stop is the reverse', async () => {
    bench().service(file);
    expect((await bench().act('start')).error).to.equal(undefined);
    const order = ['fs#2', 'container#0', 'ip#1', 'fs#1', 'app#1', 'app#2'];
    expect(events()).to.deep.equal(order.map((rid) => `start ${rid}`));
    await bench().act('stop');
    expect(events()).to.deep.equal(order.toReversed().map((rid) => `stop ${rid}`));
  });

  it('has addresses in the network of the container before everything inside', async () => {
    bench().service(`${file}[ip#2]\ntype = linked\n`);
    await bench().act('start');
    expect(events().slice(1, 4)).to.deep.equal(['start container#0', 'start ip#2', 'start ip#1']);
  });

  it('is rolled back before its container, and only what was down', async () => {
    bench().service(file);
    bench().stage.set({ 'fs#1': 'down', 'fs#2': 'up' });
    bench().stage.part('app#1').fails.start = { error: new SvcError('COMMAND', 'no'), late: true };
    expect((await bench().act('start')).exit).to.equal(1);
    expect(events().slice(-4)).to.deep.equal(['stop app#1', 'stop fs#1', 'stop ip#1', 'stop container#0']);
  });

  it('is not asked while the container is down or cannot be told', async () => {
    bench().service(file);
    setAll('up');
    bench().stage.set({ 'container#0': 'down' });
    expect(await resultsOf()).to.include({ 'ip#1': 'down', 'fs#1': 'down', 'app#1': 'n/a', 'app#2': 'up' });
    bench().stage.part('container#0').fails.status = { error: new SvcError('TIMEOUT', 'no answer') };
    expect(await resultsOf()).to.include({ 'container#0': 'undef', 'ip#1': 'undef', 'fs#1': 'undef', 'app#1': 'undef', 'app#2': 'up' });
    expect(bench().stage.looks.filter((rid) => ['ip#1', 'fs#1', 'app#1'].includes(rid))).to.deep.equal([]);
  });

  it('ends with a container that cannot be told, when that is stopped too; alone it cannot be stopped', async () => {
    bench().service(file);
    setAll('up');
    const container = bench().stage.part('container#0');
    const fault = { error: new SvcError('TIMEOUT', 'no answer') };
    Object.assign(container.fails, { status: fault });
    const alone = await bench().act('stop', { rid: 'app#1' });
    expect([alone.exit, alone.steps[0]?.outcome]).to.deep.equal([1, 'failed']);
    events();
    container.on = (call) => void (call === 'stop' && Object.assign(container.fails, { status: undefined }));
    expect((await bench().act('stop')).error).to.equal(undefined);
    expect(events().filter((event) => /#1$/.test(event))).to.deep.equal([]);
    expect(textsOf(bench(), 'warn').join('\n')).to.include(
      'app#1: cannot be stopped by itself while container#0 is undef: it ends with it',
    );
  });

  it('is refused with the reason when its container neither runs nor is about to', async () => {
    bench().service(`${file}[ip#2]\ntype = linked\n`);
    for (const [rid, text] of [
      ['app#1', 'app#1: lives in container#0, which is down: start that first'],
      ['ip#2', 'ip#2: is in the network of container#0, which is down: start that first'],
    ] as const) {
      const { error, exit } = await bench().act('start', { rid });
      expect([error?.code, exit]).to.deep.equal(['REFUSED', 5]);
      expect(error?.message).to.include(text);
    }
    expect((await bench().act('stop', { rid: 'app#1' })).error).to.equal(undefined);
    expect(events()).to.deep.equal([]);
  });

  it('is asked its safety questions once the container runs: its refusal ends the start', async () => {
    bench().service(file);
    bench().stage.part('fs#1').refuses['start'] = [{ text: 'the device is gone' }];
    const { error, exit } = await bench().act('start');
    expect(error?.message).to.include('fs#1: the device is gone (cannot be waived)');
    expect(exit).to.equal(1);
    expect(events()).to.include.members(['start ip#1', 'stop ip#1', 'stop container#0']).and.not.include('start fs#1');
    bench().stage.set({ 'container#0': 'up' });
    expect((await bench().act('start')).exit, 'known before the first change').to.equal(5);
    expect(events()).to.deep.equal([]);
  });

  it('needs its tools inside, and only when it can be asked', async () => {
    bench().service(`[container#0]\ntype = double\n${inside('app#1').replace('double', 'tool')}`);
    const { error } = await bench().act('start');
    expect(error?.message).to.match(/app#1 \(app\.tool\) needs svcmgr-no-such-tool, which is not installed/);
    expect(events()).to.deep.equal(['start container#0', 'stop container#0']);
  });

  it('is disabled with its container', async () => {
    bench().service(file.replace('[container#0]\n', '[container#0]\ndisable = true\n'));
    setAll('up');
    expect(await resultsOf()).to.include({ 'container#0': 'n/a', 'app#1': 'n/a', 'ip#1': 'n/a', 'app#2': 'up' });
    await bench().act('stop');
    expect(events()).to.deep.equal(['stop app#2', 'stop fs#2']);
  });

  it('is planned by name when the container is only thought started', async () => {
    bench().service(file);
    const { planned, changes } = await bench().act('start', { dryRun: true });
    expect(planned.map(({ rid }) => rid)).to.deep.equal(['fs#2', 'container#0', 'app#2']);
    expect(changes).to.equal(3);
    expect(textsOf(bench(), 'info')).to.include('ip#1: start: its commands are known only once container#0 really runs');
    setAll('up');
    const stop = await bench().act('stop', { dryRun: true });
    expect(stop.planned.map(({ rid }) => rid)).to.deep.equal(['app#2', 'app#1', 'fs#1', 'ip#1', 'container#0', 'fs#2']);
    const again = await bench().act('restart', { dryRun: true });
    expect(again.error).to.equal(undefined);
  });

  it('leaves the triggers of the service on this node, and has its own inside', async () => {
    bench().service(
      `[DEFAULT]\npre_start = /bin/echo outside\n${inside('app#1', 'pre_start = /bin/echo inside\n')}[container#0]\ntype = double\n`,
    );
    await bench().act('start');
    const said = textsOf(bench(), 'info').filter((text) => text.includes('/bin/echo'));
    expect(said).to.deep.equal([': /bin/echo outside', 'app#1: /bin/echo inside (in container#0)']);
  });

  it('cannot be entered where the driver of the container has no way in', async () => {
    bench().service('[container#0]\ntype = closed\n[app#1]\ntype = double\nencap = true\n');
    expect((await errorOf(bench().actOn(svc, 'start'))).code).to.equal('CONFIG');
  });
});
