import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { acquireLock, type LockOptions, type LockOwner, readOwner } from '../../agent/io/lock.ts';
import { currentProcess } from '../../agent/io/process.ts';
import { tryTo } from '../support/command.ts';
import { useHome } from '../support/home.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { eventually, startAgent } from './io-agent.ts';

const since = '2026-11-21T12:29:15.123Z';

function owner(): LockOwner {
  return { ...currentProcess(), who: 'alice as root', action: 'start', service: 'svc1', sid: 's1', since };
}

async function failure(path: string, options: LockOptions): Promise<SvcError> {
  const thrown = await acquireLock(path, owner(), options).catch((error: unknown) => error);
  expect(thrown).to.be.instanceOf(SvcError);
  return thrown as SvcError;
}

describe('lock', () => {
  const home = useHome();

  it('is held by one at a time, and says who, what and since when', async () => {
    const path = home().path('run', 'svc1.lock');
    const lock = await acquireLock(path, owner(), { waitMs: 0 });
    const error = await failure(path, { waitMs: 0 });
    expect(error.code).to.equal('BUSY');
    expect(error.message).to.equal(`svc1: start of alice as root (pid ${process.pid}) holds it since ${since}`);
    expect(error.facts['owner']).to.deep.equal(owner());
    lock.release();
    (await acquireLock(path, owner(), { waitMs: 0 })).release();
  });

  it('waits in the queue, says so once, and gets it when the other lets go', async () => {
    const path = home().path('run', 'svc1.lock');
    const lock = await acquireLock(path, owner(), { waitMs: 0 });
    const told: (string | undefined)[] = [];
    const waiting = acquireLock(path, owner(), { waitMs: 60_000, onWait: (other) => told.push(other?.who) });
    await eventually(() => told.length > 0);
    lock.release();
    (await waiting).release();
    expect(told).to.deep.equal(['alice as root']);
  });

  it('gives up after the wait, or at once when cancelled', async () => {
    const path = home().path('run', 'svc1.lock');
    const lock = await acquireLock(path, owner(), { waitMs: 0 });
    expect((await failure(path, { waitMs: 50 })).code).to.equal('BUSY');
    const stop = new AbortController();
    const waiting = failure(path, { waitMs: 60_000, signal: stop.signal, onWait: () => setTimeout(() => stop.abort(), 20) });
    expect((await waiting).code).to.equal('CANCELLED');
    lock.release();
    (await acquireLock(path, owner(), { waitMs: 0 })).release();
  });

  it('is free the moment its holder is killed; its text is known to be stale', async () => {
    const path = home().path('run', 'svc1.lock');
    const agent = startAgent('hold', path);
    await agent.next();
    expect((await failure(path, { waitMs: 0 })).facts['owner']).to.include({ pid: agent.pid });
    expect(readOwner(path)?.live).to.equal(true);
    await agent.killGroup();
    expect(readOwner(path)).to.deep.include({ live: false });
    (await acquireLock(path, owner(), { waitMs: 0 })).release();
    expect(readOwner(path)).to.equal(undefined);
  });

  it('is not passed on to commands that run meanwhile', async () => {
    const path = home().path('run', 'svc1.lock');
    const lock = await acquireLock(path, owner(), { waitMs: 0 });
    const { run } = await import('../../agent/io/exec.ts');
    const { stdout } = await run(['sh', '-c', 'sleep 600 >/dev/null 2>&1 & echo $!'], { leaves: true });
    lock.release();
    (await acquireLock(path, owner(), { waitMs: 0 })).release();
    process.kill(Number(stdout), 'SIGKILL');
  });

  it('does not count when its file was replaced, and tells its holder', async () => {
    const path = home().path('run', 'svc1.lock');
    const lock = await acquireLock(path, owner(), { waitMs: 0 });
    rmSync(path);
    const other = await acquireLock(path, owner(), { waitMs: 0 });
    await eventually(() => lock.lost.aborted);
    expect(other.lost.aborted).to.equal(false);
    lock.release();
    other.release();
  });

  it('reads nobody from garbage, and takes the lock all the same', async () => {
    const path = home().path('run', 'svc1.lock');
    for (const text of ['', '{"pid":1', '\0\0\0', 'x'.repeat(100_000)]) {
      writeFileSync(path, text);
      expect(readOwner(path)).to.equal(undefined);
    }
    (await acquireLock(path, owner(), { waitMs: 0 })).release();
    expect(readOwner(`${path}.none`)).to.equal(undefined);
  });

  it('says what is wrong with its place', async () => {
    mkdirSync(home().path('run', 'folder'));
    const error = await failure(home().path('run', 'folder'), { waitMs: 0 });
    expect([error.code, error.facts['errno']]).to.deep.equal(['COMMAND', 'EISDIR']);
  });

  it('never has two holders among many processes, some of them killed at any moment', async function () {
    this.timeout(60_000);
    const path = home().path('run', 'svc1.lock');
    const agents = Array.from({ length: 8 }, () => startAgent('lock', path, home().folder, '25'));
    for (const agent of agents.slice(0, 3)) {
      await eventually(() => existsSync(home().path('inside')));
      await delay(7);
      process.kill(agent.pid, 'SIGKILL');
    }
    const said = await Promise.all(agents.slice(3).map((agent) => agent.rest()));
    expect(said).to.deep.equal(Array.from({ length: 5 }, () => ['"done"']));
    expect(existsSync(home().path('violations'))).to.equal(false);
  });
});

describeUnless(missing({ root: true, tools: ['mount'] }), 'lock: on a full disk', () => {
  const home = useHome();

  it('is held although the text about its holder cannot be written', async () => {
    const folder = home().path('full', 'x').slice(0, -2);
    expect(tryTo('mount', '-t', 'tmpfs', '-o', 'size=64k', 'svt', folder)).to.equal(true);
    writeFileSync(`${folder}/svc1.lock`, '');
    try {
      writeFileSync(`${folder}/fill`, Buffer.alloc(1_000_000));
    } catch {
      // full now
    }
    const lock = await acquireLock(`${folder}/svc1.lock`, owner(), { waitMs: 0 });
    expect(statSync(`${folder}/svc1.lock`).size).to.equal(0);
    const error = await failure(`${folder}/svc1.lock`, { waitMs: 0 });
    expect(error.code).to.equal('BUSY');
    expect(error.message).to.include('another process');
    lock.release();
    expect(readFileSync(`${folder}/svc1.lock`, 'utf8')).to.equal('');
  });
});
