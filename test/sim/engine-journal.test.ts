/** What an action leaves in the journal, and what becomes of actions that were cut. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { lockFile } from '../../agent/engine/service-lock.ts';
import { interruptedActions } from '../../agent/engine/recover.ts';
import { clearInterrupted } from '../../agent/engine/journal-notes.ts';
import { SvcError } from '../../agent/errors.ts';
import { openJournal } from '../../agent/journal/journal.ts';
import { bootId, readStat } from '../../agent/io/process.ts';
import { cutAction } from '../support/cut-action.ts';
import { errorOf, svc, textsOf, useBench } from '../support/engine.ts';

const two = '[fs#1]\ntype = double\n[app#1]\ntype = double\n';

describe('sim: engine: journal', () => {
  const bench = useBench();

  it('begins before the first change, has each command before and after it ran, and ends', async () => {
    const { service, act, journal } = bench();
    service(two);
    const { sid } = await act('start', { reason: 'a test' });
    const own = (await journal()).filter((record) => record.sid === sid);
    const told = own.map((record) => {
      if (record.kind === 'command') return `${record.phase} ${record.rid} ${record.seq}`;
      if (record.kind === 'step') return `step ${record.phase} ${record.rid}`;
      if (record.kind === 'changed') return `changed ${record.rid} from ${record.from}`;
      return record.kind;
    });
    const of = (rid: string, seq: number) => [
      `step begin ${rid}`,
      `changed ${rid} from down`,
      `intent ${rid} ${seq}`,
      `end ${rid} ${seq}`,
      `step end ${rid}`,
    ];
    expect(told).to.deep.equal(['begin', ...of('fs#1', 1), ...of('app#1', 2), 'end']);
    expect(own[0]).to.include({ verb: 'start', reason: 'a test', pid: process.pid, node: 'node1', service: svc });
    expect(own[0]).to.have.nested.property('options.rollback', true);
    expect(own.at(-1)).to.include({ result: 'ok' });
    expect(own.find((record) => record.kind === 'command' && record.phase === 'intent')).to.include({ argv: '/bin/true start fs#1' });
  });

  it('says how an action failed', async () => {
    const { service, act, journal, stage } = bench();
    service(two);
    stage.part('app#1').fails.start = { error: new SvcError('COMMAND', 'it broke') };
    await act('start');
    const records = await journal();
    expect(records.find((record) => record.kind === 'step' && record.phase === 'failed')).to.include({ rid: 'app#1', message: 'it broke' });
    expect(records.find((record) => record.kind === 'end')).to.include({ result: 'failed', code: 'COMMAND', message: 'it broke' });
  });

  it('notes each change of state once', async () => {
    const { service, act, journal, status } = bench();
    service('[fs#1]\ntype = double\n');
    await act('start');
    await status();
    await act('stop');
    const states = (await journal()).flatMap((record) => (record.kind === 'state' ? [`${record.rid} ${record.from} ${record.to}`] : []));
    expect(states).to.deep.equal(['fs#1 n/a up', 'fs#1 up down']);
  });

  it('shows what was interrupted until it is completed by the same verb', async () => {
    const { service, act, status } = bench();
    service(two);
    const journal = openJournal({ folder: bench().world.paths.journal, service: svc });
    cutAction(bench().world, svc, 'start', { 'fs#1': 'down' });
    journal.append({ kind: 'command', phase: 'intent', sid: 'cut-1', rid: 'fs#1', seq: 1, argv: 'mount /dev/loop7 /srv' });
    journal.close();
    const before = await status();
    expect(before.monitor.interrupted).to.include({ verb: 'start', rid: 'fs#1', command: 'mount /dev/loop7 /srv' });
    expect((await act('start')).status?.monitor.interrupted).to.equal(null);
    expect(await interruptedActions(bench().world, svc)).to.deep.equal([]);
  });

  it('keeps what was interrupted through an action that does not answer for it', async () => {
    const { service, act, world } = bench();
    service(`${two}[task#1]\ntype = double\n`);
    const open = async () => (await interruptedActions(world, svc)).map((one) => one.verb);
    cutAction(world, svc, 'start', { 'fs#1': 'down' });
    await act('start', { rid: 'app#1' });
    expect(await open(), 'another part').to.deep.equal(['start']);
    await act('start', { upto: 'fs#1' });
    expect(await open(), 'less of it').to.deep.equal(['start']);
    await act('run');
    expect(await open(), 'tasks').to.deep.equal(['start']);
    await act('start', { dryRun: true });
    expect(await open(), 'a dry-run').to.deep.equal(['start']);
    await act('stop');
    expect(await open(), 'everything is down').to.deep.equal([]);
    cutAction(world, svc, 'provision', {}, 'cut-2');
    await act('start');
    expect(await open(), 'half-made data').to.deep.equal(['provision']);
    await act('provision');
    expect(await open()).to.deep.equal([]);
  });

  it('lets the same part again answer for a part', async () => {
    const { service, act, world } = bench();
    service(two);
    cutAction(world, svc, 'start', {}, 'cut-1', { rid: 'app#1' });
    await act('start', { rid: 'fs#1' });
    expect(await interruptedActions(world, svc)).to.have.length(1);
    await act('start', { rid: 'app#1' });
    expect(await interruptedActions(world, svc)).to.deep.equal([]);
  });

  it('is cleared by a person', async () => {
    const { service, status, world } = bench();
    service(two);
    cutAction(world, svc, 'stop', {});
    clearInterrupted(world, svc, 'cut-1');
    expect((await status()).monitor.interrupted).to.equal(null);
  });

  it('waits for a command that survived its agent, and is BUSY rather than run a second one beside it', async () => {
    const { service, act, world, stage } = bench();
    service(two);
    const survivor = spawn('/bin/sleep', ['600'], { detached: true, stdio: 'ignore', env: { SVCMGR_COMMAND: 'marker-1' } });
    await once(survivor, 'spawn');
    const pid = survivor.pid ?? 0;
    cutAction(world, svc, 'start', { 'fs#1': 'down' });
    const journal = openJournal({ folder: world.paths.journal, service: svc });
    const startTicks = readStat(pid)?.startTicks ?? 0;
    journal.append({
      kind: 'command',
      phase: 'intent',
      sid: 'cut-1',
      rid: 'fs#1',
      seq: 1,
      argv: 'sleep 600',
      pid,
      startTicks,
      boot: bootId(),
      marker: 'marker-1',
    });
    journal.close();
    const busy = await errorOf(act('start', { waitMs: 0 }));
    expect(busy.code).to.equal('BUSY');
    expect(busy.message).to.equal(`a command of an interrupted action still runs (pid ${pid}): sleep 600`);
    expect(stage.events).to.deep.equal([]);
    const waiting = act('start', { waitMs: 15_000 });
    survivor.kill('SIGKILL');
    expect((await waiting).ok).to.equal(true);
  });

  it('refuses a start that could not journal; a stop works, and says where it journals', async () => {
    const { service, act, refusal, stage, world, home } = bench();
    service(two);
    // A file where the folder should be stands for every way in which a disk can refuse.
    writeFileSync(home.path('var', 'journal'), '');
    expect((await refusal('start')).code).to.equal('REFUSED');
    expect(stage.events).to.deep.equal([]);
    stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    const stopped = await act('stop', { waitMs: 0 });
    expect(stopped).to.include({ ok: true });
    expect(textsOf(bench(), 'error').join()).to.include(`this action is journaled in ${world.paths.run}/journal`);
    rmSync(home.path('var', 'journal'));
    expect((await act('start')).ok).to.equal(true);
    expect(
      (await bench().journal()).some((record) => record.kind === 'begin' && record.verb === 'stop'),
      'it came home',
    ).to.equal(true);
  });
});

describe('sim: engine: a damaged journal', () => {
  const bench = useBench();

  it('does not keep a stop from working; a start is refused', async () => {
    const { service, act, stage, status, home } = bench();
    service(two);
    // A folder in the place of a file: it can be neither read nor written.
    mkdirSync(home.path('var', 'journal', svc, '000001.log'), { recursive: true });
    const refused = await errorOf(act('start'));
    expect(refused.message).to.include('000001.log');
    stage.set({ 'fs#1': 'up', 'app#1': 'up' });
    const stopped = await act('stop');
    expect(stopped).to.include({ ok: true, exit: 0 });
    expect(stopped.status?.avail).to.equal('down');
    expect(textsOf(bench(), 'error').join()).to.include('whether an action was interrupted before is not known');
    expect((await status()).avail).to.equal('down');
    rmSync(home.path('var', 'journal', svc, '000001.log'), { recursive: true });
    expect((await act('start')).ok).to.equal(true);
  });
});

describe('sim: engine: lock', () => {
  const bench = useBench();

  /** A start that stands still in app#1 until `letGo`, and a second action that waits for it. */
  async function waitingBehindStart(second: () => Promise<unknown>) {
    const { act, stage } = bench();
    const reached = new Promise<() => void>((resolve) => {
      stage.part('app#1').on = (call) => (call === 'start' ? new Promise<void>((go) => resolve(go)) : undefined);
    });
    const first = act('start');
    const letGo = await reached;
    const waiting = second();
    while (!textsOf(bench(), 'info').some((text) => text.startsWith('waiting for start'))) await setImmediate();
    return { first, letGo, waiting };
  }

  it('an action that has waited acts by the file as it is then', async () => {
    bench().service(two);
    const { first, letGo, waiting } = await waitingBehindStart(() => bench().act('stop'));
    bench().service(`${two}[fs#2]\ntype = double\n`);
    bench().stage.set({ 'fs#2': 'up' });
    letGo();
    await first;
    await waiting;
    expect(bench().stage.events.slice(2)).to.deep.equal(['stop app#1', 'stop fs#2', 'stop fs#1']);
  });

  it('and is refused, changing nothing, when the file is not valid by then', async () => {
    bench().service(two);
    const { first, letGo, waiting } = await waitingBehindStart(() => errorOf(bench().act('restart')));
    bench().service('[fs#1]\ntype = nonsense\n');
    letGo();
    await first;
    expect(await waiting).to.have.property('code', 'CONFIG');
    expect(bench().stage.events).to.deep.equal(['start fs#1', 'start app#1']);
    bench().service(two);
    expect((await bench().act('stop')).ok, 'the lock is free').to.equal(true);
  });

  it('is BUSY for a second action, and says who, what and since when', async () => {
    const { service, act, stage, status } = bench();
    service(two);
    const reached = new Promise<() => void>((resolve) => {
      stage.part('app#1').on = (call) => (call === 'start' ? new Promise<void>((go) => resolve(go)) : undefined);
    });
    const first = act('start');
    const letGo = await reached;
    const busy = await errorOf(act('stop', { waitMs: 0 }));
    expect(busy.code).to.equal('BUSY');
    expect(busy.message).to.match(/^svc1: start of .* \(pid \d+\) holds it since 2026-11-21T/);
    expect((await status()).monitor).to.include({ state: 'starting', action: 'start', interrupted: null });
    letGo();
    expect((await first).ok).to.equal(true);
    expect((await status()).monitor).to.include({ state: 'idle', action: null });
  });

  it('lets a second action wait for the first', async () => {
    const { service, act, stage } = bench();
    service(two);
    const both = await Promise.all([act('start'), act('stop')]);
    expect(both.map((result) => result.ok)).to.deep.equal([true, true]);
    const verbs = stage.events.map((event) => event.split(' ')[0]).join(' ');
    expect(verbs).to.be.oneOf(['start start stop stop', 'stop stop start start']);
  });

  it('that is lost ends the action without a rollback: another one may be at work', async () => {
    const { service, act, stage, world } = bench();
    service(two);
    stage.part('app#1').hangs.start = 'until abort';
    stage.part('app#1').on = (call) => {
      if (call === 'start') rmSync(lockFile(world.paths.run, svc));
    };
    const result = await act('start');
    expect(result).to.deep.include({ ok: false, exit: 1, notRolledBack: ['app#1', 'fs#1'] });
    expect(result.error?.code).to.equal('BUSY');
    expect(stage.events).to.deep.equal(['start fs#1', 'start app#1']);
  });
});
