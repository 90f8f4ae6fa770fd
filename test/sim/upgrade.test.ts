/** State and journal of another version: an older one is gone on with, what a newer one adds is left alone, what it cut is not guessed. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { clearInterrupted } from '../../agent/engine/journal-notes.ts';
import { isFrozen, readKept } from '../../agent/engine/kept-state.ts';
import { recallRun } from '../../agent/engine/last-run.ts';
import { interruptedActions } from '../../agent/engine/recover.ts';
import { readTally } from '../../agent/engine/tally.ts';
import { readWatches } from '../../agent/engine/watch-store.ts';
import { readWishes } from '../../agent/engine/wishes.ts';
import { checksum } from '../../agent/journal/record.ts';
import { svc, textsOf, useBench } from '../support/engine.ts';

const file =
  '[DEFAULT]\nnodes = node1\n[fs#1]\ntype = double\n[app#1]\ntype = double\nmonitor = true\nrestart = 3\n[task#1]\ntype = double\n';
const boot = '643d360d-674f-4d26-a889-423a774974e1';

describe('sim: state of another version', () => {
  const bench = useBench();
  const place = (...parts: string[]): string => bench().home.path('var', ...parts);

  /** @param change the text of a file before it is put there */
  function install(change: (name: string, text: string) => string = (_name, text) => text): void {
    const all = readFileSync(path.join(import.meta.dirname, 'fixtures/state-0.1.0.txt'), 'utf8');
    for (const [, name = '', text = ''] of all.matchAll(/^==> (\S+) <==\n([\s\S]*?)(?=^==> |$(?![\s\S]))/gm)) {
      mkdirSync(path.dirname(place(name)), { recursive: true });
      writeFileSync(place(name), change(name, text));
    }
  }

  const journal = () => place('journal', svc, '000001.log');
  const line = (record: object): string => `${checksum(JSON.stringify(record))} ${JSON.stringify(record)}\n`;
  const append = (...records: readonly object[]): void => writeFileSync(journal(), records.map(line).join(''), { flag: 'a' });

  async function expectGoneOn(): Promise<void> {
    const { world } = bench();
    bench().service(file);
    bench().stage.set({ 'fs#1': 'up', 'app#1': 'down' });
    const status = await bench().status();
    expect(status.monitor.interrupted).to.include({ verb: 'start', since: new Date(1_795_660_045_029).toISOString() });
    expect(status.frozen).to.equal(true);
    expect(status.resources['fs#1']?.since).to.equal('2026-11-21T12:29:15.123Z');
    expect(await isFrozen(world, svc)).to.equal(true);
    expect((await readKept(world, svc)).expected).to.equal('up');
    const { service, rids } = await readWishes(world, svc);
    expect([service?.wish, rids['app#1']?.wish]).to.deep.equal(['up', 'down']);
    expect((await readWatches(world, svc, boot))['app#1']).to.deep.include({ armed: true, attempts: 1 });
    expect(await recallRun(world, svc, 'task#1')).to.deep.equal({ atMs: Date.parse('2026-11-21T12:29:15.123Z'), result: undefined });
    expect((await readTally(world, svc)).actions['start']?.results).to.deep.equal({ ok: 2 });
    expect((await bench().journal()).filter(({ kind }) => kind === 'begin')).to.have.lengthOf(5);
    const started = await bench().act('start');
    expect([started.ok, (await bench().status()).monitor.interrupted]).to.deep.equal([true, null]);
    expect((await readTally(world, svc)).actions['start']?.results).to.deep.equal({ ok: 3 });
  }

  it('of the first version is gone on with: interrupted, frozen, wished, remembered, counted', async () => {
    install();
    await expectGoneOn();
  });

  it('with fields that this version does not know is read all the same', async () => {
    install((name, text) => {
      if (name.endsWith('.json')) return JSON.stringify({ ...(JSON.parse(text) as object), later: { v: 9 } });
      if (!name.endsWith('.log')) return text;
      const records = text
        .trimEnd()
        .split('\n')
        .map((one) => JSON.parse(one.slice(9)) as object);
      return records.map((record) => line({ ...record, later: 'unknown' })).join('');
    });
    await expectGoneOn();
  });

  describe('an action that a newer version journaled', () => {
    const begin = { kind: 'begin', v: 2, at: 1_800_000_000_000, sid: 'newer-1', verb: 'start', told: { differently: true } };
    beforeEach('a service of this version', async () => {
      bench().service(file);
      expect((await bench().act('start')).ok).to.equal(true);
      bench().stage.events.splice(0);
    });

    it('and ended is nothing to us', async () => {
      append(
        begin,
        { kind: 'changed', v: 2, sid: 'newer-1', at: begin.at },
        { kind: 'end', v: 2, at: begin.at, sid: 'newer-1', result: 'splendid' },
      );
      expect(await interruptedActions(bench().world, svc)).to.deep.equal([]);
      expect((await bench().act('stop')).ok).to.equal(true);
    });

    it('and that was cut is told, not completed; a stop works; a person may accept how things are', async () => {
      append(begin);
      expect((await bench().status()).monitor.interrupted).to.include({ verb: 'start', rid: null });
      const refused = await bench().refusal('start');
      expect([refused.code, refused.message]).to.deep.equal([
        'REFUSED',
        'start of 2027-01-15T08:00:00.000Z was interrupted under a newer svcmgr',
      ]);
      expect(refused.hint).to.match(/svcmgr -s svc1 clear/);
      expect(bench().stage.events).to.deep.equal([]);
      expect((await bench().act('stop')).ok).to.equal(true);
      expect(textsOf(bench(), 'error').join()).to.match(/interrupted under a newer svcmgr/);
      expect(await interruptedActions(bench().world, svc), 'a stop of ours does not answer for it').to.have.lengthOf(1);
      clearInterrupted(bench().world, svc, 'newer-1');
      expect((await bench().act('start')).ok).to.equal(true);
    });
  });
});
