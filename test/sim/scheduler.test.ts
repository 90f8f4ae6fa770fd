import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Act, Driver, Outcome } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { setFrozen } from '../../agent/engine/kept-state.ts';
import { loadForStatus } from '../../agent/engine/services.ts';
import { readJobRecords } from '../../agent/engine/schedule-store.ts';
import { scheduleRows } from '../../agent/engine/schedule-rows.ts';
import { createScheduler, type Scheduler } from '../../agent/engine/scheduler.ts';
import { SvcError } from '../../agent/errors.ts';
import { openZone } from '../../agent/state/schedule/zone.ts';
import { doubleDriver, type Stage } from '../support/doubles.ts';
import { svc, useBench } from '../support/engine.ts';
import { createTestResidence, type TestResidence } from '../support/residence.ts';

const utc = openZone('UTC');
const second = 1000;
const minute = 60 * second;

/** Runs by rid, in order; each may be told to fail, or to wait until it is let go. */
interface Work {
  readonly runs: string[];
  fail: SvcError | undefined;
  hold: boolean;
  together: number;
  most: number;
  letGo(): void;
}

function createWork(): Work & { run(rid: string, signal: AbortSignal): Promise<void> } {
  const waiting: (() => void)[] = [];
  const work = {
    runs: [] as string[],
    fail: undefined as SvcError | undefined,
    hold: false,
    together: 0,
    most: 0,
    letGo: () => {
      work.hold = false;
      for (const go of waiting.splice(0)) go();
    },
    run: async (rid: string, signal: AbortSignal) => {
      work.runs.push(rid);
      work.together += 1;
      work.most = Math.max(work.most, work.together);
      try {
        if (work.hold)
          await new Promise<void>((resolve, reject) => {
            waiting.push(resolve);
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
        if (work.fail !== undefined) throw work.fail;
      } finally {
        work.together -= 1;
      }
    },
  };
  return work;
}

const keywords = {
  schedule: { kind: 'schedule', text: 'When.' },
  key: { kind: 'string', text: 'What it locks.' },
} as const satisfies Keywords;

describe('sim: scheduler', () => {
  let work = createWork();
  const timed = (more: Partial<Driver>): Driver => ({
    summary: 'A double on a schedule.',
    needs: [],
    keywords,
    reads: () => [],
    label: () => 'timed',
    status: async () => ({ state: 'n/a' }),
    locks: (config) => ('key' in (config as object) ? [`place ${String((config as Record<string, unknown>)['key'])}`] : []),
    ...more,
  });
  const update = async (at: Act<Keywords>): Promise<readonly Outcome[]> => {
    await work.run(`${at.service} ${at.rid}`, at.signal);
    return [{ target: 'node2', ok: true }];
  };
  const drivers = (stage: Stage) => ({
    'sync.timed': timed({ sync: { update } }),
    'task.timed': timed({ run: (at: Act<never>) => work.run(`${at.service} ${at.rid}`, at.signal) }),
    'fs.double': doubleDriver(stage),
  });
  const bench = useBench({ drivers });
  let residence: TestResidence;
  let scheduler: Scheduler;

  beforeEach('a fresh world', () => {
    work = createWork();
    live();
  });

  /** A daemon begins. */
  function live(): void {
    residence = createTestResidence(bench());
    scheduler = createScheduler(residence, { zone: utc });
    residence.live(scheduler);
  }

  async function known(...services: readonly string[]): Promise<void> {
    for (const service of services) await residence.look(service);
    await scheduler.idle();
  }

  /** Beats every second; without idle, jobs that hold stay at work. */
  async function pass(ms: number, step = 30 * second): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      residence.beat(Math.min(step, left));
      scheduler.minute(bench().world.now());
      await scheduler.idle();
    }
  }

  /** Beats until something is so; jobs that hold are not waited for. */
  async function beatUntil(isSo: () => boolean, ms = 10): Promise<void> {
    const endsAt = performance.now() + 20_000;
    while (!isSo()) {
      expect(performance.now(), 'it did not come').to.be.below(endsAt);
      residence.beat(ms);
      await delay(2);
    }
  }

  const text = (schedule: string, key?: string, type = 'sync'): string =>
    `[fs#1]\ntype = double\n[${type}#1]\ntype = timed\nschedule = ${schedule}\n${key === undefined ? '' : `key = ${key}\n`}`;
  const record = async (rid = 'sync#1') => (await readJobRecords(bench().world, svc))[rid];
  const rows = async (service = svc) => {
    const { instance } = await loadForStatus(bench().world, service);
    return scheduleRows(bench().world, instance, await bench().status(service), utc);
  };

  it('runs a sync on its interval, as an action with a reason, and remembers it', async () => {
    bench().service(text('@10m'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    await pass(31 * minute);
    expect(work.runs).to.have.length(4);
    expect((await bench().journal()).filter(({ kind }) => kind === 'begin').at(-1)).to.include({
      verb: 'sync update',
      reason: 'scheduled: @10m',
    });
    expect(await record()).to.include({ result: 'ok', failures: 0 });
    expect((await rows())[0]).to.include({
      result: 'ok',
      why: 'last run is too soon: it ran at 2026-11-21 12:59:45 +00:00, less than 600 seconds ago',
    });
  });

  it('counts a run by hand as a run', async () => {
    bench().service(text('@10m'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    await pass(second);
    bench().wait(6 * minute);
    await bench().act('sync', { sync: 'update' });
    await pass(9 * minute);
    expect(work.runs, 'the first, the one by hand').to.have.length(2);
    await pass(2 * minute);
    expect(work.runs).to.have.length(3);
  });

  for (const type of ['sync', 'task'] as const) {
    it(`shows the last run of a ${type} and its result, whoever began it`, async () => {
      const byHand = () => (type === 'sync' ? bench().act('sync', { sync: 'update' }) : bench().act('run'));
      bench().service(text('13:00', undefined, type));
      bench().stage.set({ 'fs#1': 'up' });
      expect((await rows())[0]).to.include({ last: null, result: null });
      await known(svc);
      await byHand();
      expect((await rows())[0]).to.include({ last: bench().world.now().toISOString(), result: 'ok' });
      bench().wait(minute);
      work.fail = new SvcError('COMMAND', 'the other side is full');
      await byHand();
      expect((await rows())[0]).to.include({ last: bench().world.now().toISOString(), failures: 0 });
      expect((await rows())[0]?.result).to.match(/^failed: .*the other side is full$/);
      await pass(60 * minute, minute);
      expect((await rows())[0], 'the scheduled one').to.include({ failures: 1, last: '2026-11-21T13:00:15.123Z' });
      work.fail = undefined;
      bench().wait(6 * second);
      await byHand();
      expect((await rows())[0], 'what failed was done by hand').to.include({
        result: 'ok',
        failures: 0,
        last: bench().world.now().toISOString(),
      });
      const runs = work.runs.length;
      await pass(10 * minute, minute);
      expect(work.runs, 'it is not run again for having failed before').to.have.length(runs);
    });
  }

  it('shows a run by hand while it runs, and does not make up the end of one that was cut', async () => {
    bench().service(text('13:00', undefined, 'task'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    work.hold = true;
    const stop = new AbortController();
    const running = bench().act('run', {}, stop.signal);
    await beatUntil(() => work.runs.length === 1);
    expect((await rows())[0]).to.include({ result: 'running' });
    stop.abort(new SvcError('CANCELLED', 'by the test'));
    await running;
    expect((await rows())[0]).to.include({ result: 'aborted' });
    // An agent that was killed remembers no end.
    const memory = bench().home.path('var', 'services', svc, 'memory.json');
    writeFileSync(memory, readFileSync(memory, 'utf8').replace(/,\s*"last_run_end": "[^"]*"/, ''));
    expect((await rows())[0]).to.include({ result: 'not known' });
  });

  it('sends nothing from a node where the service is not up, and begins when it comes up', async () => {
    bench().service(text('@10m'));
    bench().stage.set({ 'fs#1': 'down' });
    await known(svc);
    await pass(30 * minute);
    expect(work.runs).to.deep.equal([]);
    expect((await rows())[0]?.why).to.equal("won't sync this resource for a service not up");
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    await pass(second);
    expect(work.runs).to.have.length(1);
  });

  it('leaves a frozen service alone; what was missed is run once after the thaw', async () => {
    bench().service(text('13:00', undefined, 'task'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    await setFrozen(bench().world, svc, true, 'test');
    await known(svc);
    await pass(3 * 24 * 60 * minute, 20 * minute);
    expect(work.runs).to.deep.equal([]);
    expect((await rows())[0]?.why).to.match(/frozen/);
    await setFrozen(bench().world, svc, false, 'test');
    await known(svc);
    await pass(10 * minute);
    expect(work.runs).to.deep.equal([`${svc} task#1`]);
    expect((await bench().journal()).filter(({ kind }) => kind === 'begin').at(-1)).to.include({
      reason: 'scheduled: 13:00; it was missed',
    });
  });

  it('last runs survive the daemon: nothing twice, what was missed once', async () => {
    bench().service(text('13:00', undefined, 'task'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    await pass(45 * minute);
    expect(work.runs).to.have.length(1);
    live();
    await known(svc);
    await pass(10 * minute);
    expect(work.runs, 'not again').to.have.length(1);
    bench().wait(5 * 24 * 60 * minute);
    live();
    await known(svc);
    await pass(10 * minute);
    expect(work.runs, 'five were missed: one').to.have.length(2);
  });

  it('a job that fails rests longer and longer, and shows it', async () => {
    bench().service(text('@1m'));
    bench().stage.set({ 'fs#1': 'up' });
    work.fail = new SvcError('COMMAND', 'the other side is full');
    await known(svc);
    await pass(32 * minute);
    expect(work.runs.length, 'at 0, 1, 3, 7, 15, 31 minutes').to.equal(6);
    const [row] = await rows();
    expect(row).to.include({ failures: 6, why: 'failed 6 times in a row: it rests' });
    expect(row?.result).to.match(/^failed 6 times: .*the other side is full/);
    work.fail = undefined;
    await pass(35 * minute);
    expect(await record()).to.include({ result: 'ok', failures: 0 });
    expect(work.runs.length).to.be.above(8);
  });

  it('a run that was cut with the daemon is done again by the next one', async () => {
    bench().service(text('12:30', undefined, 'task'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    work.hold = true;
    residence.beat(46 * second);
    await beatUntil(() => work.runs.length === 1);
    // kill -9: nothing of the first daemon goes on, and its end is not remembered.
    const begun = await record('task#1');
    expect(begun?.begunMs).to.be.a('number');
    residence.leave();
    work.letGo();
    await scheduler.idle();
    live();
    await known(svc);
    expect((await rows())[0]).to.include({ result: 'failed: the daemon ended while it ran' });
    await pass(3 * minute);
    expect(work.runs).to.have.length(2);
    await pass(60 * minute);
    expect(work.runs).to.have.length(2);
  });

  it('keeps the limit of the node, one job of a service and one of a target at a time', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) bench().service(text('@10m', name < 'c' ? 'same' : name), name);
    bench().stage.set({ 'fs#1': 'up' });
    await known('a', 'b', 'c', 'd', 'e', 'f', 'g');
    work.hold = true;
    await beatUntil(() => work.together === 4 && scheduler.waiting('g sync#1') !== undefined);
    expect(work.runs.filter((run) => run.startsWith('a ') || run.startsWith('b '))).to.have.length(1);
    const why = ['a', 'b'].map((name) => scheduler.waiting(`${name} sync#1`));
    expect(why).to.deep.equal(['it runs', 'waits for a sync#1, which has place same']);
    expect(scheduler.waiting('g sync#1')).to.equal('waits: 4 jobs run already');
    work.letGo();
    await pass(5 * second, second);
    expect(work.runs).to.have.length(7);
    expect(work.most).to.equal(4);
  });

  it('a service that is busy is asked again soon, which is no failure', async () => {
    bench().service(text('@10m'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    bench().stage.part('fs#1').hangs.stop = 'until abort';
    const stop = new AbortController();
    const stopping = bench()
      .act('stop', {}, stop.signal)
      .catch(() => undefined);
    while (!bench().stage.events.includes('stop fs#1')) await new Promise((resolve) => setImmediate(resolve));
    await pass(5 * second, second);
    expect(work.runs).to.deep.equal([]);
    expect(await record()).to.include({ failures: 0 });
    stop.abort();
    await stopping;
    bench().stage.set({ 'fs#1': 'up' });
    await pass(15 * second, second);
    expect(work.runs).to.have.length(1);
  });

  it('takes a changed schedule: what the new one would have had before is not missed', async () => {
    bench().service(text('02:00', undefined, 'task'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    await pass(24 * 60 * minute, 10 * minute);
    expect(work.runs).to.have.length(1);
    bench().service(text('11:00', undefined, 'task'));
    await known(svc);
    await pass(60 * minute, 10 * minute);
    expect(work.runs).to.have.length(1);
    await pass(24 * 60 * minute, 10 * minute);
    expect(work.runs).to.have.length(2);
  });

  it('a changed file while a job runs loses neither the run nor its end', async () => {
    bench().service(text('@10m'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    work.hold = true;
    await beatUntil(() => work.runs.length === 1);
    bench().service(text('@20m'));
    await residence.look(svc);
    work.letGo();
    await scheduler.idle();
    expect(await record()).to.include({ result: 'ok', failures: 0, schedule: '@20m' });
    await pass(15 * minute);
    expect(work.runs).to.have.length(1);
  });

  it('a clock that is set back repeats nothing, one that is set forward runs what it passed, once', async () => {
    bench().service(text('12:40', undefined, 'task'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    await pass(12 * minute);
    expect(work.runs).to.have.length(1);
    bench().wait(-10 * minute);
    await pass(30 * minute);
    expect(work.runs).to.have.length(1);
    bench().wait(3 * 24 * 60 * minute);
    await pass(30 * minute);
    expect(work.runs).to.have.length(2);
  });

  it('does not run what it could not remember', async () => {
    bench().service(text('@10m'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    const broken = createTestResidence({
      ...bench(),
      world: {
        ...bench().world,
        doors: { ...bench().world.doors, writeAtomic: () => Promise.reject(new SvcError('COMMAND', 'no space left')) },
      },
    });
    const other = createScheduler(broken, { zone: utc });
    broken.live(other);
    await broken.look(svc);
    await other.idle();
    broken.beat(second);
    await other.idle();
    expect(work.runs).to.deep.equal([]);
    expect(broken.events.at(-1)?.text).to.equal('not run: it could not be remembered: no space left');
  });

  it('begins nothing once the daemon is being stopped', async () => {
    bench().service(text('@10m'));
    bench().stage.set({ 'fs#1': 'up' });
    await known(svc);
    residence.leave();
    await pass(minute);
    expect(work.runs).to.deep.equal([]);
  });
});
