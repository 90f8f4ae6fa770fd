/** The status of an instance as the engine evaluates it: in parallel, never crashing, remembering what it saw. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import type { Driver } from '../../agent/driver/contract.ts';
import { createRun } from '../../agent/engine/run.ts';
import { loadForStatus } from '../../agent/engine/services.ts';
import { evaluateStatus } from '../../agent/engine/status.ts';
import { readKept, setFrozen } from '../../agent/engine/kept-state.ts';
import { SvcError } from '../../agent/errors.ts';
import { createBarrier, doubleDriver } from '../support/doubles.ts';
import { errorOf, svc, textsOf, useBench } from '../support/engine.ts';

const two = '[fs#1]\ntype = double\n[app#1]\ntype = double\n';

/** Tells how often its shared question was really asked. */
function askingDriver(): Driver {
  const counter = { asked: 0 };
  return {
    summary: 'asks',
    needs: [],
    keywords: {},
    reads: () => [],
    label: () => 'asking',
    status: async (at) => {
      const ask = async () => {
        counter.asked += 1;
        return counter.asked;
      };
      return { state: 'up', facts: { asked: await at.shared('question', ask) } };
    },
  };
}

describe('sim: engine: status', () => {
  const bench = useBench({
    drivers: (stage) => ({
      'app.asking': askingDriver(),
      'app.unlabelled': doubleDriver(stage, {
        label: () => {
          throw new Error('no label');
        },
      }),
    }),
  });

  it('asks shared questions again in each round of a run', async () => {
    const { service, world } = bench();
    service('[app#1]\ntype = asking\n');
    const { instance } = await loadForStatus(world, svc);
    const run = createRun(world, instance);
    const round = async () => (await evaluateStatus(run, new AbortController().signal)).resources['app#1']?.facts['asked'];
    expect([await round(), await round()]).to.deep.equal([1, 2]);
  });

  it('looks at resources together', async () => {
    const { service, status, stage } = bench();
    service(two);
    const together = createBarrier(2);
    for (const rid of ['fs#1', 'app#1']) stage.part(rid).on = (call) => (call === 'status' ? together() : undefined);
    expect((await status()).avail).to.equal('down');
  });

  it('shows the others when one hangs', async () => {
    const { service, status, stage } = bench();
    service('[fs#1]\ntype = double\nstatus_timeout = 40ms\n[app#1]\ntype = double\n[app#2]\ntype = double\n');
    stage.set({ 'app#1': 'up', 'app#2': 'up' });
    stage.part('fs#1').hangs.status = 'for ever';
    const { resources, overall, avail } = await status();
    expect(Object.values(resources).map((one) => one.status)).to.deep.equal(['undef', 'up', 'up']);
    expect([overall, avail]).to.deep.equal(['warn', 'warn']);
  });

  it('turns whatever a driver throws into undef with the reason', async () => {
    const { service, status, stage } = bench();
    service(two);
    for (const [error, text] of [
      [new SvcError('UNREACHABLE', 'array does not answer'), 'array does not answer'],
      [new TypeError('x is not a function'), 'x is not a function'],
      ['a plain text', 'a plain text'],
      [undefined, 'undefined'],
    ] as const) {
      stage.part('fs#1').on = (call) => {
        if (call === 'status') throw error;
      };
      const { resources } = await status();
      expect(resources['fs#1']?.status).to.equal('undef');
      expect(resources['fs#1']?.notes[0]).to.deep.equal({ level: 'error', text });
      expect(resources['app#1']?.status).to.equal('down');
    }
  });

  it('turns what is no report into undef and says what is wrong with it', async () => {
    const { service, status, stage } = bench();
    service('[fs#1]\ntype = double\n');
    const states = 'must be one of up, down, warn, n/a, undef';
    for (const [garbage, fault] of [
      [{ state: 'ok' }, `state is "ok", ${states}`],
      [{ state: 'toString' }, `state is "toString", ${states}`],
      [{}, `state is missing, ${states}`],
      [null, 'it is null, not a record'],
      ['up', 'it is "up", not a record'],
      [[], 'it is [], not a record'],
      [{ state: 'up', notes: 'fine' }, 'notes must be records of level and text'],
      [{ state: 'up', notes: [{ level: 'bad', text: 'x' }] }, 'notes must be records of level and text'],
      [{ state: 'up', notes: [{ level: 'warn' }] }, 'notes must be records of level and text'],
      [{ state: 'up', facts: { a: {} } }, 'facts must be texts, numbers or booleans'],
      [{ state: 'up', facts: { a: Number.NaN } }, 'facts must be texts, numbers or booleans'],
    ] as const) {
      stage.part('fs#1').garbage = garbage;
      const { resources } = await status();
      expect(resources['fs#1']?.status, fault).to.equal('undef');
      expect(resources['fs#1']?.notes[0]?.text).to.equal(`driver fs.double gave no valid report: ${fault}`);
    }
  });

  it('never shows undef without a reason', async () => {
    const { service, status, stage } = bench();
    service('[fs#1]\ntype = double\n');
    stage.set({ 'fs#1': 'undef' });
    expect((await status()).resources['fs#1']?.notes[0]?.text).to.equal('driver fs.double cannot tell, and does not say why');
  });

  it('does without a label that a driver cannot make', async () => {
    const { service, status } = bench();
    service('[app#1]\ntype = unlabelled\n');
    expect((await status()).resources['app#1']).to.include({ label: 'app.unlabelled', status: 'down' });
  });

  it('keeps since when a state holds, over many looks', async () => {
    const { service, status, stage, wait } = bench();
    service('[fs#1]\ntype = double\n');
    stage.set({ 'fs#1': 'up' });
    const since = async () => (await status()).resources['fs#1']?.since;
    expect(await since()).to.equal('2026-11-21T12:29:15.123Z');
    wait(60_000);
    expect(await since()).to.equal('2026-11-21T12:29:15.123Z');
    stage.set({ 'fs#1': 'down' });
    expect(await since()).to.equal('2026-11-21T12:30:15.123Z');
  });

  it('tells the last known state and its age while it cannot tell, and since when it cannot', async () => {
    const { service, status, stage, wait } = bench();
    service('[fs#1]\ntype = double\n');
    stage.set({ 'fs#1': 'up' });
    await status();
    stage.part('fs#1').fails.status = { error: new SvcError('UNREACHABLE', 'array does not answer') };
    wait(40_000);
    const first = (await status()).resources['fs#1'];
    expect(first?.notes.map((note) => note.text)).to.deep.equal(['array does not answer', 'last known: up, 40 s ago']);
    wait(20_000);
    const second = (await status()).resources['fs#1'];
    expect(second?.notes[1]?.text).to.equal('last known: up, 60 s ago');
    expect([first?.since, second?.since]).to.deep.equal(['2026-11-21T12:29:55.123Z', '2026-11-21T12:29:55.123Z']);
    delete stage.part('fs#1').fails.status;
    const back = (await status()).resources['fs#1'];
    expect(back, 'it was up all the time, as far as anybody knows').to.include({ status: 'up', since: '2026-11-21T12:29:15.123Z' });
    const states = (await bench().journal()).flatMap((record) => (record.kind === 'state' ? [`${record.from} ${record.to}`] : []));
    expect(states).to.deep.equal(['n/a up', 'up undef', 'undef up']);
  });

  it('keeps what is expected through looks that run beside the action', async () => {
    const { service, act, status, stage, world } = bench();
    service(two);
    const expected = async () => (await readKept(world, svc)).expected;
    await act('stop');
    expect(await expected()).to.equal('down');
    // A look that has read what is kept before the start ends, and writes after it.
    const held = new Promise<() => void>((resolve) => {
      stage.part('fs#1').on = (call) => (call === 'status' ? new Promise<void>((go) => resolve(go)) : undefined);
    });
    const look = status();
    const letGo = await held;
    stage.part('fs#1').on = () => undefined;
    await act('start');
    letGo();
    await look;
    expect(await expected()).to.equal('up');
    await act('stop', { rid: 'app#1' });
    expect(await expected(), 'a part says nothing').to.equal('up');
    for (const verb of ['shutdown', 'boot', 'run'] as const) await act(verb);
    expect(await expected(), 'the machine went down').to.equal('up');
  });

  it('shows frozen', async () => {
    const { service, status, world } = bench();
    service(two);
    expect((await status()).frozen).to.equal(false);
    await setFrozen(world, svc, true, 'by a test');
    expect((await status()).frozen).to.equal(true);
    await setFrozen(world, svc, false, '');
    expect((await status()).frozen).to.equal(false);
  });

  it('goes on when nothing can be kept or read back', async () => {
    const { service, status, home } = bench();
    service(two);
    // A file where the folder should be.
    rmSync(home.path('var', 'services'), { recursive: true, force: true });
    writeFileSync(home.path('var', 'services'), '');
    mkdirSync(home.path('var', 'journal', svc));
    writeFileSync(home.path('var', 'journal', svc, '000001.log'), 'garbage\n');
    chmodSync(home.path('var', 'journal'), 0o755);
    expect((await status()).avail).to.equal('down');
  });

  it('is NOT_FOUND for a service that is not there', async () => {
    bench().service(two);
    expect((await errorOf(bench().status('svc9'))).code).to.equal('NOT_FOUND');
  });
});

describe('sim: engine: an invalid file', () => {
  const bench = useBench();

  it('leaves the last good definition for status and stop; everything else is refused with the errors', async () => {
    const { service, act, refusal, status, stage } = bench();
    service(two);
    await act('start');
    service('[fs#1]\ntype = double\nmnnt = /x\n[app#1]\n');
    const shown = await status();
    expect(shown.invalid).to.include('mnnt');
    expect(Object.keys(shown.resources)).to.deep.equal(['fs#1', 'app#1']);
    expect(shown.avail).to.equal('up');
    for (const verb of ['start', 'restart', 'provision', 'unprovision', 'run'] as const) {
      const error = await refusal(verb);
      expect(error.code, verb).to.equal('CONFIG');
      expect(error.message, verb).to.include('mnnt');
    }
    stage.events.length = 0;
    expect((await act('stop')).ok).to.equal(true);
    expect(stage.events).to.deep.equal(['stop app#1', 'stop fs#1']);
    expect(textsOf(bench(), 'warn').join()).to.include('stopping by the last good definition');
  });

  it('without a last good definition is an error for status and stop too', async () => {
    const { service, refusal } = bench();
    service('[fs#1]\ntype = nothing\n');
    expect((await refusal('stop')).code).to.equal('CONFIG');
    expect((await errorOf(bench().status())).code).to.equal('CONFIG');
  });
});
