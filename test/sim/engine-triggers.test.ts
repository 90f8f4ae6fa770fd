/** Triggers: their order, what they are told, what their failure means, and when they are left out. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { textsOf, useBench } from '../support/engine.ts';

describe('sim: engine: triggers', () => {
  const bench = useBench();

  /** A trigger that appends a word and its environment to the file of the test. */
  const say = (word: string) =>
    `/bin/sh -c 'echo "$0 $SVCMGR_ACTION $SVCMGR_RID $OPENSVC_SVCNAME" >> ${bench().home.path('said')}' ${word}`;
  const said = () => {
    try {
      return readFileSync(bench().home.path('said'), 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  };
  const all = (prefix: string, verb: string) =>
    [`pre_${verb}`, `blocking_pre_${verb}`, `post_${verb}`, `blocking_post_${verb}`]
      .map((name) => `${name} = ${say(`${prefix}${name}`)}`)
      .join('\n');
  /** The driver writes its own word, so that the order around it is seen. */
  const driverSays = () => {
    const { stage, home } = bench();
    for (const call of ['start', 'stop'] as const) {
      stage.part('app#1').commands[call] = [['/bin/sh', '-c', `echo DRIVER ${call} >> ${home.path('said')}`]];
    }
  };

  it('run pre, blocking_pre, the action, post, blocking_post; those of the service around all', async () => {
    bench().service(`[DEFAULT]\n${all('svc.', 'start')}\n[app#1]\ntype = double\n${all('app.', 'start')}\n`);
    driverSays();
    expect((await bench().act('start')).ok).to.equal(true);
    expect(said()).to.deep.equal([
      'svc.pre_start start  svc1',
      'svc.blocking_pre_start start  svc1',
      'app.pre_start start app#1 svc1',
      'app.blocking_pre_start start app#1 svc1',
      'DRIVER start',
      'app.post_start start app#1 svc1',
      'app.blocking_post_start start app#1 svc1',
      'svc.post_start start  svc1',
      'svc.blocking_post_start start  svc1',
    ]);
  });

  it('run around a stop in the same order', async () => {
    const { service, stage, act } = bench();
    service(`[DEFAULT]\n${all('svc.', 'stop')}\n[app#1]\ntype = double\n${all('app.', 'stop')}\n`);
    stage.set({ 'app#1': 'up' });
    driverSays();
    await act('stop');
    expect(said().map((line) => line.split(' ')[0])).to.deep.equal([
      ...['svc.pre_stop', 'svc.blocking_pre_stop', 'app.pre_stop', 'app.blocking_pre_stop', 'DRIVER'],
      ...['app.post_stop', 'app.blocking_post_stop', 'svc.post_stop', 'svc.blocking_post_stop'],
    ]);
  });

  it('run around both halves of a restart', async () => {
    const { service, stage, act } = bench();
    service(`[DEFAULT]\n${all('svc.', 'stop')}\n${all('svc.', 'start')}\n[app#1]\ntype = double\n`);
    stage.set({ 'app#1': 'up' });
    driverSays();
    await act('restart');
    expect(said().map((line) => line.split(' ').slice(0, 2).join(' '))).to.deep.equal([
      ...['svc.pre_stop stop', 'svc.blocking_pre_stop stop', 'DRIVER stop', 'svc.post_stop stop', 'svc.blocking_post_stop stop'],
      ...['svc.pre_start start', 'svc.blocking_pre_start start', 'DRIVER start', 'svc.post_start start', 'svc.blocking_post_start start'],
    ]);
  });

  it('are left out for what is up, skipped or only part of the service', async () => {
    const { service, stage, act } = bench();
    service(
      `[DEFAULT]\n${all('svc.', 'start')}\n[app#1]\ntype = double\n${all('app1.', 'start')}\n[app#2]\ntype = double\n[app#3]\ntype = double\ndisable = true\n${all('app3.', 'start')}\n`,
    );
    stage.set({ 'app#1': 'up' });
    await act('start', { rid: 'app#2' });
    expect(said(), 'a part').to.deep.equal([]);
    await act('start');
    expect(said(), 'all up').to.deep.equal([]);
    stage.set({ 'app#2': 'down' });
    await act('start');
    expect(said().map((line) => line.split('.')[0])).to.deep.equal(['svc', 'svc', 'svc', 'svc']);
  });

  it('are left out in a stop of what is down, which its driver is asked about all the same', async () => {
    const { service, stage, act } = bench();
    service(`[DEFAULT]\n${all('svc.', 'stop')}\n[app#1]\ntype = double\n${all('app.', 'stop')}\n`);
    stage.part('app#1').commands.stop = [];
    await act('stop');
    expect(said()).to.deep.equal([]);
    expect(stage.events).to.deep.equal(['stop app#1']);
  });

  it('log a failure of a plain one and go on', async () => {
    const { service, act, stage } = bench();
    service('[DEFAULT]\npre_start = /bin/false\n[app#1]\ntype = double\npost_start = /bin/false\n');
    expect((await act('start')).ok).to.equal(true);
    expect(stage.part('app#1').state).to.equal('up');
    expect(textsOf(bench(), 'warn')).to.deep.equal(['pre_start: /bin/false: exit 1', 'app#1: post_start: /bin/false: exit 1']);
  });

  it('abort by a failure of a blocking one: before the driver is called, and undone when it was', async () => {
    const { service, act, stage } = bench();
    service('[fs#1]\ntype = double\n[app#1]\ntype = double\nblocking_pre_start = /bin/false\n');
    const before = await act('start');
    expect(before).to.include({ ok: false, exit: 1 });
    expect(before.error?.message).to.equal('blocking_pre_start: /bin/false: exit 1');
    expect(stage.events).to.deep.equal(['start fs#1', 'stop app#1', 'stop fs#1']);
    stage.events.length = 0;
    service('[DEFAULT]\nblocking_post_start = /bin/false\n[fs#1]\ntype = double\n');
    const after = await act('start');
    expect(after).to.include({ ok: false, exit: 1 });
    expect(stage.events).to.deep.equal(['start fs#1', 'stop fs#1']);
    stage.events.length = 0;
    service('[DEFAULT]\nblocking_pre_start = /bin/false\n[fs#1]\ntype = double\n');
    expect(await act('start')).to.include({ ok: false, exit: 1 });
    expect(stage.events).to.deep.equal([]);
  });

  it('do not wait for what a trigger leaves behind', async () => {
    const { service, act, home } = bench();
    const file = home.path('left');
    service(`[app#1]\ntype = double\nblocking_pre_start = /bin/sh -c 'sleep 600 & echo $! > ${file}'\n`);
    expect((await act('start')).ok).to.equal(true);
    // It still holds the output of the trigger; kill() throws when it is not alive.
    expect(process.kill(Number(readFileSync(file, 'utf8')), 'SIGKILL')).to.equal(true);
  });

  it('count as planned changes in a dry-run, and are not run', async () => {
    const { service, act } = bench();
    service(`[DEFAULT]\n${all('svc.', 'start')}\n[app#1]\ntype = double\n`);
    const result = await act('start', { dryRun: true });
    expect(result.changes).to.equal(5);
    expect(said()).to.deep.equal([]);
  });
});
