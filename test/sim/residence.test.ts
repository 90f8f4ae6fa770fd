/** The daemon's memory: rounds, hanging and throwing looks, changed files, what is shown as fresh. */
import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { createResidence, type Daemon } from '../../agent/engine/residence.ts';
import type { ResidentPart } from '../../agent/engine/resident.ts';
import { createServiceFiles } from '../../agent/engine/service-files.ts';
import type { World } from '../../agent/engine/world.ts';
import { SvcError } from '../../agent/errors.ts';
import { monitorIntervalMs, statusIntervalMs } from '../../agent/state/look-due.ts';
import { type Bench, errorOf, svc, textsOf, useBench } from '../support/engine.ts';
import { eventually } from '../support/eventually.ts';

const plain = '[DEFAULT]\nnodes = node1\n\n[fs#1]\ntype = double\n\n[app#1]\ntype = double\nmonitor = true\n';

describe('sim: residence', () => {
  let clock: { ms: number };
  let daemon: Daemon;
  // Before the home goes: what it still knows is written when it ends.
  afterEach('stop the daemon', async () => {
    await (daemon as Daemon | undefined)?.stop(new SvcError('CANCELLED', 'the test is over'), 0);
  });
  const bench = useBench();

  /** A daemon over the world of the bench, whose clock is the test's. */
  const begin = async (parts: readonly ResidentPart[] = [], { world }: Bench = bench()): Promise<Daemon> => {
    clock = { ms: 1_000_000 };
    daemon = createResidence({ world, renew: async () => undefined, nowMs: () => clock.ms, parts: () => parts });
    await daemon.open();
    return daemon;
  };
  const pass = (ms: number): void => {
    clock.ms += ms;
    bench().wait(ms);
    daemon.beat();
  };
  const settled = (service = svc) => eventually(() => daemon.get(service)?.status !== undefined && daemon.busyLooks() === 0);
  const states = (service = svc) =>
    Object.fromEntries(Object.entries(daemon.shown(service)?.resources ?? {}).map(([rid, { status }]) => [rid, status]));
  const looksAt = (rid: string) => bench().stage.looks.filter((one) => one === rid).length;

  it('looks at every service when it begins, and answers from memory after that', async () => {
    bench().service(plain);
    bench().service(plain, 'svc2');
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    await begin();
    await settled();
    await settled('svc2');
    const looks = bench().stage.looks.length;
    expect(states()).to.deep.equal({ 'fs#1': 'up', 'app#1': 'up' });
    expect(daemon.shown('svc2')?.overall).to.equal('up');
    expect(bench().stage.looks.length).to.equal(looks);
  });

  it('looks at everything once a minute, at monitored resources every ten seconds', async () => {
    bench().service(plain);
    await begin();
    await settled();
    expect([looksAt('fs#1'), looksAt('app#1')]).to.deep.equal([1, 1]);
    for (let second = 0; second < 9; second += 1) pass(1000);
    await settled();
    expect([looksAt('fs#1'), looksAt('app#1')]).to.deep.equal([1, 1]);
    pass(1000);
    await eventually(() => looksAt('app#1') === 2);
    await settled();
    expect(looksAt('fs#1')).to.equal(1);
    pass(statusIntervalMs - monitorIntervalMs);
    await eventually(() => looksAt('fs#1') === 2);
  });

  it('looks when status_schedule says, at monitored resources every ten seconds all the same', async () => {
    bench().service(plain.replace('[DEFAULT]\n', '[DEFAULT]\nstatus_schedule = @5m\n'));
    bench().service(plain.replaceAll('#1', '#2'), 'svc2');
    await begin();
    await settled();
    for (let at = 0; at < 29; at += 1) {
      pass(monitorIntervalMs);
      await settled();
    }
    expect([looksAt('fs#1'), looksAt('app#1')]).to.deep.equal([1, 30]);
    expect(looksAt('fs#2'), 'the other one by the minute').to.equal(5);
    expect(daemon.shown(svc)?.stale, 'as old as was asked for').to.equal(false);
    pass(monitorIntervalMs);
    await eventually(() => looksAt('fs#1') === 2);
  });

  it('a range of the day is one look, and a clock that jumps over many days brings one more', async () => {
    bench().service(plain.replace('[DEFAULT]\n', '[DEFAULT]\nstatus_schedule = 13:00-14:00\n'));
    await begin();
    await settled();
    const minutes = async (count: number): Promise<void> => {
      for (let minute = 0; minute < count; minute += 1) {
        pass(60_000);
        await settled();
      }
    };
    await minutes(30);
    expect(looksAt('fs#1'), '12:59').to.equal(1);
    await minutes(90);
    expect(looksAt('fs#1'), '14:29').to.equal(2);
    bench().wait(10 * 86_400_000 - 80 * 60_000);
    await minutes(30);
    expect(looksAt('fs#1')).to.equal(3);
  });

  it('a look of a schedule that is due and does not end makes the figures old', async () => {
    bench().service(
      plain.replace('[DEFAULT]\n', '[DEFAULT]\nstatus_schedule = @5m\n').replace('type = double\n', 'type = double\nstatus_timeout = 1h\n'),
    );
    await begin();
    await settled();
    bench().stage.part('fs#1').hangs.status = 'until abort';
    pass(5 * 60_000);
    await eventually(() => looksAt('fs#1') === 2);
    pass(statusIntervalMs - 1000);
    expect(daemon.shown(svc)?.stale).to.equal(false);
    pass(2000);
    expect(daemon.shown(svc)?.stale).to.equal(true);
    // The looks at what is monitored end by themselves; that one only with the daemon.
    await eventually(() => daemon.busyLooks() === 1);
  });

  it('a look at the monitored resources changes only them, and leaves the figures as old as they are', async () => {
    bench().service(plain);
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    await begin();
    await settled();
    const { updated } = daemon.shown(svc) ?? {};
    bench().stage.set({ 'fs#1': 'down', 'app#1': 'down' });
    pass(monitorIntervalMs);
    await eventually(() => states()['app#1'] === 'down');
    expect(states()).to.deep.equal({ 'fs#1': 'up', 'app#1': 'down' });
    expect(daemon.shown(svc)?.updated).to.equal(updated);
  });

  it('answers who asks for a look now by nothing that an earlier round was told', async () => {
    bench().service(plain);
    let questions = 0;
    bench().stage.part('fs#1').on = async (call, at) => {
      if (call === 'status') await at.shared('array hp3par1', async () => ++questions);
    };
    await begin();
    await settled();
    const before = questions;
    await daemon.look(svc);
    expect(questions).to.equal(before + 1);
    await daemon.look(svc);
    expect(questions).to.equal(before + 2);
  });

  it('looks at what is monitored by nothing that an asked look was told before', async () => {
    bench().service(plain);
    let questions = 0;
    bench().stage.part('app#1').on = async (call, at) => {
      if (call === 'status') await at.shared('marks of processes', async () => ++questions);
    };
    await begin();
    await settled();
    await daemon.look(svc);
    const before = questions;
    pass(monitorIntervalMs);
    await eventually(() => questions === before + 1);
  });

  it('a hanging probe delays neither other services nor the monitored resources beside it, and is not started twice', async () => {
    bench().service(plain.replace('type = double\n', 'type = double\nstatus_timeout = 3s\n'));
    bench().service('[DEFAULT]\nnodes = node1\n\n[fs#7]\ntype = double\n', 'svc2');
    await begin();
    await settled();
    await settled('svc2');
    bench().stage.part('fs#1').hangs.status = 'for ever';
    bench().stage.set({ 'app#1': 'up', 'fs#7': 'up' });
    pass(statusIntervalMs);
    await eventually(() => states('svc2')['fs#7'] === 'up');
    await eventually(() => looksAt('fs#1') === 2);
    expect(states()['fs#1'], 'it still hangs').to.equal('down');
    // The round is at the hanging one; the monitored one is looked at all the same.
    const before = looksAt('app#1');
    pass(monitorIntervalMs);
    await eventually(() => looksAt('app#1') === before + 1 && states()['app#1'] === 'up');
    await eventually(() => states()['fs#1'] === 'undef');
    expect(daemon.shown(svc)?.resources['fs#1']?.notes[0]?.text).to.match(/no answer in 3 s/);
    pass(statusIntervalMs);
    await eventually(() => daemon.shown(svc)?.resources['fs#1']?.notes[0]?.text.includes('still waits') === true);
    expect(looksAt('fs#1'), 'no second probe beside the one that hangs').to.equal(2);
  });

  it('more hanging services than are looked at together hold up nobody', async () => {
    for (let at = 0; at < 12; at += 1) bench().service('[DEFAULT]\nnodes = node1\n\n[fs#9]\ntype = double\n', `hang${at}`);
    bench().service('[DEFAULT]\nnodes = node1\n\n[fs#1]\ntype = double\n', 'zzz');
    bench().stage.part('fs#9').hangs.status = 'until abort';
    await begin();
    await eventually(() => daemon.get('zzz')?.status !== undefined);
    expect(daemon.get('hang0')?.status).to.equal(undefined);
  });

  it('a driver that throws or reports garbage makes only its own resource undef', async () => {
    bench().service(plain);
    bench().stage.part('fs#1').fails.status = { error: new TypeError('of undefined') };
    bench().stage.part('app#1').garbage = { state: 'sideways' };
    bench().service('[DEFAULT]\nnodes = node1\n\n[fs#7]\ntype = double\n', 'svc2');
    await begin();
    await settled();
    await settled('svc2');
    expect(states()).to.deep.equal({ 'fs#1': 'undef', 'app#1': 'undef' });
    expect(states('svc2')).to.deep.equal({ 'fs#7': 'down' });
  });

  it('figures older than twice the interval are stale, whatever the clock of the machine says', async () => {
    bench().service(plain);
    await begin();
    await settled();
    bench().wait(86_400_000);
    expect(daemon.shown(svc)?.stale).to.equal(false);
    bench().wait(-200_000_000);
    clock.ms += 2 * statusIntervalMs + 1;
    expect(daemon.shown(svc)?.stale).to.equal(true);
  });

  it('a clock that jumps neither stops the looks nor repeats them', async () => {
    bench().service(plain);
    await begin();
    await settled();
    bench().wait(-86_400_000 * 365);
    pass(1000);
    await settled();
    expect(looksAt('fs#1')).to.equal(1);
    pass(statusIntervalMs);
    await eventually(() => looksAt('fs#1') === 2);
    bench().wait(2 * 86_400_000 * 365);
    for (let second = 0; second < 5; second += 1) pass(1000);
    await settled();
    expect(looksAt('fs#1')).to.equal(2);
  });

  it('one question answers for all services of a round, and is asked anew in the next', async () => {
    for (const name of ['svc1', 'svc2', 'svc3']) bench().service('[DEFAULT]\nnodes = node1\n\n[fs#1]\ntype = double\n', name);
    let asked = 0;
    bench().stage.part('fs#1').on = async (_call, at) => {
      await at.shared('the array', async () => {
        asked += 1;
      });
    };
    await begin();
    for (const name of ['svc1', 'svc2', 'svc3']) await settled(name);
    expect(asked).to.equal(1);
    pass(statusIntervalMs);
    await eventually(() => looksAt('fs#1') === 6);
    expect(asked).to.equal(2);
  });

  it('the mounts of the node are read once for all services of a round, and anew for who asks now and for an action', async () => {
    const mountsFile = '/proc/self/mountinfo';
    let reads = 0;
    const { world } = bench();
    const doors = {
      ...world.doors,
      readText: async (file: string) => {
        if (file === mountsFile) reads += 1;
        return world.doors.readText(file);
      },
    };
    const names = Array.from({ length: 20 }, (_, at) => `many${at}`);
    for (const name of names) bench().service('[DEFAULT]\nnodes = node1\n\n[fs#1]\ntype = double\n', name);
    bench().stage.part('fs#1').on = async (_call, at) => {
      expect(await at.local.file(mountsFile)).to.contain(' / ');
    };
    const begunMs = performance.now();
    await begin([], { ...bench(), world: { ...world, doors } });
    for (const name of names) await settled(name);
    const seconds = Math.ceil((performance.now() - begunMs) / 1000) + 1;
    expect(reads).to.be.within(1, seconds);
    const before = reads;
    await daemon.look('many0');
    expect(reads).to.equal(before + 1);
    await daemon.act('many0', { verb: 'start' }, 'test');
    expect(reads, 'each look of it').to.be.at.least(before + 3);
  });

  it('what was looked at apart joins the next round, whose length is told when its last look has ended', async () => {
    bench().service(plain);
    bench().service(plain, 'svc2');
    let questions = 0;
    let release = (): void => undefined;
    bench().stage.part('fs#1').on = async (call, at) => {
      if (call === 'status') await at.shared('array hp3par1', async () => ++questions);
    };
    await begin();
    await settled();
    await settled('svc2');
    pass(statusIntervalMs / 2);
    await daemon.look('svc2');
    expect(questions).to.equal(2);
    await settled();
    const hung = new Promise<void>((resolve) => (release = resolve));
    bench().stage.part('app#1').on = async (call) => {
      if (call === 'status') await hung;
    };
    pass(statusIntervalMs / 2);
    await eventually(() => daemon.busyLooks() === 2);
    expect(daemon.lastRoundMs(), 'of the round before').to.equal(0);
    clock.ms += 700;
    release();
    await settled();
    await settled('svc2');
    expect(questions).to.equal(3);
    expect(daemon.lastRoundMs()).to.equal(700);
  });

  it('an action of its own is in memory when it ends, and a look that began before changes nothing of it', async () => {
    bench().service(plain);
    await begin();
    await settled();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let slow = true;
    bench().stage.part('fs#1').on = async (call) => {
      if (call === 'status' && slow) {
        slow = false;
        await held;
      }
    };
    pass(statusIntervalMs);
    await eventually(() => !slow);
    const result = await daemon.act(svc, { verb: 'start' }, 'a test');
    expect(result.error).to.equal(undefined);
    expect(states()).to.deep.equal({ 'fs#1': 'up', 'app#1': 'up' });
    bench().stage.part('fs#1').garbage = { state: 'down' };
    release();
    await settled();
    expect(states()['fs#1'], 'the old look is history').to.equal('up');
    const begins = (await bench().journal()).filter((record) => record.kind === 'begin');
    expect(begins.map((record) => record.kind === 'begin' && [record.who.user, record.reason])).to.deep.equal([['svcmgrd', 'a test']]);
  });

  it('shows what runs while it runs', async () => {
    bench().service(plain);
    await begin();
    await settled();
    let seen: string | undefined;
    bench().stage.part('fs#1').on = (call) => {
      if (call === 'start') seen = daemon.shown(svc)?.monitor.state;
    };
    await daemon.act(svc, { verb: 'start' }, 'a test');
    expect(seen).to.equal('starting');
    expect(daemon.shown(svc)?.monitor.state).to.equal('idle');
  });

  it('after an action of another process nothing is shown as fresh before it was looked at again', async () => {
    bench().service(plain);
    await begin();
    await settled();
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    daemon.touched(svc);
    expect(daemon.shown(svc)?.stale).to.equal(true);
    await eventually(() => daemon.shown(svc)?.stale === false);
    expect(states()).to.deep.equal({ 'fs#1': 'up', 'app#1': 'up' });
  });

  it('tells what changed, and nothing twice', async () => {
    bench().service(plain);
    await begin();
    await settled();
    bench().stage.set({ 'fs#1': 'up' });
    await daemon.look(svc);
    await daemon.look(svc);
    const told = daemon.events.after(0).map(({ kind, rid, text }) => `${kind} ${rid}: ${text}`);
    expect(told).to.deep.equal(['state fs#1: down -> up', 'state null: down -> warn']);
    const journaled = (await bench().journal()).filter((record) => record.kind === 'state' && record.rid === 'fs#1');
    expect(journaled).to.have.lengthOf(2);
  });

  it('a part that throws is named in the log, and the others go on', async () => {
    bench().service(plain);
    const heard: string[] = [];
    const bad: ResidentPart = {
      name: 'bad part',
      onStatus: () => {
        throw new Error('broken');
      },
      beat: () => {
        throw new Error('broken too');
      },
    };
    await begin([bad, { name: 'good part', onStatus: ({ name }) => void heard.push(name) }]);
    await settled();
    pass(1000);
    expect(heard).to.deep.equal([svc]);
    expect(textsOf(bench(), 'error')).to.include.members(['bad part: broken', 'bad part: broken too']);
  });

  it('once it is being stopped nothing automatic begins, and what hangs is aborted', async () => {
    bench().service(plain);
    await begin();
    await settled();
    bench().stage.part('fs#1').hangs.start = 'until abort';
    const acting = daemon.act(svc, { verb: 'start' }, 'a test');
    await eventually(() => bench().stage.events.includes('start fs#1'));
    await daemon.stop(new SvcError('CANCELLED', 'stopping'), 50);
    expect((await acting).error?.code).to.equal('CANCELLED');
    expect((await errorOf(daemon.act(svc, { verb: 'start' }, 'a test'))).code).to.equal('CANCELLED');
  });

  describe('files', () => {
    const changed = plain.replace('[app#1]', '[app#2]');

    it('are taken when they have stopped changing', async () => {
      const { world } = bench();
      const clock = { ms: 0 };
      const files = createServiceFiles(
        () => world,
        () => clock.ms,
      );
      const rids = async () => (await files.scan()).loaded.get(svc)?.instance.resources.map(({ rid }) => rid);
      bench().service(plain);
      expect(await rids()).to.deep.equal(['fs#1', 'app#1']);
      // An editor that writes in place: a half file that is valid by itself.
      bench().service(changed.slice(0, changed.indexOf('[app')));
      expect(await rids()).to.equal(undefined);
      clock.ms += 400;
      bench().service(changed);
      expect((await files.scan()).unsettled).to.equal(true);
      clock.ms += 400;
      expect(await rids(), 'it changed 0.4 s ago').to.equal(undefined);
      clock.ms += 200;
      expect(await rids()).to.deep.equal(['fs#1', 'app#2']);
      clock.ms += 1000;
      expect((await files.scan()).loaded.size, 'nothing changed').to.equal(0);
    });

    it('that are not valid leave the last good definition in service, and say so', async () => {
      bench().service(plain);
      await begin();
      await settled();
      bench().service(`${plain}\n[fs#2]\ntype = nonsense\n`);
      const { invalid } = await daemon.reload();
      expect(invalid.join()).to.match(/svc1: .*nonsense/);
      await eventually(() => daemon.shown(svc)?.stale === false);
      expect(states()).to.have.all.keys('fs#1', 'app#1');
      expect(daemon.shown(svc)?.invalid).to.match(/nonsense/);
      bench().service(plain);
      await daemon.reload();
      await eventually(() => daemon.shown(svc)?.stale === false);
      expect(daemon.shown(svc)?.invalid).to.equal(null);
    });

    it('that are replaced while they are read, again and again, end as the last one', async () => {
      bench().service(plain);
      await begin();
      const scans = Array.from({ length: 20 }, async (_, at) => {
        const text = at % 2 === 0 ? changed : plain;
        const file = bench().home.path('services.d', `.new${at}`);
        writeFileSync(file, text);
        renameSync(file, bench().home.path('services.d', `${svc}.conf`));
        await daemon.reload();
      });
      await Promise.all(scans);
      await eventually(() => daemon.shown(svc)?.stale === false);
      expect(states()).to.have.all.keys('fs#1', 'app#1');
    });

    it('that come and go bring and take services; what runs is left alone', async () => {
      const gone: string[] = [];
      await begin([{ name: 'part', onGone: (service) => void gone.push(service) }]);
      expect(daemon.all()).to.deep.equal([]);
      bench().service(plain);
      await daemon.reload();
      pass(1000);
      await settled();
      expect(daemon.all().map(({ name }) => name)).to.deep.equal([svc]);
      unlinkSync(bench().home.path('services.d', `${svc}.conf`));
      await daemon.reload();
      expect(daemon.all()).to.deep.equal([]);
      expect(gone).to.deep.equal([svc]);
      expect(bench().stage.events).to.deep.equal([]);
    });

    it('of the node, when changed and valid, count from the next round on', async () => {
      bench().service(plain);
      clock = { ms: 1_000_000 };
      const worlds: string[] = [];
      const renew = async (before: World): Promise<World | undefined> => {
        worlds.push('asked');
        return worlds.length === 1 ? undefined : { ...before, node: { ...before.node, name: 'node1' } };
      };
      daemon = createResidence({ world: bench().world, renew, nowMs: () => clock.ms });
      await daemon.open();
      await settled();
      const before = daemon.world();
      bench().home.node('[node]\nnonsense = 1\n');
      await daemon.reload();
      expect(daemon.world(), 'not valid: the one of before').to.equal(before);
      bench().home.node('[node]\nenv = TST\n');
      await daemon.reload();
      expect(daemon.world()).not.to.equal(before);
      expect(daemon.shown(svc)?.stale).to.equal(true);
      pass(1000);
      await eventually(() => daemon.shown(svc)?.stale === false);
    });

    it('that never were valid cost the others nothing', async () => {
      bench().service('[DEFAULT\n', 'broken');
      bench().service(plain);
      await begin();
      await settled();
      expect(daemon.all().map(({ name }) => name)).to.deep.equal([svc]);
      expect(textsOf(bench(), 'error').join()).to.match(/broken/);
    });
  });
});
