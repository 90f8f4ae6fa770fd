/** Sync verbs of the engine, with drivers that live in memory. */
import { pause, unpause } from '../../agent/engine/sync-pause.ts';
import { expect } from 'chai';
import type { Act, Driver, Outcome } from '../../agent/driver/contract.ts';
import type { Keywords } from '../../agent/driver/keywords.ts';
import { SvcError } from '../../agent/errors.ts';
import { createProgress } from '../../agent/engine/progress.ts';
import { interruptedActions } from '../../agent/engine/recover.ts';
import { cutAction } from '../support/cut-action.ts';
import { createBarrier } from '../support/doubles.ts';
import { errorOf, svc, textsOf, useBench } from '../support/engine.ts';

type Acting = Act<Keywords>;
type Work = (at: Acting) => Promise<readonly Outcome[]>;

const arrived: Work = async (at) => {
  await at.local.change(['/bin/true', at.rid]);
  return [{ target: 'node2', ok: true, bytes: 7 }];
};
const works = new Map<string, Work>();
const calls: string[] = [];

function copier(verbs: readonly ('update' | 'full' | 'break')[], more: Partial<Driver> = {}): Driver {
  const method = (verb: string) => async (at: Acting) => {
    calls.push(`${at.dryRun ? 'plan ' : ''}${verb} ${at.rid}`);
    return (works.get(at.rid) ?? arrived)(at);
  };
  return {
    summary: 'A double that copies.',
    needs: [],
    keywords: { key: { kind: 'string', default: 'here', text: 'What it locks.' } },
    reads: () => [],
    label: () => 'copy',
    status: async (at) => ({ state: at.isServiceUp ? 'up' : 'n/a' }),
    sync: Object.fromEntries(verbs.map((verb) => [verb, method(verb)])),
    ...more,
  };
}

const drivers = () => ({
  'sync.copy': copier(['update', 'full'], { locks: (config) => [`place ${String((config as Record<string, unknown>)['key'])}`] }),
  'sync.role': copier(['update', 'break'], { promotes: true }),
  'sync.any': copier(['update'], { anytime: true }),
  'sync.held': copier(['update'], { blockers: async (_at, verb) => [{ text: `no ${verb}`, allow: 'double.anyhow' }] }),
});

const sync = (word: string, more: object = {}) => ({ sync: word, ...more });

describe('sim: engine: sync verbs', () => {
  const bench = useBench({ drivers });
  beforeEach('forget', () => {
    works.clear();
    calls.length = 0;
  });
  const two = '[fs#1]\ntype = double\n[sync#1]\ntype = copy\n[sync#2]\ntype = copy\nkey = there\n';
  const begin = (text: string, state: 'up' | 'down' | 'warn' | 'undef' = 'up') => {
    bench().service(text);
    bench().stage.set({ 'fs#1': state });
  };

  it('call the method of each resource that has it, in order; all updates', async () => {
    begin(`${two}[sync#3]\ntype = role\n`);
    expect(await bench().act('sync', sync('all'))).to.deep.include({ ok: true, exit: 0, verb: 'sync all' });
    expect(calls).to.deep.equal(['update sync#3', 'update sync#1', 'update sync#2']);
    calls.length = 0;
    await bench().act('sync', sync('full'));
    expect(calls).to.deep.equal(['full sync#1', 'full sync#2']);
    calls.length = 0;
    await bench().act('sync', sync('update', { rid: 'sync#2' }));
    expect(calls).to.deep.equal(['update sync#2']);
    expect((await errorOf(bench().act('sync', sync('break', { rid: 'sync#1' })))).message).to.match(/^no sync break here: sync#1/);
  });

  it('leave out what is paused, say since when and why, unless it is allowed; roles are changed all the same', async () => {
    begin(`${two}[sync#3]\ntype = role\n`);
    for (const rid of ['sync#1', 'sync#3']) await pause(bench().world, svc, rid, 'rack move');
    const { ok, steps } = await bench().act('sync', sync('all'));
    expect([ok, calls]).to.deep.equal([true, ['update sync#2']]);
    expect(steps[0]?.text).to.match(/^paused since \S+Z by \S+: rack move \(--allow paused\)$/);
    calls.length = 0;
    await bench().act('sync', sync('update', { rid: 'sync#1' }));
    await bench().act('sync', sync('break', { rid: 'sync#3' }));
    expect(calls).to.deep.equal(['break sync#3']);
    await bench().act('sync', sync('update', { rid: 'sync#1', allow: ['paused'] }));
    expect(calls).to.deep.equal(['break sync#3', 'update sync#1']);
    const [note] = (await bench().status()).resources['sync#1']?.notes ?? [];
    expect(note).to.deep.include({ level: 'info', mend: 'svcmgr -s svc1 sync unpause --rid sync#1' });
    await unpause(bench().world, svc, 'sync#1');
    calls.length = 0;
    await bench().act('sync', sync('full'));
    expect(calls).to.deep.equal(['full sync#1', 'full sync#2']);
  });

  it('tell what came of each target, and journal the verb as it was said', async () => {
    begin(two);
    const { outcomes, steps } = await bench().act('sync', sync('update', { rid: 'sync#1' }));
    expect(outcomes).to.deep.equal([{ rid: 'sync#1', target: 'node2', ok: true, bytes: 7 }]);
    expect(steps).to.deep.equal([{ rid: 'sync#1', outcome: 'done', text: 'done' }]);
    const begun = (await bench().journal()).filter((record) => record.kind === 'begin');
    expect(begun.map((record) => 'verb' in record && record.verb)).to.deep.equal(['sync update']);
  });

  it('a target that failed fails the action; the others go on, and their resources too', async () => {
    begin(two);
    works.set('sync#1', async () => [
      { target: 'node2', ok: false, note: 'it is full' },
      { target: 'node3', ok: true },
    ]);
    const result = await bench().act('sync', sync('update'));
    expect(result).to.deep.include({ ok: false, exit: 1 });
    expect(result.error).to.deep.include({ code: 'COMMAND', message: 'sync#1: node2: it is full' });
    expect(result.outcomes.map(({ target, ok }) => `${target} ${ok}`)).to.deep.equal(['node2 false', 'node3 true', 'node2 true']);
    expect(result.steps.map(({ rid, outcome }) => `${rid} ${outcome}`)).to.deep.equal(['sync#1 failed', 'sync#2 done']);
  });

  it('what a driver throws is its failure, whatever the file says of optional', async () => {
    begin(`${two}optional = true\n`);
    works.set('sync#2', async () => {
      throw new SvcError('UNREACHABLE', 'nobody there', { hint: 'look' });
    });
    works.set('sync#1', async () => 'garbage' as never);
    const { error, exit } = await bench().act('sync', sync('update'));
    expect(exit).to.equal(1);
    expect(error?.message).to.equal('sync#1: driver sync.copy gave no valid list of outcomes; sync#2: nobody there');
    expect(error?.hint).to.equal('look');
  });

  it('refused for every target, and nothing changed: REFUSED, not failed', async () => {
    begin(two);
    works.set('sync#1', async () => [{ target: 'node2', ok: false, note: 'live', code: 'REFUSED' }]);
    expect(await bench().act('sync', sync('update', { rid: 'sync#1' }))).to.deep.include({ exit: 5, changes: 0 });
    expect(await bench().act('sync', sync('update')), 'sync#2 changed something').to.deep.include({ exit: 1 });
  });

  it('is held off while the service is not up, which is no error; not what promotes, nor what is safe and named', async () => {
    begin(`${two}[sync#3]\ntype = role\n[sync#4]\ntype = any\n`, 'down');
    expect(await bench().act('sync', sync('all'))).to.deep.include({ exit: 0 });
    expect(calls).to.deep.equal(['update sync#3']);
    expect(textsOf(bench(), 'info')).to.include("sync#1: won't sync this resource for a service not up");
    await bench().act('sync', sync('update', { rid: 'sync#4' }));
    await bench().act('sync', sync('update', { rid: 'sync#1' }));
    expect(calls).to.deep.equal(['update sync#3', 'update sync#4']);
  });

  it('sends from a degraded service only when it is allowed', async () => {
    begin(two, 'warn');
    await bench().act('sync', sync('update'));
    expect(calls).to.deep.equal([]);
    await bench().act('sync', sync('update', { allow: ['degraded'] }));
    expect(calls).to.have.length(2);
  });

  it('judges the service without app, sync and task, but by its apps when it has nothing else', async () => {
    bench().service(`${two}[app#1]\ntype = double\n[task#1]\ntype = double\n`);
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'down' });
    await bench().act('sync', sync('update'));
    expect(calls).to.have.length(2);
    calls.length = 0;
    bench().service('[app#1]\ntype = double\n[sync#1]\ntype = copy\n');
    await bench().act('sync', sync('update'));
    expect(calls).to.deep.equal([]);
    bench().stage.set({ 'app#1': 'up' });
    await bench().act('sync', sync('update'));
    expect(calls).to.deep.equal(['update sync#1']);
  });

  it('its status knows whether the service is up, also in one round of looks', async () => {
    begin(two);
    const status = async () => (await bench().status()).resources['sync#1']?.status;
    expect(await status()).to.equal('up');
    bench().stage.set({ 'fs#1': 'down' });
    expect(await status()).to.equal('n/a');
  });

  it('asks blockers before the first change, of every resource', async () => {
    begin(`${two}[sync#3]\ntype = held\n`);
    const result = await bench().act('sync', sync('all'));
    expect(result).to.deep.include({ exit: 5 });
    expect(result.error?.message).to.equal('svc1: sync#3: no sync update (--allow double.anyhow)');
    expect(calls).to.deep.equal([]);
    expect((await bench().act('sync', sync('all', { allow: ['double.anyhow'] }))).exit).to.equal(0);
  });

  it('runs one after the other, or together with --parallel, but one at a time in one place', async () => {
    begin(`${two}[sync#3]\ntype = copy\n`);
    const together = createBarrier(2);
    let inHere = 0;
    let most = 0;
    const inPlace: Work = async (at) => {
      inHere += 1;
      most = Math.max(most, inHere);
      await at.local.change(['/bin/sleep', '0.05']);
      inHere -= 1;
      return [{ target: 'node2', ok: true }];
    };
    works.set('sync#1', async (at) => {
      await together();
      return inPlace(at);
    });
    works.set('sync#2', async () => {
      await together();
      return [];
    });
    works.set('sync#3', inPlace);
    expect(await bench().act('sync', sync('all', { parallel: 3 }))).to.deep.include({ exit: 0 });
    expect(most).to.equal(1);
  });

  it('a place that another service holds is waited for, then BUSY', async () => {
    begin(two);
    bench().service('[fs#1]\ntype = double\n[sync#9]\ntype = copy\n', 'svc2');
    const [entered, leave] = [createBarrier(1), createBarrier(2)];
    const inside = new Promise<void>((resolve) => {
      works.set('sync#1', async () => {
        await entered();
        resolve();
        await leave();
        return [];
      });
    });
    const first = bench().act('sync', sync('update', { rid: 'sync#1' }));
    await inside;
    const second = await bench().actOn('svc2', 'sync', sync('update', { waitMs: 0 }));
    expect(second).to.deep.include({ exit: 1 });
    expect(second.error?.code).to.equal('BUSY');
    void leave();
    expect((await first).exit).to.equal(0);
  });

  it('a dry-run asks the drivers, takes no lock of a place and changes nothing', async () => {
    begin(two);
    const { changes, planned, exit } = await bench().act('sync', sync('update', { dryRun: true }));
    expect({ changes, exit }).to.deep.equal({ changes: 2, exit: 0 });
    expect(planned.map(({ text }) => text)).to.deep.equal(['/bin/true sync#1', '/bin/true sync#2']);
    expect(calls).to.deep.equal(['plan update sync#1', 'plan update sync#2']);
    expect(await bench().journal()).to.deep.equal([]);
  });

  it('triggers stand around it; those after it only when everything arrived; those of the service around a whole one', async () => {
    const mark = (word: string) => `/bin/echo ${word}`;
    begin(
      `[DEFAULT]\npre_sync = ${mark('PRE')}\npost_sync = ${mark('POST')}\n${two}pre_sync = ${mark('pre2')}\npost_sync = ${mark('post2')}\n`,
    );
    const told = () =>
      textsOf(bench(), 'info')
        .filter((text) => /\/bin\/(echo|true)/.test(text))
        .map((text) => text.replace(/^.*(echo|true) /, ''));
    await bench().act('sync', sync('all'));
    expect(told()).to.deep.equal(['PRE', 'sync#1', 'pre2', 'sync#2', 'post2', 'POST']);
    works.set('sync#2', async () => [{ target: 'node2', ok: false }]);
    const before = told().length;
    await bench().act('sync', sync('all'));
    expect(told().slice(before)).to.deep.equal(['PRE', 'sync#1', 'pre2']);
  });

  it('an abort ends it: nothing more is begun, and the exit says so', async () => {
    begin(two);
    const controller = new AbortController();
    works.set('sync#1', async (at) => {
      controller.abort(new SvcError('CANCELLED', 'by the test'));
      at.signal.throwIfAborted();
      return [];
    });
    expect(await bench().act('sync', sync('update'), controller.signal)).to.deep.include({ exit: 130 });
    expect(calls).to.deep.equal(['update sync#1']);
  });

  it('completes an interrupted one of the same verb, all being an update, and no other', async () => {
    begin(two);
    const cut = (sync: string, more: object = {}) =>
      cutAction(bench().world, 'svc1', `sync ${sync}`, {}, `cut ${sync}`, { verb: 'sync', sync, ...more });
    const left = async () => (await interruptedActions(bench().world, 'svc1')).map(({ verb }) => verb);
    cut('update', { rid: 'sync#1' });
    cut('full');
    await bench().act('sync', sync('update', { rid: 'sync#2' }));
    expect(await left(), 'of another resource').to.deep.equal(['sync update', 'sync full']);
    await bench().act('sync', sync('all'));
    expect(await left()).to.deep.equal(['sync full']);
    await bench().act('stop');
    expect(await left(), 'a stop answers for no copy').to.deep.equal(['sync full']);
  });

  it('progress on a terminal is a line that replaces itself, and none in the log', () => {
    const shown: string[] = [];
    const said: string[] = [];
    let nowMs = 0;
    const tell = createProgress({ say: (text) => void said.push(text), live: (text) => void shown.push(text) }, () => nowMs);
    for (nowMs = 0; nowMs <= 1000; nowMs += 50) tell(nowMs, 2000, 'bytes');
    expect([shown.length, shown.at(-1), said]).to.deep.equal([6, '1.0 kB of 2.0 kB (50 %), 1.0 kB/s, 1.0s left', []]);
  });

  it('progress is told now and then, not at every word', () => {
    const said: string[] = [];
    let nowMs = 0;
    const tell = createProgress({ say: (text) => void said.push(text) }, () => nowMs);
    for (nowMs = 0; nowMs <= 60_000; nowMs += 1000) tell(nowMs, 120_000, 'bytes');
    expect(said).to.deep.equal([
      '5.0 kB of 120 kB (4 %), 1.0 kB/s, 1m55s left',
      '20.0 kB of 120 kB (16 %), 1.0 kB/s, 1m40s left',
      '35.0 kB of 120 kB (29 %), 1.0 kB/s, 1m25s left',
      '50.0 kB of 120 kB (41 %), 1.0 kB/s, 1m10s left',
    ]);
  });
});
