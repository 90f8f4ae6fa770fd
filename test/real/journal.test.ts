import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { currentProcess } from '../../agent/io/process.ts';
import { interrupted, recallAll, runningActions } from '../../agent/journal/actions.ts';
import { openJournal } from '../../agent/journal/journal.ts';
import { type Damage, type ReadOptions, readRecords } from '../../agent/journal/read.ts';
import type { JournalEntry, JournalRecord } from '../../agent/journal/record.ts';
import { must } from '../support/command.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { eventually, startAgent } from './io-agent.ts';

const service = 'svc1';

function begin(sid: string, verb = 'start'): JournalEntry {
  return { kind: 'begin', sid, service, verb, options: {}, node: 'n1', who: { user: 'root' }, ...currentProcess() };
}

function note(text: string): JournalEntry {
  return { kind: 'note', level: 'info', text };
}

async function readAll(options: ReadOptions): Promise<readonly JournalRecord[]> {
  const records: JournalRecord[] = [];
  for await (const record of readRecords(options)) records.push(record);
  return records;
}

function texts(records: readonly JournalRecord[]): readonly string[] {
  return records.flatMap((record) => (record.kind === 'note' ? [record.text] : []));
}

describe('journal', () => {
  const home = useHome();
  const folder = () => home().path('var', 'journal');

  it('makes nothing before the first record, and reads back what was written', async () => {
    const journal = openJournal({ folder: folder(), service });
    expect(existsSync(folder())).to.equal(false);
    expect(await readAll({ folder: folder() })).to.deep.equal([]);
    journal.append(begin('a'));
    journal.appendLazy({ kind: 'state', rid: 'fs#1', from: 'down', to: 'up' });
    journal.close();
    const records = await readAll({ folder: folder(), service });
    expect(records.map(({ kind }) => kind)).to.deep.equal(['begin', 'state']);
    expect(runningActions(records).map(({ sid }) => sid)).to.deep.equal(['a']);
    expect(statSync(`${folder()}/svc1/000001.log`).mode & 0o007).to.equal(0);
  });

  it('refuses a service name that leaves its folder', () => {
    for (const name of ['', '.', '..', 'a/b', '../x']) expect(() => openJournal({ folder: folder(), service: name })).to.throw(SvcError);
  });

  it('merges services by time and keeps the order of each, also when the clock goes back', async () => {
    const times = [100, 50, 200];
    const one = openJournal({ folder: folder(), service: 'one', now: () => times.shift() ?? 0 });
    for (const text of ['a', 'b', 'c']) one.append(note(text));
    const two = openJournal({ folder: folder(), service: 'two', now: () => 120 });
    two.append(note('x'));
    expect(texts(await readAll({ folder: folder() }))).to.deep.equal(['a', 'b', 'x', 'c']);
    expect(texts(await readAll({ folder: folder(), since: 110 }))).to.deep.equal(['x', 'c']);
    expect(texts(await readAll({ folder: folder(), service: 'two' }))).to.deep.equal(['x']);
    one.close();
    two.close();
  });

  it('goes on after a tail torn at every byte of the last record', async () => {
    const journal = openJournal({ folder: folder(), service });
    journal.append(note('first'));
    const start = statSync(`${folder()}/svc1/000001.log`).size;
    journal.append(note('torn'));
    journal.close();
    const file = `${folder()}/svc1/000001.log`;
    const whole = readFileSync(file);
    for (let length = start; length < whole.length; length += 1) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      const later = openJournal({ folder: folder(), service });
      later.append(note('after'));
      later.close();
      const damages: Damage[] = [];
      const records = await readAll({ folder: folder(), service, onDamage: (damage) => damages.push(damage) });
      const isWhole = length === whole.length - 1;
      expect(texts(records)).to.deep.equal(isWhole ? ['first', 'torn', 'after'] : ['first', 'after']);
      expect(damages).to.deep.equal(length === start || isWhole ? [] : [{ path: file, badLines: 1 }]);
    }
  });

  it('goes on after garbage and blocks of NULs, as a crash of the machine leaves them', async () => {
    const journal = openJournal({ folder: folder(), service });
    journal.append(note('a'));
    appendFileSync(`${folder()}/svc1/000001.log`, Buffer.alloc(4096));
    journal.append(note('b'));
    appendFileSync(`${folder()}/svc1/000001.log`, Buffer.from([0xff, 0x0a, 0xfe]));
    journal.append(note('c'));
    journal.close();
    const damages: Damage[] = [];
    expect(texts(await readAll({ folder: folder(), onDamage: (damage) => damages.push(damage) }))).to.deep.equal(['a', 'b', 'c']);
    expect(damages.map(({ badLines }) => badLines)).to.deep.equal([3]);
  });

  it('goes on in a new file when its folder was removed under its feet', async () => {
    const journal = openJournal({ folder: folder(), service });
    journal.append(note('lost'));
    rmSync(folder(), { recursive: true });
    journal.append(note('kept'));
    journal.close();
    expect(texts(await readAll({ folder: folder() }))).to.deep.equal(['kept']);
  });
});

describe('journal: rotation', () => {
  const home = useHome();
  const folder = () => home().path('var', 'journal');
  const small = { maxFileBytes: 2000, keepFiles: 3 };
  const files = () => readdirSync(`${folder()}/svc1`).filter((name) => name.endsWith('.log'));

  function fill(count: number): void {
    const journal = openJournal({ folder: folder(), service, ...small });
    for (let index = 0; index < count; index += 1) journal.append(note(`${index} ${'x'.repeat(200)}`));
    journal.close();
  }

  it('is bounded and keeps the newest', async () => {
    fill(100);
    expect(files().length).to.equal(3);
    const kept = texts(await readAll({ folder: folder() })).map((text) => Number(text.split(' ')[0]));
    expect(kept.at(-1)).to.equal(99);
    expect(kept).to.deep.equal(Array.from({ length: kept.length }, (_, index) => 100 - kept.length + index));
  });

  it('keeps an action without an end, what is remembered and the last states, for ever and once', async () => {
    const journal = openJournal({ folder: folder(), service, ...small });
    const dead = { ...currentProcess(), startTicks: 1 };
    journal.append({ ...begin('cut'), ...dead });
    journal.append({ kind: 'step', sid: 'cut', rid: 'fs#1', name: 'start', phase: 'begin' });
    journal.append({ kind: 'changed', sid: 'cut', rid: 'fs#1', from: 'down' });
    journal.append({ kind: 'command', phase: 'intent', sid: 'cut', rid: 'fs#1', seq: 1, argv: 'mount', ...dead, marker: 'm' });
    journal.append({ kind: 'remember', rid: 'fs#1', key: 'device', value: '/dev/loop7' });
    journal.append({ kind: 'state', rid: 'fs#1', from: 'down', to: 'up' });
    journal.append(begin('done'));
    journal.append({ kind: 'end', sid: 'done', result: 'ok', durationMs: 1 });
    for (let round = 0; round < 5; round += 1) {
      fill(60);
      const records = await readAll({ folder: folder() });
      const [action, ...others] = interrupted(records);
      expect(others).to.deep.equal([]);
      expect(action).to.deep.include({ sid: 'cut', rid: 'fs#1', step: 'start', changed: [{ rid: 'fs#1', from: 'down' }] });
      expect(action?.openCommands).to.have.lengthOf(1);
      expect(recallAll(records).get('fs#1')?.get('device')).to.equal('/dev/loop7');
      const count = (kind: string) => records.filter((record) => record.kind === kind).length;
      expect([count('begin'), count('state'), count('remember'), count('end')]).to.deep.equal([1, 1, 1, 0]);
      expect(records[0]?.kind).to.equal('begin');
    }
    journal.append({ kind: 'clear', sid: 'cut', by: 'alice' });
    journal.close();
    expect(interrupted(await readAll({ folder: folder() }))).to.deep.equal([]);
    fill(60);
    expect((await readAll({ folder: folder() })).some((record) => record.kind === 'begin')).to.equal(false);
  });

  it('shows a record once when a rotation died between copying and removing', async () => {
    const journal = openJournal({ folder: folder(), service, ...small });
    journal.append(begin('cut'));
    journal.close();
    const oldest = readFileSync(`${folder()}/svc1/000001.log`);
    fill(60);
    writeFileSync(`${folder()}/svc1/000001.log`, oldest);
    const begins = (await readAll({ folder: folder() })).filter((record) => record.kind === 'begin');
    expect(begins).to.have.lengthOf(1);
    fill(60);
    expect(files()).not.to.include('000001.log');
    expect(runningActions(await readAll({ folder: folder() })).map(({ sid }) => sid)).to.deep.equal(['cut']);
  });
});

describe('journal: several processes, some killed', () => {
  const home = useHome();
  const folder = () => home().path('var', 'journal');

  async function appendAndKill(maxFileBytes: number): Promise<ReadonlyMap<string, number>> {
    const agents = Array.from({ length: 4 }, () => startAgent('append', folder(), String(maxFileBytes)));
    const last = new Map<string, number>();
    for (const [index, agent] of agents.entries()) {
      await eventually(() => existsSync(`${folder()}/svc1`));
      for (let line = 0; line < 150 + index * 37; line += 1) await agent.next();
      process.kill(agent.pid, 'SIGKILL');
      last.set(`s${agent.pid}`, Number((await agent.rest()).at(-1) ?? 0));
    }
    return last;
  }

  it('loses no record whose append had returned, and mixes none up', async function () {
    this.timeout(60_000);
    const last = await appendAndKill(1_000_000_000);
    const seen = new Map<string, number[]>();
    const damages: Damage[] = [];
    for (const record of await readAll({ folder: folder(), onDamage: (damage) => damages.push(damage) })) {
      if (record.kind === 'command') seen.set(record.sid, [...(seen.get(record.sid) ?? []), record.seq]);
    }
    expect(damages.length).to.be.at.most(1);
    for (const [sid, seq] of last) {
      const seqs = seen.get(sid) ?? [];
      expect(seqs).to.deep.equal(Array.from({ length: seqs.length }, (_, index) => index));
      expect(seqs.length).to.be.greaterThan(seq);
    }
  });

  it('stays bounded and readable while all of them rotate', async function () {
    this.timeout(60_000);
    await appendAndKill(20_000);
    const names = readdirSync(`${folder()}/svc1`).filter((name) => name.endsWith('.log'));
    expect(names.length).to.be.at.most(9);
    const damages: Damage[] = [];
    const records = await readAll({ folder: folder(), onDamage: (damage) => damages.push(damage) });
    expect(records.length).to.be.greaterThan(50);
    expect(damages.reduce((sum, { badLines }) => sum + badLines, 0)).to.be.at.most(4);
  });
});

describeUnless(missing({ root: true, tools: ['mount'] }), 'journal: on a full disk', () => {
  const home = useHome();
  let disk: string;
  const runFolder = () => home().path('run', 'journal');

  beforeEach(() => {
    disk = `${home().folder}/disk`;
    mkdirSync(disk);
    must('mount', '-t', 'tmpfs', '-o', 'size=256k', 'svt', disk);
  });

  function fillDisk(): void {
    try {
      for (;;) appendFileSync(`${disk}/fill`, Buffer.alloc(4096));
    } catch {
      // full now
    }
  }

  function errorOf(work: () => void): SvcError {
    try {
      work();
    } catch (error) {
      expect(error).to.be.instanceOf(SvcError);
      return error as SvcError;
    }
    throw new Error('no error');
  }

  it('refuses to begin, and says that nothing was done because of the disk', () => {
    fillDisk();
    const journal = openJournal({ folder: disk, service });
    const error = errorOf(() => journal.append(begin('a')));
    expect(error.code).to.equal('REFUSED');
    expect(error.facts).to.include({ journal: true, diskFull: true, errno: 'ENOSPC' });
    expect(journal.appendLazy(note('x'))).to.equal(false);
    journal.close();
  });

  it('still tells how an action ended whose disk filled up meanwhile', async () => {
    const journal = openJournal({ folder: disk, service });
    journal.append(begin('a'));
    fillDisk();
    for (let seq = 0; seq < 8; seq += 1) journal.append(note(`${seq} ${'x'.repeat(1000)}`));
    journal.append({ kind: 'end', sid: 'a', result: 'failed', durationMs: 1 });
    const kinds = (await readAll({ folder: disk })).map(({ kind }) => kind);
    expect([kinds.length, kinds.at(-1)]).to.deep.equal([10, 'end']);
    const error = errorOf(() => {
      for (;;) journal.append(note('x'.repeat(2000)));
    });
    expect([error.code, error.facts['diskFull']]).to.deep.equal(['COMMAND', true]);
    journal.close();
  });

  it('reads past a record that only half fitted, and goes on after it when there is room again', async () => {
    const journal = openJournal({ folder: disk, service });
    journal.append(begin('a'));
    fillDisk();
    errorOf(() => {
      for (;;) journal.append(note('x'.repeat(2000)));
    });
    rmSync(`${disk}/fill`);
    journal.append(note('room again'));
    journal.close();
    const damages: Damage[] = [];
    const records = await readAll({ folder: disk, onDamage: (damage) => damages.push(damage) });
    expect(texts(records).at(-1)).to.equal('room again');
    expect(damages.reduce((sum, { badLines }) => sum + badLines, 0)).to.be.at.most(2);
  });

  it('goes to the run folder for a stop, loudly and once, and comes home when there is room', async () => {
    fillDisk();
    const told: string[] = [];
    const options = { folder: disk, service, fallbackFolder: runFolder() };
    const journal = openJournal({ ...options, onFallback: (error, folder) => told.push(`${error.code} ${folder}`) });
    expect(journal.fallback()).to.equal(undefined);
    journal.append(begin('a', 'stop'));
    journal.append({ kind: 'end', sid: 'a', result: 'ok', durationMs: 1 });
    journal.close();
    expect(told).to.deep.equal([`REFUSED ${runFolder()}/svc1`]);
    expect(journal.fallback()).to.equal(`${runFolder()}/svc1`);
    const kinds = async () => (await readAll({ folder: disk, fallbackFolder: runFolder() })).map(({ kind }) => kind);
    expect(await kinds()).to.deep.equal(['begin', 'end']);
    rmSync(`${disk}/fill`);
    const later = openJournal(options);
    later.append(begin('b'));
    later.close();
    expect(await kinds()).to.deep.equal(['begin', 'end', 'begin']);
    expect(readdirSync(`${runFolder()}/svc1`)).to.deep.equal([]);
    expect((await readAll({ folder: disk })).length).to.equal(3);
  });

  it('says so when even the run folder cannot be written', () => {
    fillDisk();
    const journal = openJournal({ folder: disk, service, fallbackFolder: `${disk}/run` });
    expect(errorOf(() => journal.append(begin('a'))).facts).to.include({ journal: true, diskFull: true });
    journal.close();
  });

  it('treats a disk that became read-only alike, without calling it full', () => {
    const journal = openJournal({ folder: disk, service });
    journal.append(begin('a'));
    journal.close();
    must('mount', '-o', 'remount,ro', disk);
    const error = errorOf(() => openJournal({ folder: disk, service }).append(begin('b')));
    expect(error.code).to.equal('REFUSED');
    expect(error.facts).to.include({ journal: true, diskFull: false, errno: 'EROFS' });
    const stop = openJournal({ folder: disk, service, fallbackFolder: runFolder() });
    stop.append(begin('c', 'stop'));
    expect(stop.fallback()).to.equal(`${runFolder()}/svc1`);
    stop.close();
  });
});
