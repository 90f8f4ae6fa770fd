import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { SvcError } from '../../agent/errors.ts';
import { type ExecResult, run } from '../../agent/io/exec.ts';
import { groupMembers } from '../../agent/io/process.ts';
import { useHome } from '../support/home.ts';
import { program } from '../support/programs.ts';
import { describeUnless, missing } from '../support/skip.ts';
import { eventually, isRunning, startAgent } from './io-agent.ts';

async function errorOf(work: Promise<unknown>): Promise<SvcError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(thrown).to.be.instanceOf(SvcError);
  return thrown as SvcError;
}

function pidsIn(text: string): readonly number[] {
  return text.trim().split(/\s+/).map(Number);
}

describe('run: results', () => {
  const home = useHome();

  it('takes a limit of a month for a month', async () => {
    expect((await run(['sleep', '0.05'], { timeoutMs: 31 * 24 * 3_600_000 })).exitCode).to.equal(0);
  });

  it('returns exit code and both streams; a failure is no exception', async () => {
    const result = await run(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(result).to.include({ exitCode: 3, stdout: 'out\n', stderr: 'err\n', truncated: false });
  });

  it('tells the signal that ended the command, with the exit code of a shell', async () => {
    expect(await run(['sh', '-c', 'kill -SEGV $$'])).to.include({ exitCode: 139, signal: 'SIGSEGV' });
  });

  it('feeds text and streams, and a command that does not read them is no error', async () => {
    expect((await run(['cat'], { input: 'hello' })).stdout).to.equal('hello');
    expect((await run(['wc', '-c'], { input: Readable.from([Buffer.alloc(300_000), Buffer.alloc(7)]) })).stdout.trim()).to.equal('300007');
    expect(await run(['true'], { input: 'x'.repeat(2_000_000) })).to.include({ exitCode: 0 });
  });

  it('fails when the input breaks off', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('cable'));
      },
    });
    expect((await errorOf(run(['cat'], { input: broken }))).code).to.equal('COMMAND');
  });

  it('gives a fixed environment and an empty standard input', async () => {
    const text = (await run(['sh', '-c', 'env; cat'], { env: { EXTRA: '1' } })).stdout;
    const names = text.split('\n').flatMap((line) => line.split('=')[0] || []);
    expect(names.sort()).to.deep.equal(['EXTRA', 'HOME', 'LC_ALL', 'PATH', 'PWD', 'SVCMGR_COMMAND']);
  });

  it('keeps the head of stdout and the tail of stderr', async () => {
    const script = 'i=0; while [ $i -lt 2000 ]; do echo line $i; echo line $i >&2; i=$((i+1)); done';
    const result = await run(['sh', '-c', script], { maxBytes: 100 });
    expect(result.truncated).to.equal(true);
    expect(result.stdout)
      .to.match(/^line 0\nline 1\n/)
      .and.have.lengthOf(100);
    expect(result.stderr)
      .to.match(/line 1999\n$/)
      .and.have.lengthOf(100);
  });

  it('hands out lines while the command runs', async () => {
    const lines: string[] = [];
    await run(['sh', '-c', 'echo a; echo b >&2; printf c'], { onLine: (stream, line) => lines.push(`${stream} ${line}`) });
    expect(lines.sort()).to.deep.equal(['stderr b', 'stdout a', 'stdout c']);
  });

  it('appends to a file when asked, and returns what was appended', async () => {
    const outputFile = home().path('log', 'app.out');
    writeFileSync(outputFile, 'before\n');
    const result = await run(['sh', '-c', 'echo one; echo two >>/dev/stderr'], { outputFile });
    expect(result.stdout).to.equal('one\ntwo\n');
    expect(readFileSync(outputFile, 'utf8')).to.equal('before\none\ntwo\n');
  });
});

describe('run: what cannot start', () => {
  const home = useHome();

  for (const gated of [false, true]) {
    const options = gated ? { beforeExec: () => undefined } : {};
    const how = gated ? 'behind the gate' : 'directly';

    it(`says that a program is not installed, ${how}`, async () => {
      const error = await errorOf(run(['no-such-tool', '-x'], options));
      expect(error.code).to.equal('UNSUPPORTED');
      expect(error.message).to.equal('no-such-tool is not installed');
    });

    it(`says that a file is not executable, ${how}`, async () => {
      const file = home().path('script');
      writeFileSync(file, '#!/bin/sh\n');
      expect((await errorOf(run([file], options))).code).to.equal('COMMAND');
    });

    it(`says that an interpreter is not installed, ${how}`, async () => {
      const file = home().path('script');
      writeFileSync(file, '#!/opt/none/perl -w\n');
      chmodSync(file, 0o755);
      const error = await errorOf(run([file], options));
      expect(error.code).to.equal('UNSUPPORTED');
      expect(error.message).to.include('/opt/none/perl');
    });

    it(`returns 127 of a program that itself says 127, ${how}`, async () => {
      expect((await run(['sh', '-c', 'exit 127'], options)).exitCode).to.equal(127);
    });
  }

  it('says that the folder or the account does not exist', async () => {
    expect((await errorOf(run(['true'], { cwd: home().path('none', 'x') }))).message).to.include('no such folder');
    const error = await errorOf(run(['true'], { user: 'no-such-user' }));
    expect([error.code, error.message]).to.deep.equal(['CONFIG', 'no user no-such-user on this node']);
    expect((await errorOf(run(['true'], { group: 'no-such-group' }))).code).to.equal('CONFIG');
  });
});

describeUnless(missing({ root: true, tools: ['setpriv'] }), 'run: as another account', () => {
  const home = useHome();
  for (const dieWithParent of [false, true]) {
    it(`has that account's ids, groups and home${dieWithParent ? ', with a parent-death signal' : ''}`, async () => {
      const { stdout } = await run(['sh', '-c', 'id -u; id -g; id -G; echo $USER'], { user: 'nobody', dieWithParent });
      const [uid, gid, groups, user] = stdout.split('\n');
      expect([uid, gid, groups, user]).to.deep.equal(['65534', '65534', '65534', 'nobody']);
    });

    it(`lets it write to its own standard error by name${dieWithParent ? ', with a parent-death signal' : ''}`, async () => {
      const options = { user: 'nobody', dieWithParent, leaves: true, outputFile: home().path('log', 'x') };
      expect((await run(['sh', '-c', 'echo a >>/dev/stderr'], options)).stdout).to.equal('a\n');
      const { outputFile: _, ...nameless } = options;
      expect((await run(['sh', '-c', 'echo a >>/dev/stderr'], nameless)).stderr).to.equal('a\n');
    });
  }
});

describe('run: its end', () => {
  const home = useHome();

  it('does not wait for a daemon that keeps the pipes, and leaves it alone when it may stay', async () => {
    const { stdout } = await run(['sh', '-c', 'sleep 600 & echo $!'], { leaves: true });
    const [daemon = 0] = pidsIn(stdout);
    expect(isRunning(daemon)).to.equal(true);
    process.kill(daemon, 'SIGKILL');
  });

  it('does not break the output of a daemon that may stay', async () => {
    const script = '(while [ ! -e $1 ]; do sleep 0.01; done; echo late; echo alive >$2) & echo early; echo err >/dev/stderr';
    const [go, proof] = [home().path('go'), home().path('proof')];
    const lines: string[] = [];
    const onLine = (stream: string, line: string): void => void lines.push(`${stream} ${line}`);
    const result = await run(['sh', '-c', script, 'sh', go, proof], { leaves: true, onLine });
    expect(result).to.include({ stdout: 'early\n', stderr: 'err\n' });
    expect(lines.sort()).to.deep.equal(['stderr err', 'stdout early']);
    writeFileSync(go, '');
    await eventually(() => existsSync(proof));
  });

  it('bounds what a command that may leave a daemon prints', async () => {
    const result = await run(['sh', '-c', 'yes | head -c 40000000; echo the end >&2'], { leaves: true, maxBytes: 1000 });
    expect(result).to.include({ truncated: true, stdout: 'y\n'.repeat(500), stderr: 'the end\n' });
  });

  it('ends what is left behind when nothing may be', async () => {
    const { stdout, pid } = await run(['sh', '-c', 'trap "" TERM; sleep 600 & echo $!'], { graceMs: 50 });
    expect(pidsIn(stdout).filter(isRunning)).to.deep.equal([]);
    expect(groupMembers(pid)).to.deep.equal([]);
  });

  it('ends a program of the test collection that leaves a child', async () => {
    const result: ExecResult = await run([program('leave')], { graceMs: 50 });
    expect(groupMembers(result.pid)).to.deep.equal([]);
  });

  for (const [what, script] of [
    ['that ignores TERM', 'trap "" TERM; echo $$ >$1; while :; do sleep 600; done'],
    ['whose shell dies but whose child ignores TERM', '(trap "" TERM; while :; do sleep 600; done) & echo $$ $! >$1; wait'],
    ['that was stopped', 'echo $$ >$1; kill -STOP $$'],
  ] as const) {
    it(`leaves nothing of a command ${what} after a time-out`, async () => {
      const file = home().path('pids');
      const error = await errorOf(run(['sh', '-c', script, 'sh', file], { timeoutMs: 500, graceMs: 50 }));
      expect(error.code).to.equal('TIMEOUT');
      expect(error.message).to.include('no answer in 0.5 s');
      expect(pidsIn(readFileSync(file, 'utf8')).filter(isRunning)).to.deep.equal([]);
      expect(groupMembers(Number(error.facts['pid']))).to.deep.equal([]);
    });
  }

  it('ends everything when the action is cancelled', async () => {
    const stop = new AbortController();
    const file = home().path('pids');
    const running = errorOf(run(['sh', '-c', 'sleep 600 & echo $$ $! >$1; wait', 'sh', file], { signal: stop.signal }));
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'));
    stop.abort();
    expect((await running).code).to.equal('CANCELLED');
    expect(pidsIn(readFileSync(file, 'utf8')).filter(isRunning)).to.deep.equal([]);
  });

  it('starts nothing when the action is already cancelled', async () => {
    const file = home().path('ran');
    expect((await errorOf(run(['touch', file], { signal: AbortSignal.abort() }))).code).to.equal('CANCELLED');
    expect(existsSync(file)).to.equal(false);
  });

  it('counts work as progress, and silence without work as none', async () => {
    const busy = ['sh', '-c', 'i=0; while [ $i -lt 60 ]; do i=$((i+1)); sleep 0.025; done'] as const;
    expect((await run(busy, { idleTimeoutMs: 1000 })).exitCode).to.equal(0);
    const error = await errorOf(run(['sleep', '600'], { idleTimeoutMs: 120, graceMs: 50 }));
    expect([error.code, error.message]).to.deep.equal(['TIMEOUT', 'sleep 600: no progress in 0.1 s, ended']);
  });
});

describe('run: the gate', () => {
  const home = useHome();

  it('shows the child before the program runs', async () => {
    const file = home().path('ran');
    let seen: unknown;
    const { pid } = await run(['touch', file], {
      beforeExec: async (held) => {
        await delay(20);
        seen = { pid: held.pid, alive: isRunning(held.pid), ran: existsSync(file), hasTime: held.startTicks > 0 };
      },
    });
    expect(seen).to.deep.equal({ pid, alive: true, ran: false, hasTime: true });
    expect(existsSync(file)).to.equal(true);
  });

  it('never runs the program when the record could not be written', async () => {
    const file = home().path('ran');
    const full = new SvcError('COMMAND', 'the journal is full');
    let pid = 0;
    const refuse = (held: { pid: number }): void => {
      pid = held.pid;
      throw full;
    };
    expect(await errorOf(run(['touch', file], { beforeExec: refuse }))).to.equal(full);
    expect([isRunning(pid), existsSync(file)]).to.deep.equal([false, false]);
  });

  it('never runs the program when the action is cancelled or times out meanwhile', async () => {
    const file = home().path('ran');
    const stop = new AbortController();
    const held = errorOf(run(['touch', file], { signal: stop.signal, beforeExec: () => new Promise(() => stop.abort()) }));
    expect((await held).code).to.equal('CANCELLED');
    expect((await errorOf(run(['touch', file], { timeoutMs: 50, beforeExec: () => new Promise(() => undefined) }))).code).to.equal(
      'TIMEOUT',
    );
    expect(existsSync(file)).to.equal(false);
  });

  it('leaves no descriptor of the gate to the program', async () => {
    const direct = (await run(['ls', '/proc/self/fd'])).stdout;
    expect((await run(['ls', '/proc/self/fd'], { beforeExec: () => undefined })).stdout).to.equal(direct);
  });

  it('never runs the program when the agent is killed in the gate', async () => {
    const file = home().path('ran');
    const agent = startAgent('gate', JSON.stringify(['touch', file]));
    const held = JSON.parse(await agent.next()) as { pid: number };
    expect(isRunning(held.pid)).to.equal(true);
    process.kill(agent.pid, 'SIGKILL');
    await agent.ended;
    await eventually(() => !isRunning(held.pid));
    expect(existsSync(file)).to.equal(false);
  });

  it('tells the child when the agent is killed, if asked to', async () => {
    const agent = startAgent('run', JSON.stringify(['sleep', '600']), 'die');
    const held = JSON.parse(await agent.next()) as { pid: number };
    await eventually(() => readFileSync(`/proc/${held.pid}/comm`, 'utf8') === 'sleep\n');
    process.kill(agent.pid, 'SIGKILL');
    await agent.ended;
    await eventually(() => !isRunning(held.pid));
  });

  it('lets the child go on otherwise', async () => {
    const agent = startAgent('run', JSON.stringify(['sleep', '600']));
    const held = JSON.parse(await agent.next()) as { pid: number };
    await eventually(() => readFileSync(`/proc/${held.pid}/comm`, 'utf8') === 'sleep\n');
    await agent.killGroup();
    expect(isRunning(held.pid)).to.equal(true);
    process.kill(held.pid, 'SIGKILL');
  });
});
